use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Error, PersonId, Proved, Tenancy, control::sql};

/// A sign-in whose password was right, and that waits for its second factor.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub by: Proved,
    /// What was named to sign in to.
    pub workspace: Option<String>,
}

/// A new password deletes the challenges of its person: while there is one, the password is the one that opened it.
const TRY: &str = "
UPDATE control.sign_in_challenges c SET tries = tries + 1
FROM control.people p WHERE p.id = c.person_id AND c.hash = $1 AND c.tries < $2 AND c.expires_at > now()
RETURNING c.person_id, p.password_version, c.workspace";

#[derive(FromQueryResult)]
struct Tried {
    person_id: PersonId,
    password_version: i32,
    workspace: Option<String>,
}

impl Tenancy {
    pub async fn open_challenge(
        &self,
        hash: [u8; 32],
        challenge: Challenge,
        expires_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let open =
            "INSERT INTO control.sign_in_challenges (hash, person_id, workspace, expires_at) VALUES ($1, $2, $3, $4)";
        let Challenge { by, workspace } = challenge;
        let values = [hash.to_vec().into(), by.person().into(), workspace.into(), expires_at.into()];
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        tx.execute_raw(sql(open, values)).await?;
        Ok(tx.commit().await?)
    }

    /// Counts one try. None when the challenge is unknown, over, or was tried `most` times.
    pub async fn try_challenge(&self, hash: [u8; 32], most: i32) -> Result<Option<Challenge>, Error> {
        let attempt = sql(TRY, [hash.to_vec().into(), most.into()]);
        let tried = Tried::find_by_statement(attempt).one(self.control().db()).await?;
        Ok(tried.map(|Tried { person_id, password_version, workspace }| Challenge {
            by: Proved::new(person_id, password_version),
            workspace,
        }))
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
