//! `rows` of an import: what became of each, page by page.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rapport_domain::import::{self, ImportedRow, RowOutcome, RowPlace, RowQuery};
use serde::Serialize;
use uuid::Uuid;

use super::{asked, imports};
use crate::graphql::{
    code,
    schema::{Types, choices, input_field, member},
};

const ROWS: &str = "ImportRows";
const ROW: &str = "ImportRow";
const PROBLEM: &str = "ImportRowProblem";
const OUTCOME: &str = "ImportRowOutcome";
const DEFAULT: usize = 100;
const MOST: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rows {
    nodes: Vec<ImportedRow>,
    has_next_page: bool,
    end_cursor: Option<String>,
}

/// The field of an import.
pub fn field() -> Field {
    Field::new("rows", TypeRef::named_nn(ROWS), |ctx| FieldFuture::new(async move { rows(&ctx).await }))
        .description("The rows that have found their end, in the order read.")
        .argument(input_field("outcome", TypeRef::named_nn_list(OUTCOME), "Only rows with one of these outcomes."))
        .argument(input_field("first", TypeRef::named(TypeRef::INT), "How many, 1,000 at most; 100 when left out."))
        .argument(input_field("after", TypeRef::named(TypeRef::STRING), "The `endCursor` of the page before."))
}

async fn rows(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let id = match ctx.parent_value.as_value() {
        Some(Value::Object(import)) => import.get("id").and_then(id),
        _ => None,
    };
    let Some(id) = id else { return Ok(None) };
    let query = RowQuery { outcomes: outcomes(ctx), first: first(ctx)?, after: after(ctx)? };
    let (nodes, has_next_page) = import::rows(&imports::db(ctx)?, id, &query).await.map_err(asked::database)?;
    let end_cursor = nodes.last().map(|row| cursor(row.place));
    asked::present(&Rows { nodes, has_next_page, end_cursor }).map(Some)
}

fn id(value: &Value) -> Option<Uuid> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn outcomes(ctx: &ResolverContext<'_>) -> Vec<RowOutcome> {
    let one = |value: &Value| {
        let name = match value {
            Value::Enum(name) => name.as_str(),
            Value::String(name) => name,
            _ => return None,
        };
        RowOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    };
    match ctx.args.get("outcome").map(|outcome| outcome.as_value().clone()) {
        Some(Value::List(several)) => several.iter().filter_map(one).collect(),
        single => single.iter().filter_map(one).collect(),
    }
}

fn first(ctx: &ResolverContext<'_>) -> Result<usize> {
    let given = ctx.args.get("first").filter(|first| !first.is_null());
    let Some(given) = given else { return Ok(DEFAULT) };
    let first = usize::try_from(given.i64()?).ok().filter(|first| (1..=MOST).contains(first));
    first.ok_or_else(|| asked::coded("`first` is a number from 1 to 1000.", code::BAD_USER_INPUT))
}

fn after(ctx: &ResolverContext<'_>) -> Result<Option<RowPlace>> {
    let given = ctx.args.get("after").filter(|after| !after.is_null());
    let Some(given) = given else { return Ok(None) };
    let place = place(given.string()?);
    place.map(Some).ok_or_else(|| asked::coded("`after` is no cursor of these rows.", code::BAD_USER_INPUT))
}

fn cursor(place: RowPlace) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", place.step, place.row))
}

fn place(cursor: &str) -> Option<RowPlace> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (step, row) = text.split_once(' ')?;
    Some(RowPlace { step: step.parse().ok()?, row: row.parse().ok()? })
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        Object::new(ROWS)
            .description("A page of the rows of an import.")
            .field(member("nodes", TypeRef::named_nn_list_nn(ROW), "The rows."))
            .field(member("hasNextPage", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether more follow."))
            .field(member("endCursor", maybe(), "Cursor of the last row, for `after`.")),
    );
    types.add(
        Object::new(ROW)
            .description("A row of a file, and what became of it in a step.")
            .field(member("step", text(), "Name of the step that read it."))
            .field(member("file", maybe(), "The file; null for a row of the mapping."))
            .field(member("line", TypeRef::named_nn(TypeRef::INT), "Line of the file, from 1."))
            .field(member("outcome", TypeRef::named_nn(OUTCOME), "Result of the row."))
            .field(member("record", TypeRef::named(TypeRef::ID), "Id of its record; null in a dry run."))
            .field(member("problems", TypeRef::named_nn_list_nn(PROBLEM), "Why it was refused.")),
    );
    types.add(
        Object::new(PROBLEM)
            .description("Something that is wrong with a row.")
            .field(member("code", text(), "Stable code."))
            .field(member("column", maybe(), "Column of the file."))
            .field(member("message", text(), "A plain sentence.")),
    );
    types.add(choices(
        OUTCOME,
        "Result of a row.",
        [
            ("CREATED", "A new record."),
            ("UPDATED", "Its record changed."),
            ("UNCHANGED", "Its record was like that already."),
            ("REFUSED", "It could not be taken; see its problems."),
            ("SKIPPED", "Left out by a rule of the mapping."),
            ("REPEATED", "The same thing again."),
        ],
    ));
}
