//! Attempts to give a password. How they are slowed down is in `rapport_tenancy`; here is who they are counted for.

use rapport_tenancy::{Attempt, Person, PersonId};
use sha2::{Digest as _, Sha256};

use super::{Auth, Error, Refusal};
use crate::limits::{ClientAddress, Limited, Policy};

/// What a refusal says of the limit; the wait itself grows with the attempts.
const NAME: &str = "account";
const PER_HOUR: u32 = 20;

impl Auth {
    /// Checks the password of whoever has an address, which may be nobody, in the same time. Attempts from elsewhere never
    /// keep people out who come from where they signed in before.
    pub(super) async fn prove_from(
        &self,
        address: &str,
        person: Option<Person>,
        password: String,
        from: ClientAddress,
    ) -> Result<PersonId, Error> {
        let (account, origin) = (account(address), origin(from));
        let counted = self.tenancy.count_attempt(account, person.as_ref().map(|person| person.id), origin).await?;
        if let Attempt::TooEarly(retry_after) = counted {
            let policy = Policy::per_hour(NAME, PER_HOUR, PER_HOUR).ok_or(Error::NoKey)?;
            return Err(Refusal::RateLimited(Limited { policy, retry_after }).into());
        }
        let id = self.prove(person, password).await?;
        self.tenancy.attempt_succeeded(account, id, origin).await?;
        Ok(id)
    }

    /// Who opened a link in a mail is no stranger there: the way back in for somebody whose account is under attack.
    pub(super) async fn is_familiar(&self, person: PersonId, from: ClientAddress) -> Result<(), Error> {
        Ok(self.tenancy.know_origin(person, origin(from)).await?)
    }
}

/// Stands for an address, in any letter case.
fn account(address: &str) -> [u8; 32] {
    Sha256::digest(address.trim().to_lowercase()).into()
}

fn origin(from: ClientAddress) -> [u8; 32] {
    Sha256::digest(from.to_string()).into()
}
