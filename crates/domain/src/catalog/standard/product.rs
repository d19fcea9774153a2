use super::{Object, boolean, long_text, money, text};

pub(super) fn declare() -> Object {
    Object::standard("Product", "products")
        .describe("Something we sell.")
        .with(text("name").required().searchable())
        .with(text("code").unique().searchable())
        .with(text("family"))
        .with(money("price"))
        .with(boolean("active").required().or(true))
        .with(long_text("description"))
        .many("lineItems", "LineItem", "product")
}
