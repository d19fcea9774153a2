//! Entries as lines of a file.

use std::io;

use super::Entry;
use crate::csv::line;

/// The names of a CSV file's columns, as its first line.
pub fn csv_head() -> io::Result<String> {
    line(COLUMNS.map(str::to_owned))
}

const COLUMNS: [&str; 21] = [
    "id",
    "occurredAt",
    "type",
    "object",
    "recordId",
    "version",
    "changed",
    "before",
    "after",
    "details",
    "actorKind",
    "actorId",
    "actorName",
    "through",
    "throughId",
    "address",
    "userAgent",
    "requestId",
    "traceId",
    "importId",
    "number",
];

/// What a table program would take for a formula is kept from being one.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

impl Entry {
    /// A line of a CSV file.
    pub fn csv(&self) -> io::Result<String> {
        fn text(value: Option<&impl ToString>) -> String {
            value.map(ToString::to_string).unwrap_or_default()
        }
        let actor = &self.actor;
        let cells = [
            self.id.clone(),
            self.occurred_at.clone(),
            self.kind.clone(),
            text(self.object.as_ref()),
            text(self.record_id.as_ref()),
            text(self.version.as_ref()),
            self.changed.join(" "),
            text(self.before.as_ref()),
            text(self.after.as_ref()),
            text(self.details.as_ref()),
            actor.kind.clone(),
            text(actor.id.as_ref()),
            text(actor.name.as_ref()),
            text(actor.through.as_ref()),
            text(actor.through_id.as_ref()),
            text(self.address.as_ref()),
            text(self.user_agent.as_ref()),
            text(self.request_id.as_ref()),
            text(self.trace_id.as_ref()),
            text(self.import_id.as_ref()),
            self.number.to_string(),
        ];
        line(cells.map(harmless))
    }

    /// A line of JSON.
    pub fn json_line(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_line() {
        let cells = ["=1+1", "a\"b,c", "two\nlines", "-5"].map(str::to_owned);
        assert_eq!(line(cells.map(harmless)).expect("a line"), "'=1+1,\"a\"\"b,c\",\"two\nlines\",'-5\r\n");
    }
}
