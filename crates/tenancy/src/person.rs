use std::fmt;

use chrono::Utc;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, SqlErr,
    sea_query::Expr,
};

use crate::{Error, PersonId, Post, Tenancy, control::person, link};

/// A human being who can sign in.
#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    /// None for someone who has yet to choose a password.
    pub password_hash: Option<String>,
    /// Whether a mail to the address was answered.
    pub email_verified: bool,
    pub(crate) password_version: i32,
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
        self.create_person_and_post(new, &Post::default()).await
    }

    /// The same, and hands out links and mails to them.
    pub async fn create_person_and_post(&self, new: NewPerson, post: &Post) -> Result<Person, CreatePersonError> {
        let tx = self.control().begin().await.map_err(Error::from)?;
        match insert(&tx, new).await {
            Ok(made) => {
                link::write(&tx, made.id, post).await.map_err(Error::from)?;
                tx.commit().await.map_err(Error::from)?;
                Ok(made.into())
            }
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                Err(CreatePersonError::EmailTaken)
            }
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// For people whose address somebody vouches for: the demo's, those that an operator names.
    pub async fn vouch_for_email(&self, id: PersonId) -> Result<(), Error> {
        person::Entity::update_many()
            .col_expr(person::Column::EmailVerifiedAt, Expr::current_timestamp())
            .filter(person::Column::Id.eq(id))
            .filter(person::Column::EmailVerifiedAt.is_null())
            .exec(self.control().db())
            .await?;
        Ok(())
    }

    /// Another hash of the same password. False where `old` is not its hash any more.
    pub async fn renew_password_hash(&self, id: PersonId, old: &str, new: &str) -> Result<bool, Error> {
        let renewed = person::Entity::update_many()
            .col_expr(person::Column::PasswordHash, Expr::value(new))
            .filter(person::Column::Id.eq(id))
            .filter(person::Column::PasswordHash.eq(old))
            .exec(self.control().db())
            .await?;
        Ok(renewed.rows_affected > 0)
    }
}

/// In whatever transaction it is part of.
pub(crate) async fn insert(db: &impl ConnectionTrait, new: NewPerson) -> Result<person::Model, DbErr> {
    let now = Utc::now();
    let row = person::ActiveModel {
        id: Set(PersonId::new()),
        email: Set(new.email),
        name: Set(new.name),
        password_hash: Set(new.password_hash),
        password_version: NotSet,
        email_verified_at: NotSet,
        created_at: Set(now),
        updated_at: Set(now),
    };
    person::Entity::insert(row).exec_with_returning(db).await
}

impl From<person::Model> for Person {
    fn from(row: person::Model) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            password_hash: row.password_hash,
            email_verified: row.email_verified_at.is_some(),
            password_version: row.password_version,
        }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}
