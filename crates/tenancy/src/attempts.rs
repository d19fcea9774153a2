//! Attempts to give somebody's password: how long the next one has to wait.
//!
//! Client addresses from which the person signed in before are counted each by itself, all others together. So whoever
//! tries passwords from elsewhere slows down all strangers, and never the person who comes from where they always do.

use std::time::Duration;

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Error, PersonId, Tenancy, control::sql};

/// Counts the attempt where it is let through, in one statement: any number at once cannot get past it.
///
/// The wait begins after `$4` attempts from a stranger or `$5` from a familiar address, starts with one second and doubles up to
/// a quarter of an hour. A day without an attempt forgets it.
const COUNT: &str = "
WITH place AS (
  SELECT EXISTS (SELECT 1 FROM control.familiar_origins WHERE person_id = $3 AND origin = $2) AS familiar
), counted AS (
  INSERT INTO control.sign_in_attempts AS a (account, origin, attempts, last_at, free_at)
  SELECT $1, CASE WHEN familiar THEN $2 ELSE ''::bytea END, 1, now(), now() FROM place
  ON CONFLICT (account, origin) DO UPDATE SET
    attempts = CASE WHEN a.last_at < now() - interval '1 day' THEN 1 ELSE a.attempts + 1 END,
    last_at = now(),
    free_at = now() + make_interval(secs => CASE
      WHEN a.last_at < now() - interval '1 day' THEN 0
      WHEN a.attempts + 1 < (SELECT CASE WHEN familiar THEN $5 ELSE $4 END FROM place) THEN 0
      ELSE least(900, power(2, least(20, a.attempts + 1 - (SELECT CASE WHEN familiar THEN $5 ELSE $4 END FROM place)))) END)
  WHERE a.free_at <= now()
  RETURNING 1
)
SELECT familiar, EXISTS (SELECT 1 FROM counted) AS counted,
       coalesce(extract(epoch FROM (SELECT free_at FROM control.sign_in_attempts
         WHERE account = $1 AND origin = CASE WHEN familiar THEN $2 ELSE ''::bytea END) - now()), 0)::float8 AS wait
FROM place";

/// Attempts that wait for nothing.
const FREE_OF_STRANGERS: i32 = 20;
const FREE_OF_FAMILIAR: i32 = 100;

/// Whether a password may be tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attempt {
    Counted,
    /// Not before this long.
    TooEarly(Duration),
}

#[derive(FromQueryResult)]
struct Answer {
    counted: bool,
    wait: f64,
}

impl Tenancy {
    /// Counts one attempt. `account` stands for the address that was tried, `person` is who has it, if somebody does,
    /// `origin` stands for the client address.
    pub async fn count_attempt(
        &self,
        account: [u8; 32],
        person: Option<PersonId>,
        origin: [u8; 32],
    ) -> Result<Attempt, Error> {
        let values = [
            account.to_vec().into(),
            origin.to_vec().into(),
            person.map(PersonId::uuid).into(),
            FREE_OF_STRANGERS.into(),
            FREE_OF_FAMILIAR.into(),
        ];
        let answer = Answer::find_by_statement(sql(COUNT, values)).one(self.control().db()).await?;
        Ok(match answer {
            Some(Answer { counted: false, wait }) => Attempt::TooEarly(Duration::from_secs_f64(wait.max(1.0))),
            _ => Attempt::Counted,
        })
    }

    /// The password was right: attempts from there are forgotten, and from now on the client address is familiar.
    pub async fn attempt_succeeded(&self, account: [u8; 32], person: PersonId, origin: [u8; 32]) -> Result<(), Error> {
        let db = self.control().db();
        let forget = "
            DELETE FROM control.sign_in_attempts a WHERE account = $1 AND origin =
              CASE WHEN EXISTS (SELECT 1 FROM control.familiar_origins WHERE person_id = $2 AND origin = $3)
              THEN $3 ELSE ''::bytea END";
        db.execute_raw(sql(forget, [account.to_vec().into(), person.into(), origin.to_vec().into()])).await?;
        self.know_origin(person, origin).await
    }

    /// The person comes from this client address. At most a note a day for each.
    pub async fn know_origin(&self, person: PersonId, origin: [u8; 32]) -> Result<(), Error> {
        let know = "
            INSERT INTO control.familiar_origins AS f (person_id, origin) VALUES ($1, $2)
            ON CONFLICT (person_id, origin) DO UPDATE SET last_used_at = now()
            WHERE f.last_used_at < now() - interval '1 day'";
        self.control().db().execute_raw(sql(know, [person.into(), origin.to_vec().into()])).await?;
        Ok(())
    }
}
