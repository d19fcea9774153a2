//! A workspace: what the control plane knows of it, and how one is made.

mod slug;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, DatabaseTransaction, DeriveActiveEnum, EntityTrait, EnumIter, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use crate::{
    BuiltInRole, CellId, Error, PersonId, Proved, Tenancy, TenantId, UserId, cell,
    control::{membership, tenant},
    provision::{Step, provision},
};

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
    /// Not all there yet; [`Tenancy::resume_unfinished`] goes on.
    #[sea_orm(string_value = "PROVISIONING")]
    Provisioning,
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// A migration failed. It is served as long as its schema is new enough for this release.
    #[sea_orm(string_value = "QUARANTINED")]
    Quarantined,
    /// Not all gone yet; [`Tenancy::resume_unfinished`] goes on.
    #[sea_orm(string_value = "DELETING")]
    Deleting,
}

impl TenantState {
    /// All of it is there.
    pub(crate) const LIVE: [Self; 2] = [Self::Active, Self::Quarantined];

    pub(crate) fn is_live(self) -> bool {
        Self::LIVE.contains(&self)
    }
}

pub struct NewTenant {
    pub name: String,
    /// Lower-case letters, digits and hyphens; derived from the name when absent.
    pub slug: Option<String>,
    pub owner: PersonId,
    /// By what the owner asks; None where somebody else vouches for them.
    pub by: Option<Proved>,
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
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let id = place(self, &new).await?;
        self.complete_tenant(id).await
    }

    /// The same for somebody who may have asked before: goes on with a workspace of this owner and name that is half made.
    pub async fn create_or_resume_tenant(&self, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let id = match half_made(self, &new).await? {
            Some(id) => id,
            None => place(self, &new).await?,
        };
        self.complete_tenant(id).await
    }

    async fn complete_tenant(&self, id: TenantId) -> Result<Tenant, CreateTenantError> {
        provision(self, id, Step::Active).await?;
        let made = tenant::Entity::find_by_id(id).one(self.control().db()).await.map_err(Error::from)?;
        Ok(made.map(Tenant::from).ok_or(Error::NoSuchTenant { tenant: id })?)
    }

    /// As a crash after `step` leaves it.
    #[cfg(feature = "testing")]
    pub async fn create_tenant_until(&self, new: NewTenant, step: Step) -> Result<TenantId, CreateTenantError> {
        let id = place(self, &new).await?;
        provision(self, id, step).await?;
        Ok(id)
    }

    /// By their address.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        let rows = tenant::Entity::find().order_by_asc(tenant::Column::Slug).all(self.control().db()).await?;
        Ok(rows.into_iter().map(Tenant::from).collect())
    }

    /// By its address or id, whatever state it is in.
    pub async fn tenant(&self, slug_or_id: &str) -> Result<Option<Tenant>, Error> {
        let found = tenant::Entity::find().filter(tenant::named(slug_or_id)).one(self.control().db()).await?;
        Ok(found.map(Tenant::from))
    }
}

async fn half_made(tenancy: &Tenancy, new: &NewTenant) -> Result<Option<TenantId>, Error> {
    let mut wanted = Condition::all()
        .add(membership::Column::PersonId.eq(new.owner))
        .add(tenant::Column::State.eq(TenantState::Provisioning))
        .add(tenant::Column::Name.eq(new.name.trim()));
    if let Some(slug) = &new.slug {
        wanted = wanted.add(tenant::Column::Slug.eq(slug));
    }
    let found = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(wanted)
        .order_by_asc(tenant::Column::CreatedAt)
        .one(tenancy.control().db())
        .await?;
    Ok(found.map(|(member, _)| member.tenant_id))
}

/// Takes the address, a place in a cell and the owner's membership, all or none.
async fn place(tenancy: &Tenancy, new: &NewTenant) -> Result<TenantId, CreateTenantError> {
    let name = new.name.trim();
    if !(1..=200).contains(&name.chars().count()) {
        return Err(CreateTenantError::InvalidName);
    }
    if new.slug.as_deref().is_some_and(|slug| !slug::is_slug(slug)) {
        return Err(CreateTenantError::InvalidSlug);
    }
    let tx = tenancy.control().begin().await.map_err(Error::from)?;
    if let Some(by) = new.by {
        by.hold(&tx).await?;
    }
    let cell = cell::reserve(&tx, tenancy.settings().tenants_per_cell).await.map_err(Error::from)?;
    let id = TenantId::new();
    let wanted = new.slug.clone().unwrap_or_else(|| slug::from_name(name));
    let attempts = if new.slug.is_some() { 1 } else { DERIVED_SLUGS };
    if !take_slug(&tx, id, &wanted, attempts, name, cell.id).await? {
        return Err(CreateTenantError::SlugTaken { slug: wanted });
    }
    let owner = membership::ActiveModel {
        tenant_id: Set(id),
        person_id: Set(new.owner),
        user_id: Set(UserId::new()),
        starts_with: Set(serde_json::json!([BuiltInRole::Owner.id()])),
        team_id: NotSet,
        ready_at: NotSet,
        deactivated_at: NotSet,
        last_sign_in_at: NotSet,
        created_at: NotSet,
    };
    membership::Entity::insert(owner).exec_without_returning(&tx).await.map_err(Error::from)?;
    tx.commit().await.map_err(Error::from)?;
    Ok(id)
}

/// How often a number is added to an address derived from the name.
const DERIVED_SLUGS: u32 = 1_000;

async fn take_slug(
    tx: &DatabaseTransaction,
    id: TenantId,
    wanted: &str,
    attempts: u32,
    name: &str,
    cell: CellId,
) -> Result<bool, Error> {
    for attempt in 1..=attempts {
        let row = tenant::ActiveModel {
            id: Set(id),
            slug: Set(slug::numbered(wanted, attempt)),
            name: Set(name.to_owned()),
            cell_id: Set(cell),
            state: Set(TenantState::Provisioning),
            reason: NotSet,
            schema_version: NotSet,
            created_at: NotSet,
            activated_at: NotSet,
        };
        let taken = tenant::Entity::insert(row)
            .on_conflict(OnConflict::column(tenant::Column::Slug).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        if taken == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

impl From<tenant::Model> for Tenant {
    fn from(row: tenant::Model) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            state: row.state,
            cell: row.cell_id,
            schema_version: row.schema_version,
        }
    }
}
