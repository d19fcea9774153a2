use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, TryAcquireError},
    time::timeout,
};
use tokio_postgres::Config;

use super::{DbError, wire::Wire};
use crate::{CellId, TenantId};

/// A cell's few connections, each lent to one handle at a time.
///
/// A tenant starts its search at the same slot every time, so that it meets the connections that know it: those need
/// no change of role and hold its prepared statements.
pub(crate) struct CellPool {
    cell: CellId,
    config: Config,
    limits: Limits,
    /// One permit for each slot that is not busy. Waiters are served in turn.
    free: Semaphore,
    slots: Mutex<Box<[Slot]>>,
    waits: AtomicU64,
    refusals: AtomicU64,
}

/// How much of a cell's pool is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    pub cell: CellId,
    /// At most so many connections.
    pub size: usize,
    pub in_use: usize,
    pub idle: usize,
    /// How often nothing was free at once.
    pub waits: u64,
    /// How often nothing became free in time.
    pub refusals: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub connections: usize,
    pub acquire_timeout: Duration,
    pub statements: usize,
    pub tenants: usize,
}

enum Slot {
    Empty,
    Idle(Box<Wire>),
    Busy,
}

/// A connection that is lent out. Dropped as it is, it closes; see [`Lease::give_back`].
pub(super) struct Lease {
    pub(super) wire: Box<Wire>,
    seat: Seat,
}

/// A slot taken, with or without a connection to put there.
struct Seat {
    pool: Arc<CellPool>,
    slot: usize,
    wire: Option<Box<Wire>>,
}

impl CellPool {
    pub(crate) fn new(cell: CellId, config: Config, limits: Limits) -> Self {
        let size = limits.connections.max(1);
        Self {
            cell,
            config,
            limits,
            free: Semaphore::new(size),
            slots: Mutex::new((0..size).map(|_| Slot::Empty).collect()),
            waits: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    pub(crate) fn usage(&self) -> PoolUse {
        let slots = self.slots();
        let count = |wanted: fn(&Slot) -> bool| slots.iter().filter(|slot| wanted(slot)).count();
        PoolUse {
            cell: self.cell,
            size: slots.len(),
            in_use: count(|slot| matches!(slot, Slot::Busy)),
            idle: count(|slot| matches!(slot, Slot::Idle(_))),
            waits: self.waits.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
        }
    }

    /// A connection for `tenant`; the role is for the caller to see to.
    pub(super) async fn lend(self: &Arc<Self>, tenant: TenantId) -> Result<Lease, DbError> {
        match self.free.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(TryAcquireError::Closed) => return Err(DbError::Lost),
            Err(TryAcquireError::NoPermits) => {
                self.waits.fetch_add(1, Relaxed);
                match timeout(self.limits.acquire_timeout, self.free.acquire()).await {
                    Ok(Ok(permit)) => permit.forget(),
                    Ok(Err(_)) => return Err(DbError::Lost),
                    Err(_) => {
                        self.refusals.fetch_add(1, Relaxed);
                        return Err(DbError::Busy);
                    }
                }
            }
        }
        let mut seat = self.take_seat(tenant);
        let wire = match seat.wire.take() {
            Some(wire) => wire,
            None => self.connect().await?,
        };
        Ok(Lease { wire, seat })
    }

    /// Called with a permit in hand, so a slot is free.
    fn take_seat(self: &Arc<Self>, tenant: TenantId) -> Seat {
        let mut slots = self.slots();
        let size = slots.len();
        let first = tenant.uuid().as_u128() as usize % size;
        let order = || (0..size).map(|step| (first + step) % size);
        let slot = order()
            .find(|&slot| matches!(&slots[slot], Slot::Idle(wire) if wire.role == Some(tenant)))
            .or_else(|| order().find(|&slot| !matches!(slots[slot], Slot::Busy)))
            .expect("a permit stands for a slot that is not busy");
        let wire = match mem::replace(&mut slots[slot], Slot::Busy) {
            Slot::Idle(wire) if !wire.client.is_closed() => Some(wire),
            _ => None,
        };
        Seat { pool: self.clone(), slot, wire }
    }

    async fn connect(&self) -> Result<Box<Wire>, DbError> {
        Wire::connect(&self.config, self.limits.statements).await.inspect_err(|error| {
            tracing::warn!(cell.id = %self.cell, error = error as &dyn std::error::Error, "a cell could not be reached");
        })
    }

    /// A round trip as nobody in particular.
    pub(crate) async fn probe(self: &Arc<Self>) -> Result<(), DbError> {
        let lease = self.lend(self.cell.uuid().into()).await?;
        lease.wire.client.simple_query("SELECT 1").await?;
        lease.give_back();
        Ok(())
    }

    /// Closes connections that nobody used for this long.
    pub(crate) fn close_idle(&self, longer_than: Duration) {
        let now = Instant::now();
        for slot in &mut self.slots()[..] {
            if matches!(slot, Slot::Idle(wire) if now.duration_since(wire.idle_since) >= longer_than) {
                *slot = Slot::Empty;
            }
        }
    }

    fn slots(&self) -> MutexGuard<'_, Box<[Slot]>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Puts the connection back for the next handle. Only for a connection about which nothing is in doubt.
    pub(super) fn give_back(self) {
        let Self { mut wire, mut seat } = self;
        if wire.met.len() <= seat.pool.limits.tenants && !wire.client.is_closed() {
            wire.idle_since = Instant::now();
            seat.wire = Some(wire);
        }
    }

    pub(super) fn cell(&self) -> CellId {
        self.seat.pool.cell
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let left = self.wire.take().map_or(Slot::Empty, Slot::Idle);
        self.pool.slots()[self.slot] = left;
        self.pool.free.add_permits(1);
    }
}
