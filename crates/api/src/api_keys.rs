//! API keys, made, rotated, changed and revoked.
//!
//! A key is a row of the control plane, and its roles are rows of the tenant's schema: no transaction holds both. A new key
//! opens nothing until its roles are there, and a revoked one opens nothing before its roles go, so that whatever is cut off
//! in between leaves nothing that opens anything.

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use rapport_domain::{
    record::{self, Origin, UserError, code},
    rights::{
        HeldRole, held_by,
        keys::{self, Facts, KeyEvent},
    },
};
use rapport_tenancy::{AccessScope, ApiKey, ApiKeyChange, ApiKeyId, DbError, NewApiKey, Scopes, Tenancy, TenantDb};
use uuid::Uuid;

use crate::auth::{ApiKeyText, label};

/// How long a key lives when nothing is said, and at most.
pub const LIFETIME: Duration = Duration::days(90);
pub const LONGEST: Duration = Duration::days(366);
/// For how long the secret before stays good when nothing is said, and at most.
pub const OVERLAP: Duration = Duration::hours(24);
pub const LONGEST_OVERLAP: Duration = Duration::days(7);
/// Usable keys of a workspace.
const MOST: i64 = 100;
/// A key that is still half made then was cut off.
const CUT_OFF: Duration = Duration::hours(1);
/// The key has expired or was revoked: it does not come back.
const KEY_ENDED: &str = "KEY_ENDED";

/// The keys of one workspace, as far as the scope of `db` may administer them.
#[derive(Clone, Copy)]
pub struct ApiKeys<'a> {
    pub tenancy: &'a Tenancy,
    pub db: &'a TenantDb,
    pub origin: &'a Origin,
}

/// What somebody says who makes a key.
#[derive(Debug, Clone)]
pub struct Ask {
    pub name: String,
    pub roles: Vec<Uuid>,
    pub scopes: Vec<AccessScope>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What changes of a key; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub roles: Option<Vec<Uuid>>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key with a secret, which is told once.
pub struct Made {
    pub key: ApiKey,
    pub secret: String,
}

/// Done, or why not.
pub type Outcome<T> = Result<Result<T, Vec<UserError>>, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the control plane failed")]
    Control(#[from] rapport_tenancy::Error),
    #[error("roles of a key could not be read or written")]
    Database(#[from] DbError),
    #[error("what became of a key could not be written down")]
    Record(#[from] record::Error),
}

impl ApiKeys<'_> {
    #[tracing::instrument(name = "api_key.create", skip_all, fields(tenant.id = %self.db.scope().tenant()))]
    pub async fn create(&self, ask: Ask) -> Outcome<Made> {
        let (name, scopes, expires_at) = match (named(&ask.name), scopes(&ask.scopes), expiry(ask.expires_at)) {
            (Ok(name), Ok(scopes), Ok(expires_at)) => (name, scopes, expires_at),
            (name, scopes, expires_at) => {
                let errors = [name.err(), scopes.err(), expires_at.err()];
                return Ok(Err(errors.into_iter().flatten().collect()));
            }
        };
        if let Some(refused) = keys::may_manage(&*self.db.session().await?).await? {
            return Ok(Err(vec![refused]));
        }
        self.sweep().await?;
        let (id, scope) = (ApiKeyId::new(), self.db.scope());
        let text = ApiKeyText::generate(id);
        let (tenant, created_by) = (scope.tenant(), scope.actor().user_id());
        let new = NewApiKey { id, tenant, name: name.clone(), hash: text.hash(), scopes, created_by, expires_at };
        if !self.tenancy.insert_api_key(new, MOST).await? {
            let message = format!("A workspace has at most {MOST} keys that are of use: revoke one first.");
            return Ok(Err(vec![UserError::new(code::LIMIT_REACHED, message)]));
        }
        let tx = self.db.begin().await?;
        let refused = keys::give(&tx, id, &ask.roles, self.origin).await?;
        if !refused.is_empty() {
            tx.rollback().await;
            self.tenancy.drop_half_made_api_key(id).await?;
            return Ok(Err(refused));
        }
        let made = Facts { name: &name, scopes, expires_at };
        keys::enter(&tx, id, KeyEvent::Created, None, Some(made), self.origin).await?;
        tx.commit().await?;
        self.tenancy.ready_api_key(id).await?;
        Ok(self.find(id).await?.map(|key| Made { key, secret: text.expose() }))
    }

    /// Another secret; the one before works for the overlap.
    #[tracing::instrument(name = "api_key.rotate", skip_all, fields(tenant.id = %self.db.scope().tenant(), key.id = %id))]
    pub async fn rotate(&self, id: ApiKeyId, overlap: Duration) -> Outcome<Made> {
        if overlap < Duration::zero() || overlap > LONGEST_OVERLAP {
            let message = format!("The overlap is 0 to {} hours.", LONGEST_OVERLAP.num_hours());
            return Ok(Err(vec![UserError::new(code::INVALID_VALUE, message).under("overlapHours")]));
        }
        let key = match self.usable(id).await? {
            Ok(key) => key,
            Err(refused) => return Ok(Err(refused)),
        };
        let tx = self.db.begin().await?;
        let refused = keys::may_hold(&tx, id).await?;
        if !refused.is_empty() {
            tx.rollback().await;
            return Ok(Err(refused));
        }
        keys::enter(&tx, id, KeyEvent::Rotated, None, Some(facts(&key)), self.origin).await?;
        tx.commit().await?;
        let text = ApiKeyText::generate(id);
        let rotated = self.tenancy.rotate_api_key(key.tenant, id, text.hash(), Utc::now() + overlap).await?;
        if !rotated {
            return self.ended_meanwhile(id).await;
        }
        Ok(self.find(id).await?.map(|key| Made { key, secret: text.expose() }))
    }

    #[tracing::instrument(name = "api_key.update", skip_all, fields(tenant.id = %self.db.scope().tenant(), key.id = %id))]
    pub async fn update(&self, id: ApiKeyId, change: Change) -> Outcome<ApiKey> {
        let name = change.name.as_deref().map(named).transpose();
        let expires_at = change.expires_at.map(|at| expiry(Some(at))).transpose();
        let (name, expires_at) = match (name, expires_at) {
            (Ok(name), Ok(expires_at)) => (name, expires_at),
            (name, expires_at) => return Ok(Err([name.err(), expires_at.err()].into_iter().flatten().collect())),
        };
        let key = match self.usable(id).await? {
            Ok(key) => key,
            Err(refused) => return Ok(Err(refused)),
        };
        let before = facts(&key);
        let after = Facts {
            name: name.as_ref().unwrap_or(&key.name),
            expires_at: expires_at.unwrap_or(key.expires_at),
            ..before
        };
        let tx = self.db.begin().await?;
        let mut refused = Vec::new();
        if let Some(roles) = &change.roles {
            refused = keys::give(&tx, id, roles, self.origin).await?;
        }
        if refused.is_empty() && after.expires_at > before.expires_at {
            refused = keys::may_hold(&tx, id).await?;
        }
        if !refused.is_empty() {
            tx.rollback().await;
            return Ok(Err(refused));
        }
        if after != before {
            keys::enter(&tx, id, KeyEvent::Updated, Some(before), Some(after), self.origin).await?;
        }
        tx.commit().await?;
        if !self.tenancy.update_api_key(key.tenant, id, ApiKeyChange { name, expires_at }).await? {
            return self.ended_meanwhile(id).await;
        }
        self.find(id).await
    }

    /// The key opens nothing any more. Asked again it changes nothing.
    #[tracing::instrument(name = "api_key.revoke", skip_all, fields(tenant.id = %self.db.scope().tenant(), key.id = %id))]
    pub async fn revoke(&self, id: ApiKeyId) -> Outcome<ApiKey> {
        if let Some(refused) = keys::may_manage(&*self.db.session().await?).await? {
            return Ok(Err(vec![refused]));
        }
        let tenant = self.db.scope().tenant();
        let Some(key) = self.tenancy.api_key(tenant, id).await? else { return Ok(Err(vec![no_such_key()])) };
        self.tenancy.revoke_api_key(tenant, id, false).await?;
        if key.revoked_at.is_none() {
            self.write_down_end(id, KeyEvent::Revoked).await?;
        } else {
            // Where somebody was cut off who revoked it before.
            keys::forget(&*self.db.session().await?, id).await?;
        }
        self.find(id).await
    }

    /// Takes the roles of a key that opens nothing any more.
    pub async fn write_down_end(&self, id: ApiKeyId, what: KeyEvent) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        keys::take(&tx, id, what, self.origin).await?;
        Ok(tx.commit().await?)
    }

    /// All of the workspace, with their roles.
    pub async fn list(&self) -> Result<Vec<(ApiKey, Vec<HeldRole>)>, Error> {
        let keys = self.tenancy.api_keys(self.db.scope().tenant()).await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.id.uuid()).collect();
        let mut roles = held_by(&*self.db.session().await?, &ids).await?;
        let with_roles = |key: ApiKey| {
            let roles = roles.remove(&key.id.uuid()).unwrap_or_default();
            (key, roles)
        };
        Ok(keys.into_iter().map(with_roles).collect())
    }

    /// The key, where it can still be changed.
    async fn usable(&self, id: ApiKeyId) -> Outcome<ApiKey> {
        if let Some(refused) = keys::may_manage(&*self.db.session().await?).await? {
            return Ok(Err(vec![refused]));
        }
        Ok(self.find(id).await?.and_then(|key| if key.is_usable() { Ok(key) } else { Err(vec![ended()]) }))
    }

    async fn find(&self, id: ApiKeyId) -> Outcome<ApiKey> {
        let found = self.tenancy.api_key(self.db.scope().tenant(), id).await?;
        Ok(found.ok_or_else(|| vec![no_such_key()]))
    }

    /// Somebody ended the key while it was changed: the roles that it may have been given go.
    async fn ended_meanwhile<T>(&self, id: ApiKeyId) -> Outcome<T> {
        keys::forget(&*self.db.session().await?, id).await?;
        Ok(Err(vec![ended()]))
    }

    /// Clears away what was cut off before it was of use.
    async fn sweep(&self) -> Result<(), Error> {
        for id in self.tenancy.half_made_api_keys(self.db.scope().tenant(), CUT_OFF).await? {
            keys::forget(&*self.db.session().await?, id).await?;
            self.tenancy.drop_half_made_api_key(id).await?;
        }
        Ok(())
    }
}

fn facts(key: &ApiKey) -> Facts<'_> {
    Facts { name: &key.name, scopes: key.scopes, expires_at: key.expires_at }
}

fn no_such_key() -> UserError {
    UserError::new(code::NOT_FOUND, "There is no API key with this id.").under("id")
}

fn ended() -> UserError {
    UserError::new(KEY_ENDED, "The key has expired or was revoked, and does not come back: make another one.")
        .under("id")
}

fn named(name: &str) -> Result<String, UserError> {
    let message = "A key needs a name of 1 to 100 characters: what it is for.";
    label(name).ok_or_else(|| UserError::new(code::INVALID_NAME, message).under("name"))
}

fn scopes(given: &[AccessScope]) -> Result<Scopes, UserError> {
    let scopes: Scopes = given.iter().copied().collect();
    if scopes == Scopes::NONE {
        let message = "A key needs a scope: without one it may be used for nothing.";
        return Err(UserError::new(code::REQUIRED, message).under("scopes"));
    }
    if scopes.has(AccessScope::RecordsWrite) && !scopes.has(AccessScope::RecordsRead) {
        let message = "Who writes records reads them as well: add `records:read`.";
        return Err(UserError::new(code::INVALID_VALUE, message).under("scopes"));
    }
    Ok(scopes)
}

fn expiry(at: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, UserError> {
    // As exact as it is kept.
    let now = Utc::now().trunc_subsecs(6);
    let at = at.unwrap_or(now + LIFETIME);
    if at > now && at <= now + LONGEST {
        return Ok(at);
    }
    let message = "A key expires in the future, and within a year.";
    Err(UserError::new(code::INVALID_VALUE, message).under("expiresAt"))
}
