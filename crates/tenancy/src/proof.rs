//! Whose password was given, and which one it was.
//!
//! Between a look at a password and what is done on the strength of it lies the time of a hash, and the password may be
//! another by then. So every such act takes a [`Proved`], and begins its transaction with [`Proved::hold`].

use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use crate::{Error, Person, PersonId, control::sql};

/// Somebody gave this person's password, or chose it just now. Worth nothing once they have another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    person: PersonId,
    version: i32,
}

impl Person {
    /// For whoever compared what was given with [`Person::password_hash`].
    pub fn proved(&self) -> Proved {
        Proved::new(self.id, self.password_version)
    }
}

impl Proved {
    pub(crate) fn new(person: PersonId, version: i32) -> Self {
        Self { person, version }
    }

    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Nobody sets another password before the transaction ends. [`Error::PasswordChanged`] when somebody has.
    pub(crate) async fn hold(self, tx: &DatabaseTransaction) -> Result<(), Error> {
        self.lock(tx, "SHARE").await
    }

    /// The same, for what writes the person's row itself: two of them come one after the other.
    pub(crate) async fn hold_to_write(self, tx: &DatabaseTransaction) -> Result<(), Error> {
        self.lock(tx, "NO KEY UPDATE").await
    }

    async fn lock(self, tx: &DatabaseTransaction, strength: &str) -> Result<(), Error> {
        let lock = format!("SELECT 1 FROM control.people WHERE id = $1 AND password_version = $2 FOR {strength}");
        let held = tx.query_one_raw(sql(&lock, [self.person.into(), self.version.into()])).await?;
        held.map(|_| ()).ok_or(Error::PasswordChanged)
    }
}
