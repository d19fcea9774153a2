//! What crashes left half made or half deleted is ended, by one node at a time.

use std::time::Duration;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    Error, Tenancy, TenantFailure, TenantId, TenantState,
    control::{Lock, membership, tenant},
    delete::{DeleteStep, delete},
    error::in_full,
    provision::{Step, admit_members, provision},
};

/// What was ended now, and what could not be.
#[derive(Clone, Debug, Default)]
pub struct Resumed {
    /// Tenants brought to life or to their end, and members admitted.
    pub done: usize,
    pub failed: Vec<TenantFailure>,
}

impl Tenancy {
    /// Ends all that is unfinished; waits while another node does. What fails again stays for the next call.
    pub async fn resume_unfinished(&self) -> Result<Resumed, Error> {
        let turn = self.control().begin().await?;
        Lock::Unfinished.take(&turn).await?;
        let resumed = resume(self, Duration::ZERO).await?;
        turn.commit().await?;
        Ok(resumed)
    }

    /// The same for what is at least so old: younger work is most likely somebody's who is at it. `None` while another
    /// node has taken it on.
    pub async fn resume_unfinished_since(&self, age: Duration) -> Result<Option<Resumed>, Error> {
        let turn = self.control().begin().await?;
        if !Lock::Unfinished.try_take(&turn).await? {
            turn.rollback().await?;
            return Ok(None);
        }
        let resumed = resume(self, age).await?;
        turn.commit().await?;
        Ok(Some(resumed))
    }
}

/// One that fails does not keep the others waiting.
async fn resume(tenancy: &Tenancy, age: Duration) -> Result<Resumed, Error> {
    let before = chrono::Utc::now() - age;
    let mut resumed = Resumed::default();
    for tenant in in_state(tenancy, TenantState::Deleting).await? {
        resumed.add(&tenant, delete(tenancy, tenant.id, DeleteStep::Gone).await.map(|()| 1));
    }
    for tenant in in_state(tenancy, TenantState::Provisioning).await?.iter().filter(|it| it.created_at <= before) {
        resumed.add(tenant, provision(tenancy, tenant.id, Step::Active).await.map(|()| 1));
    }
    for (tenant, since) in with_unready_members(tenancy).await? {
        if since <= before {
            resumed.add(&tenant, admit_members(tenancy, tenant.id).await);
        }
    }
    Ok(resumed)
}

impl Resumed {
    fn add(&mut self, tenant: &tenant::Model, outcome: Result<usize, Error>) {
        match outcome {
            Ok(done) => self.done += done,
            Err(error) => {
                tracing::error!(tenant.id = %tenant.id, error = &error as &dyn std::error::Error, "A tenant is still unfinished");
                self.failed.push(TenantFailure::of(tenant, in_full(&error)));
            }
        }
    }
}

pub(crate) async fn in_state(tenancy: &Tenancy, state: TenantState) -> Result<Vec<tenant::Model>, DbErr> {
    tenant::Entity::find().filter(tenant::Column::State.eq(state)).all(tenancy.control().db()).await
}

/// Live tenants with members that have no user record, and since when the first of them waits.
pub(crate) async fn with_unready_members(
    tenancy: &Tenancy,
) -> Result<Vec<(tenant::Model, chrono::DateTime<chrono::Utc>)>, DbErr> {
    let rows = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(membership::Column::ReadyAt.is_null())
        .filter(tenant::Column::State.is_in(TenantState::LIVE))
        .all(tenancy.control().db())
        .await?;
    let mut tenants: Vec<_> =
        rows.into_iter().filter_map(|(member, tenant)| tenant.map(|tenant| (tenant, member.created_at))).collect();
    tenants.sort_by_key(|(tenant, since)| (tenant.id, *since));
    tenants.dedup_by_key(|(tenant, _)| tenant.id);
    Ok(tenants)
}

/// Whether it is neither on its way out nor gone. Asked with its lock in hand, so that nothing is made for a tenant
/// whose deletion drops it.
pub(crate) async fn is_wanted(tenancy: &Tenancy, id: TenantId) -> Result<bool, DbErr> {
    let found = tenant::Entity::find_by_id(id).one(tenancy.control().db()).await?;
    Ok(found.is_some_and(|tenant| tenant.state != TenantState::Deleting))
}
