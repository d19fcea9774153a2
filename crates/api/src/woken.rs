//! Which workspaces a piece of background work is busy with, and which of them want it again.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rapport_tenancy::TenantId;

/// Each workspace that is worked on, and whether it was asked for again meanwhile.
#[derive(Debug, Default)]
pub struct Woken(Mutex<HashMap<TenantId, bool>>);

impl Woken {
    /// Whether the caller has to do the work; whoever does it is told otherwise that it is wanted again.
    pub fn begins(&self, tenant: TenantId) -> bool {
        match self.working().entry(tenant) {
            Entry::Occupied(mut again) => {
                again.insert(true);
                false
            }
            Entry::Vacant(free) => {
                free.insert(false);
                true
            }
        }
    }

    /// The work is done; whether it has to be done again.
    pub fn is_wanted_again(&self, tenant: TenantId) -> bool {
        let mut working = self.working();
        match working.get_mut(&tenant) {
            Some(again) if *again => {
                *again = false;
                true
            }
            _ => {
                working.remove(&tenant);
                false
            }
        }
    }

    /// The work is given up.
    pub fn end(&self, tenant: TenantId) {
        self.working().remove(&tenant);
    }

    /// How many workspaces are worked on.
    pub fn len(&self) -> usize {
        self.working().len()
    }

    fn working(&self) -> MutexGuard<'_, HashMap<TenantId, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
