use crate::rights::Administration;

use super::{Object, boolean, email, one, text};

pub(super) fn declare() -> Object {
    Object::standard("User", "users")
        .table("users")
        .describe("Someone who works here. Not every user signs in.")
        .administered_by(Administration::Members)
        .with(text("name").required().personal().searchable())
        .with(email("email").personal().searchable().label("E-mail"))
        .with(one("team", "Team"))
        .with(boolean("active").required().or(true))
        .many("companies", "Company", "owner")
        .many("opportunities", "Opportunity", "owner")
        .many("activities", "Activity", "owner")
}
