use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::{CellId, Error, PersonId, Tenancy, TenantId};

/// A workspace as the control plane knows it.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub state: TenantState,
    pub cell: CellId,
    /// Number of the last tenant migration; 0 before the tables exist.
    pub schema_version: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum TenantState {
    /// Not all there yet; [`Tenancy::resume_provisioning`] goes on.
    #[sea_orm(string_value = "PROVISIONING")]
    Provisioning,
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// A migration failed. It is served as long as its schema is new enough for this release.
    #[sea_orm(string_value = "QUARANTINED")]
    Quarantined,
}

pub struct NewTenant {
    pub name: String,
    /// Lower-case letters, digits and hyphens; derived from the name when absent.
    pub slug: Option<String>,
    pub owner: PersonId,
    pub owner_name: String,
    pub owner_email: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CreateTenantError {
    #[error("the workspace address {slug:?} is taken")]
    SlugTaken { slug: String },
    #[error("a workspace address has 1 to 63 lower-case letters, digits and inner hyphens")]
    InvalidSlug,
    #[error("a workspace needs a name of 1 to 200 characters")]
    InvalidName,
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Tenancy {
    /// Makes a workspace ready for use: place, role, schema, tables, its owner.
    pub async fn create_tenant(&self, _new: NewTenant) -> Result<Tenant, CreateTenantError> {
        todo!()
    }

    pub async fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        todo!()
    }

    /// Ends what a crash left half made; answers with the number of tenants brought to life.
    pub async fn resume_provisioning(&self) -> Result<usize, Error> {
        todo!()
    }
}
