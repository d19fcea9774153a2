//! The roles of API keys. A key has no more rights than whoever makes it, never those of an owner, and manages no keys.

use chrono::Utc;
use rapport_tenancy::{ApiKeyId, BuiltInRole, DbError, Scopes, Subject, TenantConn, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Administration, Rights, load, owners};
use crate::{
    catalog::{Catalog, registry::Registry},
    event::{self, Event},
    record::{self, Origin, UserError, code},
};

/// A key to be.
#[derive(Debug, Clone, Copy)]
pub struct Key<'k> {
    pub id: ApiKeyId,
    pub name: &'k str,
    pub scopes: Scopes,
}

/// What becomes of a key, as the log says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    Created,
    Updated,
    Rotated,
    Revoked,
    /// Revoked, since somebody else had it.
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

/// Refuses those who may not manage keys.
pub async fn may_manage(conn: &TenantConn) -> Result<Option<UserError>, DbError> {
    if matches!(conn.scope().actor().subject, Subject::ApiKey(_)) {
        return Ok(Some(UserError::new(code::FORBIDDEN, "An API key does not manage API keys: a person does.")));
    }
    let may = load::load(conn).await?.rights.may(Administration::ApiKeys);
    let message = format!("You may not {}.", Administration::ApiKeys.deed());
    Ok((!may).then(|| UserError::new(code::FORBIDDEN, message)))
}

/// Gives a key these roles and no others.
pub async fn give(
    tx: &TenantTx,
    key: Key<'_>,
    roles: &[Uuid],
    what: KeyEvent,
    origin: &Origin,
) -> Result<Vec<UserError>, record::Error> {
    if let Some(refused) = may_manage(tx).await? {
        return Ok(vec![refused]);
    }
    owners::hold(tx).await?;
    let errors = check(tx, key.scopes, roles).await?;
    if !errors.is_empty() {
        return Ok(errors);
    }
    let schema = tx.scope().schema();
    let ids = key.id.uuid();
    let take = format!("DELETE FROM {schema}.role_assignment WHERE subject = $1 AND NOT role_id = ANY($2)");
    tx.execute(&take, &[&ids, &roles]).await?;
    let give = format!(
        "INSERT INTO {schema}.role_assignment (subject, role_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING"
    );
    tx.execute(&give, &[&ids, &roles]).await?;
    let roles = roles.iter().map(ToString::to_string).collect::<Vec<_>>();
    let facts = [("name", key.name.into()), ("roleIds", roles.into()), ("scopes", key.scopes.to_string().into())];
    enter(tx, key.id, what, facts, origin).await?;
    Ok(Vec::new())
}

/// Refuses to show the secret of a key to who has less than it.
pub async fn may_hold(tx: &TenantTx, key: Key<'_>) -> Result<Vec<UserError>, DbError> {
    owners::hold(tx).await?;
    let roles: Vec<Uuid> = load::roles_of(tx, key.id.uuid()).await?.into_iter().map(|(id, _)| id).collect();
    check(tx, key.scopes, &roles).await
}

/// Takes all roles from a key that is revoked, so that none is kept in use by it.
pub async fn take(tx: &TenantTx, key: ApiKeyId, what: KeyEvent, origin: &Origin) -> Result<(), record::Error> {
    forget(tx, key).await?;
    enter(tx, key, what, [], origin).await
}

/// Takes all roles from a key that never came to be.
pub async fn forget(conn: &TenantConn, key: ApiKeyId) -> Result<(), DbError> {
    let take = format!("DELETE FROM {}.role_assignment WHERE subject = $1", conn.scope().schema());
    conn.execute(&take, &[&key.uuid()]).await.map(|_| ())
}

/// Writes down what became of a key.
pub async fn enter(
    tx: &TenantTx,
    key: ApiKeyId,
    what: KeyEvent,
    facts: impl IntoIterator<Item = (&'static str, Json)>,
    origin: &Origin,
) -> Result<(), record::Error> {
    let facts: Map<String, Json> = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
    let event = Event {
        kind: what.kind().to_owned(),
        object: "ApiKey".to_owned(),
        record: key.uuid(),
        version: 1,
        before: None,
        after: (!facts.is_empty()).then_some(facts),
        changed: Vec::new(),
    };
    Ok(event::enter(tx, Utc::now(), origin, &[event]).await?)
}

async fn check(tx: &TenantTx, scopes: Scopes, roles: &[Uuid]) -> Result<Vec<UserError>, DbError> {
    let at = |at: usize, error: UserError| error.under(at.to_string()).under("roleIds");
    if roles.is_empty() {
        return Ok(vec![
            UserError::new(code::REQUIRED, "A key needs a role: without one it may do nothing.").under("roleIds"),
        ]);
    }
    let sql = format!("SELECT id, rights FROM {}.role WHERE id = ANY($1)", tx.scope().schema());
    let rows = tx.query(&sql, &[&roles]).await?;
    let (mut errors, mut given) = (Vec::new(), Vec::new());
    for (place, id) in roles.iter().enumerate() {
        match rows.iter().find(|row| row.get::<_, Uuid>(0) == *id) {
            None => errors.push(at(place, UserError::new(code::NOT_FOUND, "There is no role with this id."))),
            Some(_) if *id == BuiltInRole::Owner.id() => {
                let message = "A key is never an owner: give it Admin, or a role of your own.";
                errors.push(at(place, UserError::new(code::NOT_FOR_KEYS, message)));
            }
            Some(row) => given.push(load::read(*id, row, 1)),
        }
    }
    if errors.is_empty() {
        let own = load::load(tx).await?.rights;
        let catalog = Catalog::with(&Registry::read(tx).await?);
        if let Some(deed) = own.lacks(&catalog, &Rights::of(given, scopes)) {
            let message = format!("With these roles and scopes the key could {deed}, which you may not.");
            errors.push(UserError::new(code::BEYOND_YOURS, message).under("roleIds"));
        }
    }
    Ok(errors)
}
