use rapport_tenancy::{BuiltInRole, DbError, Subject, TenantConn};

use super::{Rights, RoleRights, beyond, load, role::Role, together};
use crate::{
    catalog::Catalog,
    record::{UserError, code},
};

/// A caller who gives rights to others, or changes others who have rights. Their own rights are the limit.
pub(crate) struct Giver {
    pub rights: Rights,
    /// The same rights, role by role.
    own: Vec<RoleRights>,
    is_owner: bool,
}

impl Giver {
    /// The subject of the scope of `conn`.
    pub async fn of(conn: &TenantConn) -> Result<Self, DbError> {
        let rights = load::load(conn).await?.rights;
        let actor = conn.scope().actor();
        let roles = match actor.subject.id() {
            Some(subject) => load::roles_of(conn, subject).await?,
            None => vec![(BuiltInRole::Owner.id(), RoleRights::of(BuiltInRole::Owner))],
        };
        let is_owner = match actor.subject {
            Subject::User(_) => roles.iter().any(|(id, _)| *id == BuiltInRole::Owner.id()),
            Subject::ApiKey(_) => false,
            Subject::System => true,
        };
        let own = roles.into_iter().map(|(_, rights)| rights.within(actor.scopes)).collect();
        Ok(Self { rights, own, is_owner })
    }

    /// Refuses rights that the caller does not have.
    pub fn within_own(&self, catalog: &Catalog, rights: &RoleRights) -> Result<(), UserError> {
        match self.beyond(catalog, rights) {
            None => Ok(()),
            Some(beyond) => Err(refusal(&beyond)),
        }
    }

    /// The same for an existing role. Only owners hand on the role of owners.
    pub fn may_hand_on(&self, catalog: &Catalog, role: &Role) -> Result<(), UserError> {
        if role.is_of_owners() && !self.is_owner {
            return Err(UserError::new(code::BEYOND_YOURS, "Only owners give and take the role of owners."));
        }
        self.within_own(catalog, &role.rights)
            .map_err(|error| UserError { message: format!("{}: {}", role.name, error.message), ..error })
    }

    /// The same for what roles allow together, in one hand, that they did not allow before.
    pub fn may_combine(&self, catalog: &Catalog, before: &[Role], after: &[Role]) -> Result<(), UserError> {
        let [before, after] =
            [before, after].map(|roles| Rights::of_roles(roles.iter().map(|role| role.rights.clone())));
        let beyond = together::first(catalog, &self.rights, &before, &after).filter(|_| !self.is_owner);
        beyond.map_or(Ok(()), |beyond| Err(refusal(&format!("{beyond}, by these roles together"))))
    }

    /// Refuses to lock out, or let in, a user who has these roles.
    pub fn may_admit(&self, catalog: &Catalog, roles: &[Role]) -> Result<(), UserError> {
        if !self.is_owner && roles.iter().any(Role::is_of_owners) {
            let message = "They are an owner of the workspace: only another owner can do that.";
            return Err(UserError::new(code::BEYOND_YOURS, message));
        }
        self.may_edit(catalog, roles)
    }

    /// Refuses to change the record of a user who has these roles.
    pub fn may_edit(&self, catalog: &Catalog, roles: &[Role]) -> Result<(), UserError> {
        let Some(beyond) = roles.iter().find_map(|role| self.beyond(catalog, &role.rights)) else { return Ok(()) };
        let message = format!("They may do more than you: {beyond}. Ask somebody who has that right.");
        Err(UserError::new(code::BEYOND_YOURS, message))
    }

    fn beyond(&self, catalog: &Catalog, rights: &RoleRights) -> Option<String> {
        if self.is_owner { None } else { beyond::first(catalog, &self.rights, &self.own, rights) }
    }
}

fn refusal(beyond: &str) -> UserError {
    UserError::new(
        code::BEYOND_YOURS,
        format!("It goes beyond what you may do yourself: {beyond}. Ask somebody who has that right."),
    )
}
