//! Rotation of a tenant's data key while it is used: values of older keys are sealed anew, a little at a time.
//!
//! It changes no version and enters no event: nothing that a record says is another. Cut off, it is done again from the
//! start and finds what is left. A key goes when no value needs it any more.

use rapport_tenancy::{KeyError, Sealer, SecretPlace, TenantConn, TenantDb, TenantTx};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    catalog::{Catalog, Object, registry},
    record,
    wire::JsonText,
};

const AT_A_TIME: i64 = 500;

/// What became of the values of older keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub values: u64,
    /// Left as they are, and their keys with them.
    pub unreadable: u64,
    /// Keys that are gone for good.
    pub keys_deleted: u64,
}

/// Makes a new data key, and seals all values with it.
#[tracing::instrument(name = "data_key.rotate", skip_all, fields(tenant.id = %db.scope().tenant()))]
pub async fn rotate(db: &TenantDb) -> Result<Resealed, KeyError> {
    db.rotate_data_key().await?;
    reseal(db).await
}

/// Seals all values with the current key, and deletes the keys that this frees.
pub async fn reseal(db: &TenantDb) -> Result<Resealed, KeyError> {
    let (superseded, fields) = {
        let session = db.session().await?;
        // Nothing is sealed with these any more: see `TenantTx::sealer`. What one pass leaves is all there ever will be.
        (session.superseded_data_keys().await?, encrypted(&session).await?)
    };
    let mut done = Resealed::default();
    if superseded.is_empty() {
        return Ok(done);
    }
    for field in &fields {
        field.reseal(db, &mut done).await?;
    }
    let tx = db.begin().await?;
    let mut free = Vec::new();
    for key in superseded {
        if !is_used(&tx, &fields, key).await? {
            free.push(key);
        }
    }
    done.keys_deleted = tx.delete_data_keys(&free).await?;
    tx.commit().await?;
    tracing::info!(
        values = done.values,
        unreadable = done.unreadable,
        keys = done.keys_deleted,
        "Values are sealed anew"
    );
    Ok(done)
}

/// A field whose values are sealed, in the graph or archived.
struct Encrypted {
    object: Object,
    key: String,
}

async fn encrypted(conn: &TenantConn) -> Result<Vec<Encrypted>, KeyError> {
    let registry = registry::Registry::read(conn).await?;
    let base = Catalog::base();
    let rows = registry.fields.iter().filter(|row| row.settings.encrypted && !row.standard);
    let found = rows.filter_map(|row| {
        // A tenant's own object goes before a standard one that a later release brought.
        let own = registry.objects.iter().find(|object| !object.standard && object.name == row.object);
        let object = own
            .map(registry::ObjectRow::object)
            .or_else(|| base.object(&row.object).map(|object| Object::clone(object)))?;
        Some(Encrypted { object, key: row.key.clone() })
    });
    Ok(found.collect())
}

impl Encrypted {
    async fn reseal(&self, db: &TenantDb, done: &mut Resealed) -> Result<(), KeyError> {
        let mut after = Uuid::nil();
        loop {
            let tx = db.begin().await?;
            let sealer = tx.sealer().await?;
            let last = self.reseal_some(&tx, &sealer, after, done).await?;
            tx.commit().await?;
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    /// The last record that was looked at.
    async fn reseal_some(
        &self,
        tx: &TenantTx,
        sealer: &Sealer,
        after: Uuid,
        done: &mut Resealed,
    ) -> Result<Option<Uuid>, KeyError> {
        let schema = tx.scope().schema();
        let sql = format!(
            "SELECT id, custom->$2::text FROM {} AS t WHERE id > $1 AND custom ? $2::text AND custom->$2::text->>'k' IS DISTINCT FROM $3 \
             ORDER BY id LIMIT {AT_A_TIME} FOR NO KEY UPDATE",
            self.object.rows(schema)
        );
        let name = self.object.key();
        let (mut ids, mut values) = (Vec::new(), Vec::new());
        let rows = tx.query(&sql, &[&after, &self.key, &sealer.current().to_string()]).await?;
        for row in &rows {
            let (id, kept): (Uuid, Json) = (row.get(0), row.get(1));
            match anew(sealer, SecretPlace { object: &name, field: &self.key, record: id }, &kept)? {
                Some(value) => {
                    ids.push(id);
                    values.push(JsonText(value.to_string()));
                }
                None => done.unreadable += 1,
            }
        }
        if !ids.is_empty() {
            let sql = format!(
                "UPDATE {schema}.\"{}\" AS t SET custom = jsonb_set(t.custom, ARRAY[$3::text], u.value) \
                 FROM unnest($1::uuid[], $2::jsonb[]) AS u(id, value) WHERE t.id = u.id",
                self.object.table
            );
            done.values += tx.execute(&sql, &[&ids, &values, &self.key]).await?;
        }
        Ok(rows.last().map(|row| row.get(0)))
    }
}

/// The same value under the current key; none for what does not open.
fn anew(sealer: &Sealer, place: SecretPlace<'_>, kept: &Json) -> Result<Option<Json>, KeyError> {
    let Some(before) = record::sealed(kept) else { return Ok(None) };
    let Ok(value) = sealer.ring().open(place, &before) else { return Ok(None) };
    // The blind index stays: its key is another one.
    let after = sealer.seal(place, &value, &before.index)?;
    Ok(serde_json::to_value(after).ok())
}

async fn is_used(tx: &TenantTx, fields: &[Encrypted], key: i32) -> Result<bool, KeyError> {
    for field in fields {
        let rows = field.object.rows(tx.scope().schema());
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {rows} AS t WHERE custom->$1::text->>'k' = $2)");
        let found = tx.query(&sql, &[&field.key, &key.to_string()]).await?;
        if found.first().is_some_and(|row| row.get(0)) {
            return Ok(true);
        }
    }
    Ok(false)
}
