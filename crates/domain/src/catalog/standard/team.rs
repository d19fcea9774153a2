use crate::rights::Administration;

use super::{Object, one, text};

pub(super) fn declare() -> Object {
    Object::standard("Team", "teams")
        .describe("People who work together, under a manager.")
        .administered_by(Administration::Members)
        .with(text("name").required().searchable())
        .with(one("parent", "Team").acyclic().label("Parent team"))
        .with(one("manager", "User"))
        .with(text("region"))
        .many("members", "User", "team")
}
