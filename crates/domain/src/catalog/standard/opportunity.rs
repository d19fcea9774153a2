use super::{Becomes, Object, date, date_time, integer, long_text, money, one, select, stage, text};

pub(super) fn declare() -> Object {
    Object::standard("Opportunity", "opportunities")
        .labels("Opportunity", "Opportunities")
        .describe("A sale that may come about, on its way through a pipeline.")
        .with(text("name").required().searchable())
        .with(one("company", "Company"))
        .with(one("contact", "Contact"))
        .with(one("stage", "Stage"))
        .with(one("pipeline", "Pipeline").follows("stage", "pipeline").describe("The pipeline of the stage."))
        .with(money("amount"))
        .with(integer("probability").describe("Chance of winning, in percent."))
        .with(date("expectedCloseDate"))
        .with(date_time("openedAt").label("Opened"))
        .with(date_time("closedAt").label("Closed"))
        .with(
            select("status", stage::TYPES)
                .follows("stage", "type")
                .or("OPEN")
                .required()
                .describe("Open, won or lost: the type of the stage."),
        )
        .with(text("lostReason"))
        .with(long_text("description"))
        .owned()
        .stamp("closedAt", "status", &["WON", "LOST"])
        .announce("stage_changed", "stage", Becomes::Other)
        .announce("won", "status", Becomes::Value("WON".into()))
        .announce("lost", "status", Becomes::Value("LOST".into()))
        .many("lineItems", "LineItem", "opportunity")
        .many("activities", "Activity", "opportunity")
}
