//! `search`: records of all objects by their words.

use std::sync::Arc;

use async_graphql::{
    ErrorExtensions, Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use rapport_domain::search::{self, Finding, Match, Query, Standing};
use serde::Serialize;
use uuid::Uuid;

use super::asked::{self, Asked};
use crate::{
    graphql::{
        code,
        schema::{Types, input_field, member},
    },
    metrics,
};

const RESULT: &str = "SearchResult";
const HIT: &str = "SearchHit";
const MATCH: &str = "SearchMatch";
const RANGE: &str = "SearchRange";

const MOST: i64 = 100;

/// `SearchResult`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchResult {
    hits: Vec<Hit>,
    is_catching_up: bool,
}

/// `SearchHit`
#[derive(Serialize)]
struct Hit {
    object: Arc<str>,
    id: Uuid,
    title: String,
    score: f64,
    matches: Vec<Match>,
}

impl From<search::Hit> for Hit {
    fn from(hit: search::Hit) -> Self {
        let search::Hit { object, record, title, score, matches } = hit;
        Self { object, id: record, title, score, matches }
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("search", TypeRef::named(RESULT), |ctx| FieldFuture::new(async move { search(&ctx).await }))
            .description(
                "Records that have all words of the query in their searchable fields, the best first. A word is found by its \
                 start, whatever its case and accents; words in quotation marks are found whole and in that order; one or \
                 two letters alone are looked for in names. Where that finds fewer than `first`, records follow in which \
                 a word differs by a letter or two.",
            )
            .argument(input_field("query", TypeRef::named_nn(TypeRef::STRING), "Words, 200 characters at most."))
            .argument(input_field(
                "objects",
                TypeRef::named_nn_list(TypeRef::STRING),
                "Names of the objects to look into, `Contact`; all when left out.",
            ))
            .argument(
                input_field("first", TypeRef::named(TypeRef::INT), "How many hits, 1 to 100.").default_value(20),
            ),
    ]
}

async fn search(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let query =
        Query::parse(ctx.args.try_get("query")?.string()?).map_err(|error| wrong("query", &error.to_string()))?;
    let objects = objects(ctx, asked)?;
    let first = match ctx.args.get("first").filter(|first| !first.is_null()) {
        None => 20,
        Some(first) => first
            .i64()
            .ok()
            .filter(|first| (1..=MOST).contains(first))
            .ok_or_else(|| wrong("first", &format!("must be from 1 to {MOST}")))?,
    };
    let standing = asked.app.searching.catch_up(&db).await.map_err(asked::database)?;
    let objects: Vec<&str> = objects.iter().map(|name| &**name).collect();
    let first = usize::try_from(first).unwrap_or_default();
    let found = search::find(&db, asked.view(), &query, &objects, first, &asked.origin).await;
    let Finding { hits, noted } = found.map_err(asked::database)?;
    if noted {
        asked.app.auditing.wake(&db);
    }
    let hits: Vec<Hit> = hits.into_iter().map(Hit::from).collect();
    metrics::searched(standing);
    asked::present(&SearchResult { hits, is_catching_up: standing == Standing::Behind }).map(Some)
}

fn objects(ctx: &ResolverContext<'_>, asked: &Asked) -> Result<Vec<Arc<str>>> {
    let all = || asked.catalog.objects().iter().map(|object| object.name.clone()).collect();
    let Some(names) = ctx.args.get("objects").filter(|names| !names.is_null()) else { return Ok(all()) };
    let names: Vec<String> = names.deserialize()?;
    let known = names.iter().map(|name| asked.catalog.object(name).map(|object| object.name.clone()).ok_or(name));
    known.collect::<std::result::Result<_, _>>().map_err(|name| {
        let shown: String = name.chars().take(40).collect();
        wrong("objects", &format!("names an object that is not there: {shown}"))
    })
}

/// An argument that cannot be taken as it is.
fn wrong(argument: &str, what: &str) -> async_graphql::Error {
    asked::coded(&format!("`{argument}` {what}."), code::BAD_USER_INPUT)
        .extend_with(|_, extensions| extensions.set("argument", argument))
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let number = || TypeRef::named_nn(TypeRef::INT);
    types.add(
        Object::new(RESULT)
            .description("What was found.")
            .field(member("hits", TypeRef::named_nn_list_nn(HIT), "The records, the best first."))
            .field(member(
                "isCatchingUp",
                TypeRef::named_nn(TypeRef::BOOLEAN),
                "Whether much was written lately that cannot be found yet: ask again in a while.",
            )),
    );
    types.add(
        Object::new(HIT)
            .description("A record that was found.")
            .field(member("object", text(), "Name of its type: `Contact`."))
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Its id."))
            .field(member("title", text(), "Its name, or what comes closest to one."))
            .field(member(
                "score",
                TypeRef::named_nn(TypeRef::FLOAT),
                "3 and more where the name is what was looked for, 2 and more where it starts so, 1 and more where all words \
                 are there, less where some are only like them. To be compared within one answer.",
            ))
            .field(member("matches", TypeRef::named_nn_list_nn(MATCH), "Where the words are.")),
    );
    types.add(
        Object::new(MATCH)
            .description("A field of a record in which words were found.")
            .field(member("field", text(), "Name of the field in the graph."))
            .field(member("label", text(), "What people call the field."))
            .field(member("text", text(), "Its text; of a long one some 160 characters around the first word found."))
            .field(member("ranges", TypeRef::named_nn_list_nn(RANGE), "What was found in it, in order.")),
    );
    types.add(
        Object::new(RANGE)
            .description("A part of a text, counted in UTF-16 code units from 0, as JavaScript's `slice` does.")
            .field(member("start", number(), "Where it starts."))
            .field(member("end", number(), "Where it ends: the first that is not in it.")),
    );
}
