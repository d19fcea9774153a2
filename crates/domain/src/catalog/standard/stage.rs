use crate::rights::Administration;

use super::{Object, integer, one, select, text};

pub(super) const TYPES: &[(&str, &str)] = &[("OPEN", "Open"), ("WON", "Won"), ("LOST", "Lost")];

pub(super) fn declare() -> Object {
    Object::standard("Stage", "stages")
        .describe("One step of a pipeline.")
        .administered_by(Administration::Metadata)
        .with(text("name").required().searchable())
        .with(one("pipeline", "Pipeline").required())
        .with(integer("position").describe("Place in the pipeline, from 1."))
        .with(integer("probability").describe("Chance of winning at this stage, in percent."))
        .with(select("type", TYPES).required().describe("Whether an opportunity in this stage is open, won or lost."))
        .many("opportunities", "Opportunity", "stage")
}
