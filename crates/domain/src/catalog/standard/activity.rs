use super::{Becomes, Object, date_time, long_text, one, select, text};

pub(super) fn declare() -> Object {
    Object::standard("Activity", "activities")
        .labels("Activity", "Activities")
        .describe("Something done, or to be done, with a customer.")
        .named_by("subject")
        .with(select("type", TYPES).required())
        .with(text("subject").required().searchable())
        .with(long_text("body"))
        .with(date_time("startsAt").label("Starts"))
        .with(date_time("dueAt").label("Due"))
        .with(date_time("completedAt").label("Completed"))
        .with(one("company", "Company"))
        .with(one("contact", "Contact"))
        .with(one("opportunity", "Opportunity"))
        .owned()
        .announce("completed", "completedAt", Becomes::Set)
}

const TYPES: &[(&str, &str)] =
    &[("CALL", "Call"), ("EMAIL", "E-mail"), ("MEETING", "Meeting"), ("NOTE", "Note"), ("TASK", "Task")];
