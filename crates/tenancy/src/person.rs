use crate::{Error, PersonId, Tenancy};

/// A human being who can sign in.
#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
}

pub struct NewPerson {
    pub email: String,
    pub name: String,
    /// None for someone who has yet to choose a password.
    pub password_hash: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CreatePersonError {
    #[error("a person with this e-mail address exists")]
    EmailTaken,
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Tenancy {
    /// Letter case of the address does not matter.
    pub async fn person_by_email(&self, _email: &str) -> Result<Option<Person>, Error> {
        todo!()
    }

    pub async fn person(&self, _id: PersonId) -> Result<Option<Person>, Error> {
        todo!()
    }

    pub async fn create_person(&self, _new: NewPerson) -> Result<Person, CreatePersonError> {
        todo!()
    }

    pub async fn set_password_hash(&self, _id: PersonId, _hash: &str) -> Result<(), Error> {
        todo!()
    }
}
