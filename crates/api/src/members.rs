//! Members, shut out and let in.
//!
//! The tenant's schema and the control plane both have a say, and no transaction holds both. Who is shut out loses their
//! rights first and their sessions next; who is let in gets them back last. Cut off in between, or at odds with each other,
//! the two keep out whom either keeps out, and the same asked again ends what was begun.

use rapport_domain::{
    member::{self, Going, Profile},
    record::{self, Origin, UserError, code},
    rights::{HeldRole, held_by},
};
use rapport_tenancy::{DbError, Ended, Member, Tenancy, TenantDb, UserId};
use uuid::Uuid;

/// The members of one workspace, as far as the scope of `db` may administer them.
#[derive(Clone, Copy)]
pub struct Members<'a> {
    pub tenancy: &'a Tenancy,
    pub db: &'a TenantDb,
    pub origin: &'a Origin,
}

/// A member with what the workspace knows of them.
#[derive(Debug, Clone)]
pub struct Known {
    pub member: Member,
    pub profile: Option<Profile>,
    pub roles: Vec<HeldRole>,
    pub is_active: bool,
}

/// Done, or why not.
pub type Outcome<T> = Result<Result<T, UserError>, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the control plane failed")]
    Control(#[from] rapport_tenancy::Error),
    #[error("members could not be read")]
    Database(#[from] DbError),
    #[error("a member could not be changed")]
    Record(#[from] record::Error),
}

impl Members<'_> {
    pub async fn list(&self) -> Result<Vec<Known>, Error> {
        let members = self.tenancy.members(self.db.scope().tenant()).await?;
        self.known(members).await
    }

    pub async fn find(&self, user: UserId) -> Result<Option<Known>, Error> {
        let member = self.tenancy.member(self.db.scope().tenant(), user).await?;
        Ok(self.known(member.into_iter().collect()).await?.pop())
    }

    /// Answers the sessions that ended with it, which nodes are to be told of.
    pub async fn shut_out(&self, user: UserId, going: Going) -> Outcome<Vec<Ended>> {
        let tenant = self.db.scope().tenant();
        let found = self.tenancy.member(tenant, user).await?;
        let tx = self.db.begin().await?;
        // Whoever may not do it learns nothing of who is a member.
        let refused = member::shut_out(&tx, user, going, self.origin).await?;
        let person = match (refused, found) {
            (None, Some(member)) => member.person,
            (refused, _) => {
                tx.rollback().await;
                return Ok(Err(refused.unwrap_or_else(no_such_member)));
            }
        };
        tx.commit().await?;
        Ok(Ok(match going {
            Going::Deactivated => self.tenancy.deactivate_membership(tenant, person).await?,
            Going::Removed | Going::Left => self.tenancy.remove_membership(tenant, person).await?,
        }))
    }

    pub async fn let_in(&self, user: UserId) -> Outcome<()> {
        let tenant = self.db.scope().tenant();
        let found = self.tenancy.member(tenant, user).await?;
        let tx = self.db.begin().await?;
        let person = match (member::let_in(&tx, user, self.origin).await?, found) {
            (None, Some(member)) => member.person,
            (refused, _) => {
                tx.rollback().await;
                return Ok(Err(refused.unwrap_or_else(no_such_member)));
            }
        };
        tx.commit().await?;
        // Cut off before this, they stay shut out, and are let in when they are let in again.
        self.tenancy.reactivate_membership(tenant, person).await?;
        Ok(Ok(()))
    }

    async fn known(&self, members: Vec<Member>) -> Result<Vec<Known>, Error> {
        let ids: Vec<Uuid> = members.iter().map(|member| member.user.uuid()).collect();
        let conn = self.db.session().await?;
        let mut profiles = member::profiles(&conn, &ids).await?;
        let mut roles = held_by(&conn, &ids).await?;
        let known = |member: Member| {
            let id = member.user.uuid();
            let profile = profiles.remove(&id);
            Known {
                is_active: member.deactivated_at.is_none() && profile.as_ref().is_none_or(|profile| profile.active),
                profile,
                roles: roles.remove(&id).unwrap_or_default(),
                member,
            }
        };
        Ok(members.into_iter().map(known).collect())
    }
}

fn no_such_member() -> UserError {
    UserError::new(code::NOT_FOUND, "There is no member with this id.").under("userId")
}
