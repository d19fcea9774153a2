use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    Error, Key, KeyError, MasterKeys, NewMail, PersonId, Proved, Rewrapped, Tenancy,
    control::{second_factor, sql},
    error::in_full,
    mail,
    secrets::joined,
};

/// The secret behind a person's codes.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    pub secret: Key,
    /// None until its first code was seen: it asks nobody for a code yet.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The time step of the last code that was taken.
    pub last_step: i64,
}

/// What may be told of a second factor.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct SecondFactorState {
    pub confirmed_at: DateTime<Utc>,
    /// Recovery codes that were not used.
    pub recovery_codes: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    #[error(transparent)]
    Storage(#[from] Error),
    #[error("the secret of a second factor cannot be wrapped or unwrapped")]
    Key(#[from] KeyError),
}

impl From<DbErr> for SecondFactorError {
    fn from(error: DbErr) -> Self {
        Self::Storage(error.into())
    }
}

/// Secrets that are wrapped anew out of one look.
const AT_ONCE: u64 = 500;

const START: &str = "
INSERT INTO control.second_factors (person_id, wrapped, master_key_id) VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET wrapped = $2, master_key_id = $3, last_step = 0, created_at = now()
WHERE second_factors.confirmed_at IS NULL";

const STATE: &str = "
SELECT confirmed_at, (SELECT count(*) FROM control.recovery_codes c WHERE c.person_id = f.person_id) AS recovery_codes
FROM control.second_factors f WHERE person_id = $1 AND confirmed_at IS NOT NULL";

impl Tenancy {
    /// Keeps a secret until its first code confirms it, in place of one that never was. False when the person has a
    /// second factor already.
    pub async fn start_second_factor(&self, by: Proved, secret: &Key) -> Result<bool, SecondFactorError> {
        let (master, person) = (self.vault().master()?, by.person());
        let wrapped = master.wrap(secret, &context(person)).await.map_err(KeyError::from)?;
        let start = sql(START, [person.into(), wrapped.into(), master.current().into()]);
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        let started = tx.execute_raw(start).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(started)
    }

    /// Confirmed or not.
    pub async fn second_factor(&self, person: PersonId) -> Result<Option<SecondFactor>, SecondFactorError> {
        let found = second_factor::Entity::find_by_id(person).one(self.control().db()).await?;
        let Some(row) = found else { return Ok(None) };
        let master = self.vault().master()?;
        let secret = master.unwrap(&row.master_key_id, &row.wrapped, &context(person)).await.map_err(KeyError::from)?;
        Ok(Some(SecondFactor { secret, confirmed_at: row.confirmed_at, last_step: row.last_step }))
    }

    /// None where no code is asked for.
    pub async fn second_factor_state(&self, person: PersonId) -> Result<Option<SecondFactorState>, Error> {
        Ok(SecondFactorState::find_by_statement(sql(STATE, [person.into()])).one(self.control().db()).await?)
    }

    /// From now on a code is asked for. `step` is the one of the code that proved the secret is in its owner's hands;
    /// false when that is spent, or another call confirmed it.
    pub async fn confirm_second_factor(
        &self,
        person: PersonId,
        step: i64,
        recovery: &[[u8; 32]],
        mails: &[NewMail],
    ) -> Result<bool, Error> {
        let tx = self.control().begin().await?;
        let confirm = "UPDATE control.second_factors SET confirmed_at = now(), last_step = $2
                       WHERE person_id = $1 AND confirmed_at IS NULL AND last_step < $2";
        let confirmed = tx.execute_raw(sql(confirm, [person.into(), step.into()])).await?.rows_affected() > 0;
        if confirmed {
            replace_recovery_codes(&tx, person, recovery).await?;
            mail::write(&tx, mails).await?;
        }
        tx.commit().await?;
        Ok(confirmed)
    }

    /// Compare and swap: a code counts once, and none after a later one.
    pub async fn spend_step(&self, person: PersonId, step: i64) -> Result<bool, Error> {
        let spend = "UPDATE control.second_factors SET last_step = $2
                     WHERE person_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";
        Ok(self.control().db().execute_raw(sql(spend, [person.into(), step.into()])).await?.rows_affected() > 0)
    }

    pub async fn has_recovery_code(&self, person: PersonId, hash: [u8; 32]) -> Result<bool, Error> {
        let find = "SELECT 1 FROM control.recovery_codes WHERE person_id = $1 AND hash = $2";
        let found = self.control().db().query_one_raw(sql(find, [person.into(), hash.to_vec().into()])).await?;
        Ok(found.is_some())
    }

    /// Of any number of callers with the same code one at most is told true.
    pub async fn spend_recovery_code(
        &self,
        person: PersonId,
        hash: [u8; 32],
        mails: &[NewMail],
    ) -> Result<bool, Error> {
        let tx = self.control().begin().await?;
        let delete = "DELETE FROM control.recovery_codes WHERE person_id = $1 AND hash = $2";
        let spent = tx.execute_raw(sql(delete, [person.into(), hash.to_vec().into()])).await?.rows_affected() > 0;
        if spent {
            mail::write(&tx, mails).await?;
        }
        tx.commit().await?;
        Ok(spent)
    }

    /// None of the codes before counts any more.
    pub async fn renew_recovery_codes(&self, by: Proved, recovery: &[[u8; 32]]) -> Result<(), Error> {
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        replace_recovery_codes(&tx, by.person(), recovery).await?;
        Ok(tx.commit().await?)
    }

    /// With its recovery codes.
    pub async fn remove_second_factor(&self, by: Proved, mails: &[NewMail]) -> Result<(), Error> {
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        if remove(&tx, by.person()).await? {
            mail::write(&tx, mails).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The same by an operator, who knows no password. False when there was none.
    pub async fn reset_second_factor(&self, person: PersonId, mails: &[NewMail]) -> Result<bool, Error> {
        let tx = self.control().begin().await?;
        let removed = remove(&tx, person).await?;
        if removed {
            mail::write(&tx, mails).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// Wraps with the current master key what another one had wrapped, and answers how many.
    /// One that cannot be unwrapped keeps none of the others waiting.
    pub(crate) async fn rewrap_second_factors(&self, done: &mut Rewrapped) -> Result<(), SecondFactorError> {
        let master = self.vault().master()?;
        let mut after = PersonId::from(uuid::Uuid::nil());
        loop {
            let others = second_factor::Entity::find()
                .filter(second_factor::Column::MasterKeyId.ne(master.current()))
                .filter(second_factor::Column::PersonId.gt(after))
                .order_by_asc(second_factor::Column::PersonId)
                .limit(AT_ONCE)
                .all(self.control().db())
                .await?;
            let Some(last) = others.last() else { return Ok(()) };
            after = last.person_id;
            for row in others {
                let person = row.person_id;
                match self.rewrap_second_factor(master, row).await {
                    Ok(rewrapped) => done.secrets += rewrapped,
                    Err(error) => done.failed.push((format!("second factor of person {person}"), in_full(&error))),
                }
            }
        }
    }

    async fn rewrap_second_factor(
        &self,
        master: &dyn MasterKeys,
        row: second_factor::Model,
    ) -> Result<u64, SecondFactorError> {
        let context = context(row.person_id);
        let secret = master.unwrap(&row.master_key_id, &row.wrapped, &context).await.map_err(KeyError::from)?;
        let wrapped = master.wrap(&secret, &context).await.map_err(KeyError::from)?;
        // Not where somebody has another secret meanwhile.
        let swap = "UPDATE control.second_factors SET wrapped = $3, master_key_id = $4
                    WHERE person_id = $1 AND wrapped = $2";
        let values = [row.person_id.into(), row.wrapped.into(), wrapped.into(), master.current().to_owned().into()];
        Ok(self.control().db().execute_raw(sql(swap, values)).await?.rows_affected())
    }
}

/// With whatever else the transaction does. False when there was none.
pub(crate) async fn remove(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    Ok(second_factor::Entity::delete_by_id(person).exec(db).await?.rows_affected > 0)
}

async fn replace_recovery_codes(tx: &impl ConnectionTrait, person: PersonId, hashes: &[[u8; 32]]) -> Result<(), DbErr> {
    // Two that are renewed at once do not mix.
    tx.execute_raw(sql("SELECT 1 FROM control.second_factors WHERE person_id = $1 FOR UPDATE", [person.into()]))
        .await?;
    tx.execute_raw(sql("DELETE FROM control.recovery_codes WHERE person_id = $1", [person.into()])).await?;
    for hash in hashes {
        let insert = "INSERT INTO control.recovery_codes (person_id, hash) VALUES ($1, $2)";
        tx.execute_raw(sql(insert, [person.into(), hash.to_vec().into()])).await?;
    }
    Ok(())
}

/// A wrapped secret is of no use to another person.
fn context(person: PersonId) -> Vec<u8> {
    joined(&[b"rapport second factor 1", person.uuid().as_bytes()])
}
