//! Who may act where, remembered for a few seconds so that no request waits for the control plane.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use sea_orm::{EntityTrait, QueryFilter};

use crate::{
    Actor, Error, Generation, Generations, PersonId, Tenancy, TenantId, TenantScope, UserId,
    control::{cell, membership, tenant},
    scope::{Place, is_served},
};

/// How long another node's change may go unseen.
const TRUSTED_FOR: Duration = Duration::from_secs(10);
const REMEMBERED: usize = 50_000;

pub(crate) struct Scopes {
    known: Cache<(PersonId, TenantId), Known>,
    generations: Generations,
}

#[derive(Clone)]
struct Known {
    since: Instant,
    scope: Option<TenantScope>,
}

impl Default for Scopes {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED), generations: Generations::default() }
    }
}

impl Scopes {
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.generations.end(tenant, || self.known.retain(|(_, of), _| *of != tenant));
    }

    /// No older than [`TRUSTED_FOR`].
    fn get(&self, key: (PersonId, TenantId)) -> Option<Known> {
        self.known.get(&key).filter(|known| known.since.elapsed() < TRUSTED_FOR)
    }

    fn keep(&self, key: (PersonId, TenantId), generation: Generation, known: Known) {
        self.generations.keep(key.1, generation, || self.known.insert(key, known));
    }
}

impl Tenancy {
    /// None when there is no such tenant and when it is not the person's: nobody can tell which. At most 10 seconds old.
    pub async fn scope(&self, person: PersonId, tenant: TenantId) -> Result<Option<TenantScope>, Error> {
        let key = (person, tenant);
        if let Some(known) = self.scopes().get(key) {
            return Ok(known.scope);
        }
        let (generation, since) = (self.scopes().generations.of(tenant), Instant::now());
        let scope = self.look_up(person, tenant).await?;
        self.scopes().keep(key, generation, Known { since, scope: scope.clone() });
        Ok(scope)
    }

    /// Acts as the system, with all rights: for commands of operators and for work that nobody asked for, never for a request.
    pub async fn system_scope(&self, slug_or_id: &str) -> Result<Option<TenantScope>, Error> {
        let named = tenant::named(slug_or_id);
        let found =
            tenant::Entity::find().filter(named).find_also_related(cell::Entity).one(self.control().db()).await?;
        Ok(match found {
            Some((tenant, Some(cell))) if is_served(&tenant) => {
                Some(TenantScope::new(self.place(tenant, &cell), Actor::SYSTEM))
            }
            _ => None,
        })
    }

    /// Acts as the system in a workspace of a person who has not shown to be that person, with the person's user there: for
    /// what is noted of them in its log, and for nothing else.
    pub async fn log_scope(&self, person: PersonId, tenant: TenantId) -> Result<Option<(TenantScope, UserId)>, Error> {
        let scope = self.scope(person, tenant).await?;
        Ok(scope.and_then(|scope| Some((scope.by_nobody(), scope.actor().user_id()?))))
    }

    async fn look_up(&self, person: PersonId, tenant: TenantId) -> Result<Option<TenantScope>, Error> {
        let db = self.control().db();
        let member = membership::Entity::find_by_id((tenant, person)).find_also_related(tenant::Entity).one(db).await?;
        let Some((member, Some(tenant))) = member else { return Ok(None) };
        if !member.opens() || !is_served(&tenant) {
            return Ok(None);
        }
        let Some(cell) = cell::Entity::find_by_id(tenant.cell_id).one(db).await? else { return Ok(None) };
        let place = self.place(tenant, &cell);
        Ok(Some(TenantScope::new(place, Actor::user(member.user_id))))
    }

    pub(crate) fn place(&self, tenant: tenant::Model, cell: &cell::Model) -> Arc<Place> {
        Arc::new(Place::new(tenant.id, tenant.slug, self.pool(cell), self.vault().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_that_changed_while_it_was_looked_up_is_not_remembered() {
        let (scopes, key) = (Scopes::default(), (PersonId::new(), TenantId::new()));
        let known = || Known { since: Instant::now(), scope: None };

        let generation = scopes.generations.of(key.1);
        scopes.forget(key.1);
        scopes.keep(key, generation, known());
        assert!(scopes.get(key).is_none());

        scopes.keep(key, scopes.generations.of(key.1), known());
        assert!(scopes.get(key).is_some());
    }
}
