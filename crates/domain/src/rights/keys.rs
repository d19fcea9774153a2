//! The roles of API keys, and what the log says of keys. A key has no more rights than its creator, is never an owner,
//! and manages no keys.

use chrono::{DateTime, SecondsFormat, Utc};
use rapport_tenancy::{ApiKeyId, DbError, Scopes, Subject, TenantConn, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    Administration,
    assign::{self, Assignee},
    load,
};
use crate::{
    event::{self, Event},
    record::{self, Origin, UserError, code},
};

/// What the log says of a key, its roles aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'k> {
    pub name: &'k str,
    pub scopes: Scopes,
    pub expires_at: DateTime<Utc>,
}

impl Facts<'_> {
    fn told(self) -> Map<String, Json> {
        let expires_at = self.expires_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let facts =
            [("name", self.name.into()), ("scopes", self.scopes.to_string().into()), ("expiresAt", expires_at.into())];
        facts.into_iter().map(|(name, fact): (_, Json)| (name.to_owned(), fact)).collect()
    }
}

/// What becomes of a key, as the log says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    Created,
    Updated,
    Rotated,
    Revoked,
    /// Revoked, since somebody reported it as leaked.
    Leaked,
}

impl KeyEvent {
    const fn kind(self) -> &'static str {
        match self {
            Self::Created => "api_key.created",
            Self::Updated => "api_key.updated",
            Self::Rotated => "api_key.rotated",
            Self::Revoked => "api_key.revoked",
            Self::Leaked => "api_key.leaked",
        }
    }
}

/// Refuses callers who may not manage keys.
pub async fn may_manage(conn: &TenantConn) -> Result<Option<UserError>, DbError> {
    if matches!(conn.scope().actor().subject, Subject::ApiKey(_)) {
        return Ok(Some(UserError::new(code::FORBIDDEN, "An API key does not manage API keys: a person does.")));
    }
    let may = load::load(conn).await?.rights.may(Administration::ApiKeys);
    let message = format!("You may not {}.", Administration::ApiKeys.deed());
    Ok((!may).then(|| UserError::new(code::FORBIDDEN, message)))
}

/// Gives a key these roles and no others. The caller may give only roles that they could give to a user.
pub async fn give(
    tx: &TenantTx,
    key: ApiKeyId,
    roles: &[Uuid],
    origin: &Origin,
) -> Result<Vec<UserError>, record::Error> {
    if let Some(refused) = may_manage(tx).await? {
        return Ok(vec![refused]);
    }
    if roles.is_empty() {
        let message = "A key needs a role: without one it may do nothing.";
        return Ok(vec![UserError::new(code::REQUIRED, message).under("roleIds")]);
    }
    Ok(assign::set(tx, Assignee::ApiKey(key), roles, origin).await?.err().unwrap_or_default())
}

/// Refuses to show the secret of a key, or to let it live longer, for a caller who could not give the key its roles.
pub async fn may_hold(tx: &TenantTx, key: ApiKeyId) -> Result<Vec<UserError>, DbError> {
    let roles: Vec<Uuid> = load::roles_of(tx, key.uuid()).await?.into_iter().map(|(id, _)| id).collect();
    Ok(assign::check(tx, &roles).await?.err().unwrap_or_default())
}

/// Takes all roles from a key that is revoked, so that none is kept in use by it.
pub async fn take(tx: &TenantTx, key: ApiKeyId, what: KeyEvent, origin: &Origin) -> Result<(), record::Error> {
    assign::clear(tx, Assignee::ApiKey(key), origin).await?;
    enter(tx, key, what, None, None, origin).await
}

/// Takes all roles from a key that never came to be.
pub async fn forget(conn: &TenantConn, key: ApiKeyId) -> Result<(), DbError> {
    let take = format!("DELETE FROM {}.role_assignment WHERE subject = $1", conn.scope().schema());
    conn.execute(&take, &[&key.uuid()]).await.map(|_| ())
}

/// Writes down what became of a key: what of it is another than before.
pub async fn enter(
    tx: &TenantTx,
    key: ApiKeyId,
    what: KeyEvent,
    before: Option<Facts<'_>>,
    after: Option<Facts<'_>>,
    origin: &Origin,
) -> Result<(), record::Error> {
    let facts = |facts: Option<Facts<'_>>| facts.map(Facts::told).unwrap_or_default();
    let event = Event {
        object: Some("ApiKey".to_owned()),
        record: Some(key.uuid()),
        version: Some(1),
        ..Event::named(what.kind())
    };
    let event = event.between(facts(before), facts(after));
    Ok(event::enter(tx, record::now(), origin, &[event]).await?)
}
