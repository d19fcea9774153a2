use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use crate::{
    Error, PersonId, SessionId, Tenancy, TenantId,
    control::{session, sql},
};

/// A sign-in of a person to a tenant. It keeps its id through refreshes: it is the family of its refresh tokens.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Session {
    pub id: SessionId,
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    pub expires_at: DateTime<Utc>,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug)]
pub enum Rotation {
    Rotated(Session),
    /// The token was spent before: someone has a copy, so the whole session is revoked.
    Reused,
    Unknown,
    Expired,
}

/// Compare and swap: of any number of callers the row lets one through, and that one's token is written down as spent
/// in the same statement.
const ROTATE: &str = "
WITH rotated AS (
  UPDATE control.sessions SET refresh_hash = $2, refreshed_at = now()
  WHERE refresh_hash = $1 AND revoked_at IS NULL AND expires_at > now()
  RETURNING id, person_id, tenant_id, expires_at
), spent AS (
  INSERT INTO control.spent_refresh_hashes (hash, session_id) SELECT $1, id FROM rotated
)
SELECT id, person_id, tenant_id, expires_at FROM rotated";

const END_ALL: &str = "
UPDATE control.sessions SET revoked_at = now()
WHERE person_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL AND expires_at > now() RETURNING id";

const REVOKE_FAMILY: &str = "
UPDATE control.sessions SET revoked_at = coalesce(revoked_at, now())
WHERE id = (SELECT session_id FROM control.spent_refresh_hashes WHERE hash = $1)";

impl Tenancy {
    pub async fn open_session(
        &self,
        person: PersonId,
        tenant: TenantId,
        refresh_hash: [u8; 32],
        expires_at: DateTime<Utc>,
    ) -> Result<Session, Error> {
        let row = session::ActiveModel {
            id: Set(SessionId::new()),
            person_id: Set(person),
            tenant_id: Set(tenant),
            refresh_hash: Set(refresh_hash.to_vec()),
            expires_at: Set(expires_at),
            revoked_at: NotSet,
            refreshed_at: NotSet,
            created_at: NotSet,
        };
        let made = session::Entity::insert(row).exec_with_returning(self.control().db()).await?;
        Ok(Session { id: made.id, person, tenant, expires_at })
    }

    /// Spends one refresh token for the next. Of any number of callers with the same token one at most succeeds.
    pub async fn rotate_session(&self, old_hash: [u8; 32], new_hash: [u8; 32]) -> Result<Rotation, Error> {
        let db = self.control().db();
        let (old, new) = (old_hash.to_vec(), new_hash.to_vec());
        if let Some(session) = Session::find_by_statement(sql(ROTATE, [old.clone().into(), new.into()])).one(db).await?
        {
            return Ok(Rotation::Rotated(session));
        }
        if db.execute_raw(sql(REVOKE_FAMILY, [old.clone().into()])).await?.rows_affected() > 0 {
            return Ok(Rotation::Reused);
        }
        let unspent = session::Entity::find().filter(session::Column::RefreshHash.eq(old)).one(db).await?;
        Ok(match unspent {
            Some(session) if session.revoked_at.is_none() => Rotation::Expired,
            _ => Rotation::Unknown,
        })
    }

    pub async fn revoke_session(&self, id: SessionId) -> Result<(), Error> {
        let revoke = "UPDATE control.sessions SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1";
        self.control().db().execute_raw(sql(revoke, [id.into()])).await?;
        Ok(())
    }

    pub async fn sessions_revoked_since(&self, at: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
        let ids = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::RevokedAt.gte(at))
            .into_tuple()
            .all(self.control().db())
            .await?;
        Ok(ids)
    }

    /// Removes sessions that ended before `at`, with what is kept of their tokens.
    pub async fn forget_sessions(&self, ended_before: DateTime<Utc>) -> Result<u64, Error> {
        let gone = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lt(ended_before))
            .exec(self.control().db())
            .await?;
        Ok(gone.rows_affected)
    }
}

/// Ends the sessions of a person, all but one: with whatever else the transaction does.
pub(crate) async fn end_sessions(
    db: &impl ConnectionTrait,
    person: PersonId,
    keep: Option<SessionId>,
) -> Result<Vec<SessionId>, DbErr> {
    let rows = db.query_all_raw(sql(END_ALL, [person.into(), keep.map(SessionId::uuid).into()])).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
