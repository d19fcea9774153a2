use std::{borrow::Cow, error::Error as StdError, sync::Arc};

use async_graphql::{Error, ErrorExtensions, Result, Value, dataloader::DataLoader, dynamic::ResolverContext};
use chrono::{DateTime, SecondsFormat, Utc};
use rapport_domain::{
    catalog::{Catalog, Current},
    record::{self, Origin},
    rights::{Administration, View, Viewer},
};
use rapport_tenancy::DbError;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::me::{MembershipLoader, Memberships};
use crate::{
    app::App,
    auth::{Caller, PersonSession, Principal, Refusal},
    graphql::{code, failure::Failure},
    http::{Client, error::sentence, request_id},
};

/// Who asks, and what their operation may use: in the data of a request.
pub struct Asked {
    pub app: Arc<App>,
    pub caller: Caller,
    pub from: Client,
    /// As the caller sees it; the base catalog for callers without a session.
    pub catalog: Arc<Catalog>,
    pub viewer: Arc<Viewer>,
    /// Version of the workspace's metadata that the catalog was made of.
    pub metadata_version: i64,
    /// What the log says of where a change came from.
    pub origin: Origin,
    /// One for each request.
    pub(super) memberships: MembershipLoader,
}

impl Asked {
    pub fn new(app: Arc<App>, caller: Caller, from: Client, current: Current, origin: Origin) -> Self {
        let Current { catalog, viewer, version: metadata_version, .. } = current;
        let memberships = DataLoader::new(Memberships(app.tenancy.clone()), tokio::spawn);
        Self { app, caller, from, catalog, viewer, metadata_version, origin, memberships }
    }

    pub fn of<'a>(ctx: &ResolverContext<'a>) -> Result<&'a Self> {
        ctx.ctx.data::<Self>().map_err(|_| internal(&Missing))
    }

    /// The member who asks, a person or an API key.
    pub fn member(&self) -> Result<&Principal> {
        self.caller.member().ok_or_else(|| coded("Sign in first.", code::UNAUTHENTICATED))
    }

    /// The person who asks, for what is a person's own.
    pub fn person(&self) -> Result<PersonSession> {
        let message = "Only a person can do this: an API key has no account and no session.";
        self.member()?.person().ok_or_else(|| coded(message, code::FORBIDDEN))
    }

    /// The member who asks, when they have a right.
    pub fn may(&self, right: Administration) -> Result<&Principal> {
        let member = self.member()?;
        if self.catalog.may(right) {
            return Ok(member);
        }
        Err(coded(&format!("You may not {}.", right.deed()), code::FORBIDDEN))
    }

    /// The member who asks, when they may import records of any object.
    pub fn importer(&self) -> Result<&Principal> {
        let member = self.member()?;
        if self.catalog.may_import() { Ok(member) } else { Err(coded("You may not import records.", code::FORBIDDEN)) }
    }

    /// What is there for the one who asks, and who they are to conditions.
    pub fn view(&self) -> View<'_> {
        View { catalog: &self.catalog, viewer: &self.viewer }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a request for operations came without its `Asked`")]
struct Missing;

/// Why something asked for was refused: a row of `userErrors`.
#[derive(Serialize)]
pub struct UserError {
    pub code: Cow<'static, str>,
    /// Path in the input.
    pub field: Vec<String>,
    pub message: String,
}

impl From<record::UserError> for UserError {
    fn from(error: record::UserError) -> Self {
        let record::UserError { code, field, message } = error;
        Self { code: code.into(), field, message }
    }
}

impl From<&Refusal> for UserError {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().into(),
            field: refusal.field().map(str::to_owned).into_iter().collect(),
            message: sentence(&refusal.to_string()),
        }
    }
}

impl UserError {
    /// The same of something below `input`; what blames nothing still does not.
    #[must_use]
    pub fn below(mut self, input: &[&str]) -> Self {
        if !self.field.is_empty() {
            self.field.splice(..0, input.iter().map(ToString::to_string));
        }
        self
    }
}

/// An error for the caller's eyes.
pub fn coded(message: &str, code: &'static str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// A fault of ours: the log gets the chain of causes, once, the caller nothing of it.
pub fn internal(error: &(dyn StdError + 'static)) -> Error {
    let failure = Failure::internal(error);
    coded(&failure.message, failure.code).extend_with(|_, extensions| {
        if let (code::INTERNAL, Some(id)) = (failure.code, request_id::current()) {
            extensions.set("requestId", id);
        }
    })
}

/// A moment as a `DateTime`.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What the database did instead of answering.
pub fn database(error: DbError) -> Error {
    let failure = Failure::from(error);
    coded(&failure.message, failure.code)
}

/// An argument that is an id. What is none is the id of nothing.
pub fn id(ctx: &ResolverContext<'_>, name: &str) -> Uuid {
    maybe_id(ctx, name).unwrap_or_default()
}

pub fn maybe_id(ctx: &ResolverContext<'_>, name: &str) -> Option<Uuid> {
    let given = ctx.args.get(name).filter(|given| !given.is_null())?;
    Some(given.string().ok().and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// The same of several.
pub fn ids(texts: &[String]) -> Vec<Uuid> {
    texts.iter().map(|text| text.parse().unwrap_or_default()).collect()
}

/// The argument `input`, whatever it must hold.
pub fn input<T: DeserializeOwned>(ctx: &ResolverContext<'_>) -> Result<T> {
    let input = ctx.args.try_get("input").and_then(|input| input.deserialize());
    input.map_err(|error| coded(&format!("`input` is not what it must be: {}.", error.message), code::BAD_USER_INPUT))
}

/// A plain value as the executor wants it.
pub fn present(value: &impl Serialize) -> Result<Value> {
    async_graphql::to_value(value).map_err(|error| internal(&error))
}
