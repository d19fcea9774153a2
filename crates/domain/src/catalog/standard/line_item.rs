use super::{Object, money, number, one, text};

pub(super) fn declare() -> Object {
    Object::standard("LineItem", "lineItems")
        .labels("Line item", "Line items")
        .describe("A product in an opportunity, with its quantity and price.")
        .named_by("description")
        .part_of("opportunity")
        .with(one("opportunity", "Opportunity").required())
        .with(one("product", "Product"))
        .with(text("description"))
        .with(number("quantity"))
        .with(money("unitPrice"))
}
