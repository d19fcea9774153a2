use crate::{Error, PersonId, Role, Tenancy, TenantId, UserId};

/// A person's place in a tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    pub tenant: TenantId,
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    pub role: Role,
    pub user: UserId,
}

impl Tenancy {
    /// In the order of joining; tenants that can be used only.
    pub async fn memberships(&self, _person: PersonId) -> Result<Vec<Membership>, Error> {
        todo!()
    }

    /// Also makes the user's record in the tenant's schema. Asked again, it changes the role.
    pub async fn add_member(&self, _tenant: TenantId, _person: PersonId, _role: Role) -> Result<Membership, Error> {
        todo!()
    }
}
