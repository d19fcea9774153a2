//! What is told of an import. The members are those of [`rapport_domain::import::Import`].

use async_graphql::dynamic::{Object, TypeRef};

use super::import_rows;
use crate::graphql::schema::{Types, choices, member, user_errors};

pub const IMPORT: &str = "Import";
pub const PAYLOAD: &str = "ImportPayload";
const STATE: &str = "ImportState";
const REPORT: &str = "ImportReport";
const STEP: &str = "ImportStep";
const COUNTS: &str = "ImportCounts";
const FLAW: &str = "ImportFlaw";
const FLAW_KIND: &str = "ImportFlawKind";
const PROBLEM: &str = "ImportProblem";
const ROW_ERROR: &str = "ImportRowError";
const UNDO: &str = "ImportUndo";
const LEFT: &str = "ImportLeft";

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let number = || TypeRef::named_nn(TypeRef::INT);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    let list = |item: &str| TypeRef::named_nn_list_nn(item);
    types.add(
        Object::new(PAYLOAD)
            .description("Result of a request about an import.")
            .field(member("import", TypeRef::named(IMPORT), "The import as it stands; null when refused."))
            .field(user_errors()),
    );
    types.add(
        Object::new(IMPORT)
            .description("Data on its way in from another system.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the import."))
            .field(member("state", TypeRef::named_nn(STATE), "How it is doing."))
            .field(member("dryRun", flag(), "Whether it keeps nothing."))
            .field(member("files", list(TypeRef::STRING), "The files that it reads."))
            .field(member("actor", TypeRef::named(TypeRef::ID), "Id of the user who started it."))
            .field(member("rowsTotal", number(), "Rows to read."))
            .field(member("rowsDone", number(), "Rows read so far."))
            .field(member("step", maybe(), "The step that is being read."))
            .field(member("report", TypeRef::named(REPORT), "What it did, once it has ended."))
            .field(member("errors", list(ROW_ERROR), "The first refused rows; `rows` has them all."))
            .field(import_rows::field())
            .field(member("undo", TypeRef::named(UNDO), "What undoing it did."))
            .field(member("startedAt", TypeRef::named_nn("DateTime"), "When it started."))
            .field(member("finishedAt", TypeRef::named("DateTime"), "When it ended.")),
    );
    types.add(
        Object::new(REPORT)
            .description("What an import did, or would do in a dry run.")
            .field(member("dryRun", flag(), "Whether nothing was kept."))
            .field(member("steps", list(STEP), "One for each step of the mapping."))
            .field(member("fields", list(TypeRef::STRING), "Custom fields and options that were made."))
            .field(member("stopped", TypeRef::named(PROBLEM), "Why it ended early."))
            .field(member("milliseconds", number(), "How long it took.")),
    );
    types.add(
        Object::new(STEP)
            .description("One pass over one file, making records of one object.")
            .field(member("name", text(), "Name of the step."))
            .field(member("file", maybe(), "The file it reads."))
            .field(member("object", text(), "Name of the object: `Opportunity`."))
            .field(member("label", text(), "As people call the records."))
            .field(member("counts", TypeRef::named_nn(COUNTS), "Rows by what became of them."))
            .field(member("flaws", list(FLAW), "What was not as it should be, and what was made of it.")),
    );
    types.add(
        Object::new(COUNTS)
            .description("Rows by what became of them.")
            .field(member("read", number(), "Rows read."))
            .field(member("created", number(), "New records."))
            .field(member("updated", number(), "Records that changed."))
            .field(member("unchanged", number(), "Records that were like that already."))
            .field(member("refused", number(), "Refused rows."))
            .field(member("skipped", number(), "Left out by a rule of the mapping."))
            .field(member("repeated", number(), "The same thing again.")),
    );
    types.add(
        Object::new(FLAW)
            .description("Something in a file that was not as it should be, and what was made of it.")
            .field(member("kind", TypeRef::named_nn(FLAW_KIND), "What was made of it."))
            .field(member("column", text(), "The column of the file."))
            .field(member("value", maybe(), "The value in the file."))
            .field(member("readAs", maybe(), "What it was read as."))
            .field(member("rows", number(), "How many rows have it.")),
    );
    let place = |object: Object| {
        object
            .field(member("code", text(), "Stable code."))
            .field(member("file", maybe(), "The file."))
            .field(member("line", TypeRef::named(TypeRef::INT), "Line of the file, from 1."))
            .field(member("column", maybe(), "Column of the file."))
            .field(member("message", text(), "A plain sentence."))
    };
    types.add(place(Object::new(PROBLEM)).description("Why an import ended early."));
    types.add(place(Object::new(ROW_ERROR)).description("A refused row.").field(member(
        "step",
        text(),
        "The step that read it.",
    )));
    undo(types);
    states(types);
    import_rows::declare(types);
}

fn undo(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let number = || TypeRef::named_nn(TypeRef::INT);
    types.add(
        Object::new(UNDO)
            .description("What undoing an import did.")
            .field(member("deleted", number(), "Records that it had created and that are in the bin now."))
            .field(member("reverted", number(), "Records that it had changed and that are as they were."))
            .field(member("left", number(), "Records that were left as they are."))
            .field(member("reasons", TypeRef::named_nn_list_nn(LEFT), "The first of those, and why.")),
    );
    types.add(
        Object::new(LEFT)
            .description("A record that undoing left as it is.")
            .field(member("object", text(), "Name of its object."))
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Its id."))
            .field(member("code", text(), "Stable code."))
            .field(member("message", text(), "A plain sentence.")),
    );
}

fn states(types: &mut Types) {
    types.add(choices(
        STATE,
        "How an import is doing.",
        [
            ("RUNNING", "It reads and writes."),
            ("SUCCEEDED", "All rows were read; some may have been refused."),
            ("FAILED", "It ended early; the report says why. Start it again to go on."),
            ("CANCELLED", "It was asked to stop. Start it again to go on."),
            ("INTERRUPTED", "The process that ran it is gone. Start it again to go on."),
            ("UNDONE", "What it wrote was taken back."),
        ],
    ));
    types.add(choices(
        FLAW_KIND,
        "What was made of a flaw in a file.",
        [
            ("READ_AS", "A value was read as another one."),
            ("EMPTY", "Cells have no value."),
            ("LEFT_OUT", "A value that cannot be read was left out."),
            ("NOT_FOUND", "A related record that is not there was left out."),
            ("CREATED", "A related record that was not there was made."),
        ],
    ));
}
