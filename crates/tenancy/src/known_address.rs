//! From where people have been let in.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    Error, PersonId, SessionId, Tenancy,
    control::{one_count, sql},
};

impl Tenancy {
    /// Whether the person has been let in from this address lately.
    pub async fn is_known_address(&self, person: PersonId, address: &str) -> Result<bool, Error> {
        let known = "SELECT count(*) FROM control.known_addresses WHERE person_id = $1 AND address = $2";
        Ok(one_count(self.control().db(), sql(known, [person.into(), address.into()])).await? > 0)
    }

    /// Forgets those that nobody came from since `seen_before`.
    pub async fn forget_addresses(&self, seen_before: DateTime<Utc>) -> Result<u64, Error> {
        let forget = sql("DELETE FROM control.known_addresses WHERE last_seen_at < $1", [seen_before.into()]);
        Ok(self.control().db().execute_raw(forget).await?.rows_affected())
    }
}

/// Remembers where these sessions are now.
pub(crate) async fn remember(db: &impl ConnectionTrait, sessions: &[SessionId]) -> Result<(), DbErr> {
    let remember = "
        INSERT INTO control.known_addresses (person_id, address, last_seen_at)
        SELECT person_id, address, max(last_seen_at) FROM control.sessions WHERE id = ANY($1) AND address IS NOT NULL
        GROUP BY person_id, address ORDER BY person_id, address
        ON CONFLICT (person_id, address) DO UPDATE SET last_seen_at = greatest(known_addresses.last_seen_at, excluded.last_seen_at)";
    let ids: Vec<uuid::Uuid> = sessions.iter().map(|id| id.uuid()).collect();
    db.execute_raw(sql(remember, [ids.into()])).await.map(|_| ())
}
