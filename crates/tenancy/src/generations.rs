use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// Tenants that share a counter cost each other a second reading, no more.
const COUNTERS: usize = 256;

/// Keeps a cache from remembering what was read before a change that it was told to forget.
///
/// Take the generation of a tenant, or of whatever else has an id, before reading; remember with [`keep`](Self::keep),
/// forget with [`end`](Self::end).
pub struct Generations([Mutex<u64>; COUNTERS]);

/// The state of a tenant's data between two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

impl Default for Generations {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Generations {
    pub fn of(&self, tenant: impl Into<Uuid>) -> Generation {
        Generation(*self.counter(tenant.into()))
    }

    /// Remembers what was read in `generation`, unless that has ended.
    pub fn keep(&self, tenant: impl Into<Uuid>, generation: Generation, remember: impl FnOnce()) {
        let current = self.counter(tenant.into());
        if *current == generation.0 {
            remember();
        }
    }

    /// Ends the tenant's generation and forgets what was remembered of it.
    pub fn end(&self, tenant: impl Into<Uuid>, forget: impl FnOnce()) {
        let mut current = self.counter(tenant.into());
        *current += 1;
        forget();
    }

    /// The last digits of a v7 id are random.
    fn counter(&self, id: Uuid) -> MutexGuard<'_, u64> {
        let at = (id.as_u128() % COUNTERS as u128) as usize;
        self.0[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::TenantId;

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let (generations, tenant) = (Generations::default(), TenantId::new());
        let cache = RefCell::new(None);
        let reader = generations.of(tenant);
        generations.end(tenant, || *cache.borrow_mut() = None);
        generations.keep(tenant, reader, || *cache.borrow_mut() = Some("old"));
        assert_eq!(*cache.borrow(), None);

        let reader = generations.of(tenant);
        generations.keep(tenant, reader, || *cache.borrow_mut() = Some("new"));
        assert_eq!(*cache.borrow(), Some("new"));
    }
}
