use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Error, PersonId, Tenancy, control::sql};

/// A sign-in whose password was right, and that waits for its second factor.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Challenge {
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
    /// What was named to sign in to.
    pub workspace: Option<String>,
}

const TRY: &str = "
UPDATE control.sign_in_challenges SET tries = tries + 1 WHERE hash = $1 AND tries < $2 AND expires_at > now()
RETURNING person_id, workspace";

impl Tenancy {
    pub async fn open_challenge(
        &self,
        hash: [u8; 32],
        challenge: Challenge,
        expires_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let open =
            "INSERT INTO control.sign_in_challenges (hash, person_id, workspace, expires_at) VALUES ($1, $2, $3, $4)";
        let Challenge { person, workspace } = challenge;
        let values = [hash.to_vec().into(), person.into(), workspace.into(), expires_at.into()];
        self.control().db().execute_raw(sql(open, values)).await?;
        Ok(())
    }

    /// Counts one try. None when the challenge is unknown, over, or was tried `most` times.
    pub async fn try_challenge(&self, hash: [u8; 32], most: i32) -> Result<Option<Challenge>, Error> {
        let attempt = sql(TRY, [hash.to_vec().into(), most.into()]);
        Ok(Challenge::find_by_statement(attempt).one(self.control().db()).await?)
    }

    /// Of any number of callers one at most is told true: a challenge opens one session.
    pub async fn end_challenge(&self, hash: [u8; 32]) -> Result<bool, Error> {
        let end = sql("DELETE FROM control.sign_in_challenges WHERE hash = $1", [hash.to_vec().into()]);
        Ok(self.control().db().execute_raw(end).await?.rows_affected() > 0)
    }

    /// Removes those that are over.
    pub async fn forget_challenges(&self) -> Result<u64, Error> {
        let forget = sql("DELETE FROM control.sign_in_challenges WHERE expires_at < now()", []);
        Ok(self.control().db().execute_raw(forget).await?.rows_affected())
    }
}
