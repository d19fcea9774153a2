use std::fmt;

use chrono::Utc;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, SqlErr, sea_query::Expr};

use crate::{Error, PersonId, Tenancy, control::person};

/// A human being who can sign in.
#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    /// None for someone who has yet to choose a password.
    pub password_hash: Option<String>,
}

pub struct NewPerson {
    pub email: String,
    pub name: String,
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
    pub async fn person_by_email(&self, email: &str) -> Result<Option<Person>, Error> {
        let found = person::Entity::find()
            .filter(Expr::cust_with_values("lower(email) = lower($1)", [email]))
            .one(self.control().db())
            .await?;
        Ok(found.map(Person::from))
    }

    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, Error> {
        Ok(person::Entity::find_by_id(id).one(self.control().db()).await?.map(Person::from))
    }

    pub async fn create_person(&self, new: NewPerson) -> Result<Person, CreatePersonError> {
        let now = Utc::now();
        let row = person::ActiveModel {
            id: Set(PersonId::new()),
            email: Set(new.email),
            name: Set(new.name),
            password_hash: Set(new.password_hash),
            created_at: Set(now),
            updated_at: Set(now),
        };
        match person::Entity::insert(row).exec_with_returning(self.control().db()).await {
            Ok(made) => Ok(made.into()),
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                Err(CreatePersonError::EmailTaken)
            }
            Err(error) => Err(Error::from(error).into()),
        }
    }

    pub async fn set_password_hash(&self, id: PersonId, hash: &str) -> Result<(), Error> {
        person::Entity::update_many()
            .col_expr(person::Column::PasswordHash, Expr::value(hash))
            .col_expr(person::Column::UpdatedAt, Expr::value(Utc::now()))
            .filter(person::Column::Id.eq(id))
            .exec(self.control().db())
            .await?;
        Ok(())
    }
}

impl From<person::Model> for Person {
    fn from(row: person::Model) -> Self {
        Self { id: row.id, email: row.email, name: row.name, password_hash: row.password_hash }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}
