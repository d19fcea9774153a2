//! Locks on values rather than rows: writers of the same unique value, or of the same key of an upsert, take turns.

use std::collections::BTreeSet;

use rapport_tenancy::TenantTx;
use sha2::{Digest, Sha256};

use super::{Error, value::Stored};
use crate::catalog::{Field, Object};

/// A transaction holds at most this many of a field's locks, whatever the size of its batch: the server's lock
/// table is shared by all tenants.
const BUCKETS: u64 = 64;

/// Every lock that a write needs, so that they can be taken in one order.
#[derive(Default)]
pub(super) struct Locks(BTreeSet<i64>);

impl Locks {
    pub fn want<'a>(&mut self, tx: &TenantTx, object: &Object, key: impl IntoIterator<Item = (&'a Field, &'a Stored)>) {
        let (mut place, mut value) = (Sha256::new(), Sha256::new());
        place.update(tx.scope().tenant().uuid());
        place.update(&*object.name);
        for (field, stored) in key {
            place.update([0]);
            place.update(&*field.name);
            value.update([0]);
            value.update(stored.to_custom().to_string());
        }
        let bucket = first_bytes(value) % BUCKETS;
        #[expect(clippy::cast_possible_wrap, reason = "a lock's number may be negative")]
        self.0.insert((first_bytes(place) / BUCKETS * BUCKETS + bucket) as i64);
    }

    /// Writers of a field that looks at all records of the object take turns, whatever they write.
    pub fn want_field(&mut self, tx: &TenantTx, object: &Object, field: &Field) {
        self.want(tx, object, [(field, &Stored::Boolean(true))]);
    }

    /// Waits for all of them; they are held until the transaction ends.
    pub async fn take(self, tx: &TenantTx) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = self.0.into_iter().collect();
        tx.query("SELECT pg_advisory_xact_lock(n)::text FROM unnest($1::bigint[]) AS n", &[&numbers]).await?;
        Ok(())
    }
}

fn first_bytes(hash: Sha256) -> u64 {
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
