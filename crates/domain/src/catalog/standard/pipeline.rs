use crate::rights::Administration;

use super::{Object, text};

pub(super) fn declare() -> Object {
    Object::standard("Pipeline", "pipelines")
        .describe("The stages that opportunities of one kind go through.")
        .administered_by(Administration::Metadata)
        .with(text("name").required().searchable())
        .many("stages", "Stage", "pipeline")
        .many("opportunities", "Opportunity", "pipeline")
}
