//! `auditEvents`: the log, newest first.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use rapport_domain::{
    audit::{self, Entry, Filter},
    catalog::Catalog,
    rights::Administration,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use super::asked::{self, Asked};
use crate::graphql::{
    code, names,
    schema::{Types, choices, input_field, member},
};

const CONNECTION: &str = "AuditEventConnection";
const EDGE: &str = "AuditEventEdge";
const EVENT: &str = "AuditEvent";
const ACTOR: &str = "AuditActor";
const ACTOR_KIND: &str = "AuditActorKind";
const THROUGH: &str = "AuditThrough";
const FILTER: &str = "AuditEventFilter";
const DEFAULT: usize = 50;
const MOST: usize = 500;

/// Which events are wanted, as it is asked for.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AuditFilter {
    #[serde(deserialize_with = "plain")]
    object: Option<String>,
    record_id: Option<Uuid>,
    subject: Option<Uuid>,
    #[serde(rename = "type", deserialize_with = "plain")]
    kind: Option<String>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "plain")]
    request_id: Option<String>,
    import_id: Option<Uuid>,
}

/// A text that can be in the log.
fn plain<'de, D: Deserializer<'de>>(input: D) -> std::result::Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(input)?;
    match text {
        Some(text) if text.contains('\0') => Err(de::Error::custom("a text has no NUL")),
        text => Ok(text),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection<'e> {
    edges: Vec<Edge<'e>>,
    nodes: &'e [Entry],
    page_info: PageInfo,
}

#[derive(Serialize)]
struct Edge<'e> {
    cursor: String,
    node: &'e Entry,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

pub fn queries(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Audit) {
        return Vec::new();
    }
    let field = Field::new("auditEvents", TypeRef::named(CONNECTION), |ctx| {
        FieldFuture::new(async move { audit_events(&ctx).await })
    })
    .description(
        "What happened in the workspace, the newest first: writes of records, reads of sensitive fields, exports, sign-ins, and \
         changes of rights. Values of records are shown as far as you may read their fields.",
    )
    .argument(input_field("filter", TypeRef::named(FILTER), "Which events."))
    .argument(input_field("first", TypeRef::named(TypeRef::INT), "How many, 500 at most; 50 when left out."))
    .argument(input_field("after", TypeRef::named(TypeRef::STRING), "A cursor: events older than its event."));
    vec![field]
}

async fn audit_events(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let db = asked.app.tenancy.open(&asked.may(Administration::Audit)?.scope);
    let filter = match ctx.args.get("filter").filter(|filter| !filter.is_null()) {
        Some(filter) => filter.deserialize::<AuditFilter>().map_err(|error| wrong("filter", &error.message))?,
        None => AuditFilter::default(),
    };
    let (first, after) = (first(ctx)?, after(ctx)?);
    let session = db.session().await.map_err(asked::database)?;
    let page = audit::page(&session, &asked.catalog, &filter.into(), after, first).await;
    let (entries, has_next_page) = page.map_err(asked::database)?;
    if shows_values(ctx)
        && audit::note_values(&session, &asked.catalog, &entries, &asked.origin).await.map_err(asked::database)?
    {
        asked.app.auditing.wake(&db);
    }
    let page_info = PageInfo {
        has_next_page,
        has_previous_page: after.is_some(),
        start_cursor: entries.first().map(|entry| cursor(entry.number)),
        end_cursor: entries.last().map(|entry| cursor(entry.number)),
    };
    let edges = entries.iter().map(|node| Edge { cursor: cursor(node.number), node }).collect();
    asked::present(&Connection { edges, nodes: &entries, page_info }).map(Some)
}

/// Whether what records held is asked for.
fn shows_values(ctx: &ResolverContext<'_>) -> bool {
    let connection = ctx.look_ahead();
    [connection.field("nodes"), connection.field("edges").field("node")]
        .iter()
        .any(|node| node.field("before").exists() || node.field("after").exists())
}

impl From<AuditFilter> for Filter {
    fn from(wanted: AuditFilter) -> Self {
        let AuditFilter { object, record_id, subject, kind, from, to, request_id, import_id } = wanted;
        Self { object, record: record_id, subject, kind, from, to, request: request_id, import: import_id }
    }
}

fn first(ctx: &ResolverContext<'_>) -> Result<usize> {
    let Some(given) = ctx.args.get("first").filter(|first| !first.is_null()) else { return Ok(DEFAULT) };
    let first =
        given.i64().ok().and_then(|first| usize::try_from(first).ok()).filter(|first| (1..=MOST).contains(first));
    first.ok_or_else(|| wrong("first", &format!("must be from 1 to {MOST}")))
}

fn after(ctx: &ResolverContext<'_>) -> Result<Option<i64>> {
    let Some(given) = ctx.args.get("after").filter(|after| !after.is_null()) else { return Ok(None) };
    number(given.string()?).map(Some).ok_or_else(|| wrong("after", "is no cursor of these events"))
}

fn cursor(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

fn number(cursor: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Some(i64::from_be_bytes(bytes.try_into().ok()?))
}

fn wrong(argument: &str, what: &str) -> async_graphql::Error {
    use async_graphql::ErrorExtensions as _;
    asked::coded(&format!("`{argument}` {what}."), code::BAD_USER_INPUT)
        .extend_with(|_, extensions| extensions.set("argument", argument))
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    if !catalog.may(Administration::Audit) {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let id = || TypeRef::named(TypeRef::ID);
    types.add(
        Object::new(CONNECTION)
            .description("A page of the audit log.")
            .field(member("edges", TypeRef::named_nn_list_nn(EDGE), "The events, each with its cursor."))
            .field(member("nodes", TypeRef::named_nn_list_nn(EVENT), "The events."))
            .field(member("pageInfo", TypeRef::named_nn(names::PAGE_INFO), "Where the page stands in the whole.")),
    );
    types.add(
        Object::new(EDGE)
            .description("An event and its place.")
            .field(member("cursor", text(), "For `after`."))
            .field(member("node", TypeRef::named_nn(EVENT), "The event.")),
    );
    types.add(
        Object::new(EVENT)
            .description("Something that happened in the workspace.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the event."))
            .field(member("occurredAt", TypeRef::named_nn("DateTime"), "When it happened."))
            .field(member("type", text(), "What happened: `contact.updated`, `contact.viewed`, `user.signed_in`."))
            .field(member("object", maybe(), "Name of the object that it is about: `Contact`."))
            .field(member(
                "recordId",
                id(),
                "Id of the record that it is about; null where it is about none or several.",
            ))
            .field(member("version", TypeRef::named(TypeRef::INT), "Version of the record afterwards."))
            .field(member("changed", TypeRef::named_nn_list_nn(TypeRef::STRING), "Names of the fields that changed."))
            .field(member("before", TypeRef::named("JSON"), "Their values before."))
            .field(member("after", TypeRef::named("JSON"), "Their values after; of a creation all values."))
            .field(member(
                "details",
                TypeRef::named("JSON"),
                "Details that depend on `type`: the fields that were read, why a sign-in failed.",
            ))
            .field(member("actor", TypeRef::named_nn(ACTOR), "Who did it."))
            .field(member("address", maybe(), "Network address of the caller; of IPv6 the /64 network."))
            .field(member("userAgent", maybe(), "Name of the caller's program (`User-Agent`)."))
            .field(member("requestId", maybe(), "Id of the request."))
            .field(member("traceId", maybe(), "Trace that the request belongs to."))
            .field(member("importId", id(), "The import that did it.")),
    );
    types.add(
        Object::new(ACTOR)
            .description("Who did something.")
            .field(member("kind", TypeRef::named_nn(ACTOR_KIND), "Kind of the actor."))
            .field(member("id", id(), "Id of the user or of the key."))
            .field(member("name", maybe(), "The user's name, as it is now."))
            .field(member("through", TypeRef::named(THROUGH), "What the actor signed in by."))
            .field(member("throughId", id(), "Id of the session or of the key.")),
    );
    types.add(choices(
        ACTOR_KIND,
        "Kind of an actor.",
        [("USER", "A user."), ("API_KEY", "A program with a key."), ("SYSTEM", "Rapport itself, or an operator.")],
    ));
    types.add(choices(
        THROUGH,
        "What an actor signed in by.",
        [
            ("SESSION", "The session of a person."),
            ("API_KEY", "An API key."),
            ("INSIDE", "Neither: the command line, or work in the background."),
        ],
    ));
    types.add(
        InputObject::new(FILTER)
            .description("Which events. All conditions must hold.")
            .field(input_field("object", maybe(), "Name of an object."))
            .field(input_field("recordId", id(), "About this record, reads of it included."))
            .field(input_field("subject", id(), "Done by this user or key."))
            .field(input_field(
                "type",
                maybe(),
                "Of this type; with `*` at the end, of all types that begin so: `user.*`.",
            ))
            .field(input_field("from", TypeRef::named("DateTime"), "At or after this time."))
            .field(input_field("to", TypeRef::named("DateTime"), "Before this time."))
            .field(input_field("requestId", maybe(), "Caused by this request."))
            .field(input_field("importId", id(), "Done by this import.")),
    );
}
