//! Credentials of programs: what the control plane keeps of them. The secret itself is nowhere but with its holder.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr,
};
use subtle::{Choice, ConstantTimeEq as _};

use crate::{
    ApiKeyId, Error, PersonId, Proved, Scopes, Tenancy, TenantId, UserId,
    control::{api_key, sql},
};

/// SHA-256 of a key's secret: 178 random bits need no slower hash.
pub type KeyHash = [u8; 32];

/// A key as those see it who administer it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub tenant: TenantId,
    pub name: String,
    pub scopes: Scopes,
    /// None for one made at the command line.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub rotated_at: Option<DateTime<Utc>>,
    /// Until when the secret before the current one works.
    pub old_until: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// It was reported by somebody who should not have had it.
    pub leaked: bool,
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_used_from: Option<String>,
}

/// What a new key begins with.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    /// By what somebody asks for it; None at the command line.
    pub by: Option<Proved>,
    pub tenant: TenantId,
    pub name: String,
    pub hash: KeyHash,
    pub scopes: Scopes,
    pub created_by: Option<UserId>,
    pub expires_at: DateTime<Utc>,
}

/// What changes of a key; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChange {
    pub name: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    pub fn has_expired(&self) -> bool {
        self.expires_at <= Utc::now()
    }

    pub fn is_usable(&self) -> bool {
        self.revoked_at.is_none() && !self.has_expired()
    }
}

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self {
            id: row.id,
            tenant: row.tenant_id,
            name: row.name,
            scopes: Scopes::parse(&row.scopes),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            rotated_at: row.rotated_at,
            old_until: row.old_until.filter(|until| *until > Utc::now()),
            revoked_at: row.revoked_at,
            leaked: row.leaked,
            last_used_at: row.last_used_at,
            last_used_from: row.last_used_from,
        }
    }
}

/// The secrets that open a key, by their hashes.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    current: Vec<u8>,
    old: Option<(Vec<u8>, DateTime<Utc>)>,
}

impl Secrets {
    pub(crate) fn of(row: &api_key::Model) -> Self {
        Self { current: row.hash.clone(), old: row.old_hash.clone().zip(row.old_until) }
    }

    /// In the same time whichever differs, and wherever.
    pub(crate) fn admit(&self, hash: &KeyHash) -> bool {
        let is_old = |(old, until): &(Vec<u8>, DateTime<Utc>)| {
            let overlaps = Choice::from(u8::from(*until > Utc::now()));
            old.ct_eq(hash) & overlaps
        };
        let old = self.old.as_ref().map_or(Choice::from(0), is_old);
        (self.current.ct_eq(hash) | old).into()
    }
}

/// One that is usable counts; what has ended does not.
const INSERT: &str = "
INSERT INTO control.api_keys (id, tenant_id, name, hash, scopes, created_by, expires_at)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM control.api_keys WHERE tenant_id = $2 AND revoked_at IS NULL AND expires_at > now()) < $8";

const ROTATE: &str = "
UPDATE control.api_keys SET old_hash = hash, old_until = $4, hash = $3, rotated_at = now()
WHERE id = $1 AND tenant_id = $2 AND ready_at IS NOT NULL AND revoked_at IS NULL AND expires_at > now()";

const UPDATE: &str = "
UPDATE control.api_keys SET name = coalesce($3, name), expires_at = coalesce($4, expires_at)
WHERE id = $1 AND tenant_id = $2 AND ready_at IS NOT NULL AND revoked_at IS NULL AND expires_at > now()";

const REVOKE: &str = "
UPDATE control.api_keys SET revoked_at = coalesce(revoked_at, now()), leaked = leaked OR $3
WHERE id = $1 AND tenant_id = $2";

/// Those that a person made, in whatever tenant.
const REVOKE_OF: &str = "
UPDATE control.api_keys k SET revoked_at = now() FROM control.memberships m
WHERE m.person_id = $1 AND k.tenant_id = m.tenant_id AND k.created_by = m.user_id AND k.revoked_at IS NULL
RETURNING k.tenant_id, k.id";

/// Of many nodes that saw the key one a minute writes it down.
const USED: &str = "
UPDATE control.api_keys SET last_used_at = now(), last_used_from = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '50 seconds')";

impl Tenancy {
    /// Those of a tenant that were ever of use, the newest first.
    pub async fn api_keys(&self, tenant: TenantId) -> Result<Vec<ApiKey>, Error> {
        let rows = api_key::Entity::find()
            .filter(api_key::Column::TenantId.eq(tenant))
            .filter(api_key::Column::ReadyAt.is_not_null())
            .order_by_desc(api_key::Column::CreatedAt)
            .order_by_desc(api_key::Column::Id)
            .all(self.control().db())
            .await?;
        Ok(rows.into_iter().map(ApiKey::from).collect())
    }

    pub async fn api_key(&self, tenant: TenantId, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        let row = api_key::Entity::find_by_id(id)
            .filter(api_key::Column::TenantId.eq(tenant))
            .filter(api_key::Column::ReadyAt.is_not_null())
            .one(self.control().db())
            .await?;
        Ok(row.map(ApiKey::from))
    }

    /// The usable key that has this secret.
    pub async fn genuine_api_key(&self, id: ApiKeyId, hash: &KeyHash) -> Result<Option<ApiKey>, Error> {
        let row = api_key::Entity::find_by_id(id).one(self.control().db()).await?;
        let genuine = row.filter(|row| row.ready_at.is_some() && Secrets::of(row).admit(hash));
        Ok(genuine.map(ApiKey::from).filter(ApiKey::is_usable))
    }

    /// A key that opens nothing until [`Tenancy::ready_api_key`]. False where the tenant has `most` usable ones.
    pub async fn insert_api_key(&self, new: NewApiKey, most: i64) -> Result<bool, Error> {
        let values = [
            new.id.into(),
            new.tenant.into(),
            new.name.into(),
            new.hash.to_vec().into(),
            new.scopes.to_string().into(),
            new.created_by.into(),
            new.expires_at.into(),
            most.into(),
        ];
        let tx = self.control().begin().await?;
        if let Some(by) = new.by {
            by.hold(&tx).await?;
        }
        let made = tx.execute_raw(sql(INSERT, values)).await?.rows_affected() == 1;
        tx.commit().await?;
        Ok(made)
    }

    /// From now on the key is of use.
    pub async fn ready_api_key(&self, id: ApiKeyId) -> Result<(), Error> {
        api_key::Entity::update_many()
            .col_expr(api_key::Column::ReadyAt, Expr::current_timestamp())
            .filter(api_key::Column::Id.eq(id))
            .exec(self.control().db())
            .await?;
        self.forget_key(id);
        Ok(())
    }

    /// What crashes left of keys that were never of use and were begun so long ago.
    pub async fn half_made_api_keys(&self, tenant: TenantId, age: Duration) -> Result<Vec<ApiKeyId>, Error> {
        let rows = api_key::Entity::find()
            .filter(api_key::Column::TenantId.eq(tenant))
            .filter(api_key::Column::ReadyAt.is_null())
            .filter(api_key::Column::CreatedAt.lt(Utc::now() - age))
            .all(self.control().db())
            .await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Removes a key that was never of use.
    pub async fn drop_half_made_api_key(&self, id: ApiKeyId) -> Result<(), Error> {
        api_key::Entity::delete_many()
            .filter(api_key::Column::Id.eq(id))
            .filter(api_key::Column::ReadyAt.is_null())
            .exec(self.control().db())
            .await?;
        Ok(())
    }

    /// Gives a usable key another secret; the one before works until `old_until`. False where there is no such key.
    pub async fn rotate_api_key(
        &self,
        tenant: TenantId,
        id: ApiKeyId,
        hash: KeyHash,
        old_until: DateTime<Utc>,
        by: Proved,
    ) -> Result<bool, Error> {
        let values = [id.into(), tenant.into(), hash.to_vec().into(), old_until.into()];
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        let rotated = tx.execute_raw(sql(ROTATE, values)).await?.rows_affected() > 0;
        tx.commit().await?;
        self.forget_key(id);
        Ok(rotated)
    }

    /// False where there is no such usable key.
    pub async fn update_api_key(&self, tenant: TenantId, id: ApiKeyId, change: ApiKeyChange) -> Result<bool, Error> {
        let values = [id.into(), tenant.into(), change.name.into(), change.expires_at.into()];
        self.change_key(id, UPDATE, values).await
    }

    /// Here it opens nothing any more, on other nodes within seconds. Asked again it changes nothing.
    pub async fn revoke_api_key(&self, tenant: TenantId, id: ApiKeyId, leaked: bool) -> Result<bool, Error> {
        self.change_key(id, REVOKE, [id.into(), tenant.into(), leaked.into()]).await
    }

    pub(crate) async fn write_down_use(&self, id: ApiKeyId, from: String) -> Result<(), Error> {
        self.control().db().execute_raw(sql(USED, [id.into(), from.into()])).await?;
        Ok(())
    }

    async fn change_key(
        &self,
        id: ApiKeyId,
        change: &str,
        values: impl IntoIterator<Item = sea_orm::Value>,
    ) -> Result<bool, Error> {
        let changed = self.control().db().execute_raw(sql(change, values)).await?.rows_affected() > 0;
        self.forget_key(id);
        Ok(changed)
    }
}

/// Revokes the keys that a person made, with whatever else the transaction does.
pub(crate) async fn revoke_made_by(
    tx: &DatabaseTransaction,
    person: PersonId,
) -> Result<Vec<(TenantId, ApiKeyId)>, DbErr> {
    let rows = tx.query_all_raw(sql(REVOKE_OF, [person.into()])).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_while_it_is_current_or_overlaps() {
        let (current, old) = ([1; 32], [2; 32]);
        let secrets = |until| Secrets { current: current.to_vec(), old: Some((old.to_vec(), until)) };
        let (later, before) = (Utc::now() + Duration::hours(1), Utc::now() - Duration::seconds(1));
        assert!(secrets(later).admit(&current) && secrets(before).admit(&current));
        assert!(secrets(later).admit(&old));
        assert!(!secrets(before).admit(&old));
        assert!(!secrets(later).admit(&[3; 32]));
        assert!(!Secrets { current: current.to_vec(), old: None }.admit(&old));
    }
}
