//! What deleted fields and objects left behind is taken out of the tables, a little at a time.

use std::collections::HashSet;

use rapport_tenancy::{DbError, TenantConn, TenantDb, TenantTx};
use uuid::Uuid;

use crate::catalog::{Catalog, Object};

use super::{FieldRow, Registry, State};

const AT_A_TIME: i64 = 2_000;

/// Whether anything is left to sweep out.
pub async fn has_leftovers(conn: &TenantConn) -> Result<bool, DbError> {
    let schema = conn.scope().schema();
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {schema}.metadata_field WHERE deleted_at IS NOT NULL AND swept_at IS NULL)"
    );
    Ok(conn.query(&sql, &[]).await?.first().is_some_and(|row| row.get(0)))
}

/// Takes out the values of deleted fields and the records of deleted objects. It can be cut off at any point and done again.
pub async fn sweep(db: &TenantDb) -> Result<(), DbError> {
    let (registry, left) = {
        let session = db.session().await?;
        (Registry::read_whole(&session).await?, left(&session).await?)
    };
    let catalog = Catalog::with(&registry);
    for object in registry.objects.iter().filter(|row| row.state == State::Deleted) {
        take_out_records(db, &object.key).await?;
    }
    for field in registry.fields.iter().filter(|row| left.contains(&row.id) && !row.standard) {
        // Of an object that is gone, the records went as a whole.
        if let Some(object) = registry.standing_object(&catalog, &field.object) {
            take_out_values(db, &object, field).await?;
        }
        mark(db, field.id).await?;
    }
    Ok(())
}

/// The deleted fields that are not swept out. Others only hold a key, which may be that of a field on its way to another type.
async fn left(conn: &TenantConn) -> Result<HashSet<Uuid>, DbError> {
    let sql = format!(
        "SELECT id FROM {}.metadata_field WHERE deleted_at IS NOT NULL AND swept_at IS NULL",
        conn.scope().schema()
    );
    Ok(conn.query(&sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

async fn take_out_values(db: &TenantDb, object: &Object, field: &FieldRow) -> Result<(), DbError> {
    let mut after = Uuid::nil();
    loop {
        let tx = db.begin().await?;
        let last = take_out(&tx, object, &field.key, after).await?;
        tx.commit().await?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// Takes a key out of a page of records beyond `after`. Answers the last of them, `None` at the end.
pub(super) async fn take_out(tx: &TenantTx, object: &Object, key: &str, after: Uuid) -> Result<Option<Uuid>, DbError> {
    let schema = tx.scope().schema();
    let sql = format!(
        "WITH page AS (SELECT id FROM {} AS t WHERE id > $1 AND custom ? $2 ORDER BY id LIMIT {AT_A_TIME} FOR NO KEY UPDATE), \
         done AS (UPDATE {schema}.\"{}\" AS t SET custom = t.custom - $2 FROM page WHERE t.id = page.id) \
         SELECT id FROM page ORDER BY id DESC LIMIT 1",
        object.rows(schema),
        object.table
    );
    Ok(tx.query(&sql, &[&after, &key]).await?.first().map(|row| row.get(0)))
}

async fn take_out_records(db: &TenantDb, key: &str) -> Result<(), DbError> {
    loop {
        let tx = db.begin().await?;
        let sql = format!(
            "DELETE FROM {schema}.custom_record WHERE id IN (SELECT id FROM {schema}.custom_record WHERE object = $1 LIMIT {AT_A_TIME})",
            schema = tx.scope().schema()
        );
        let gone = tx.execute(&sql, &[&key]).await?;
        tx.commit().await?;
        if gone == 0 {
            return Ok(());
        }
    }
}

async fn mark(db: &TenantDb, field: Uuid) -> Result<(), DbError> {
    let tx = db.begin().await?;
    let sql = format!("UPDATE {}.metadata_field SET swept_at = now() WHERE id = $1", tx.scope().schema());
    tx.execute(&sql, &[&field]).await?;
    // What did not convert once is a value of the field as well.
    let sql = format!(
        "DELETE FROM {schema}.metadata_conversion_failure WHERE conversion IN (SELECT id FROM {schema}.metadata_conversion WHERE field = $1)",
        schema = tx.scope().schema()
    );
    tx.execute(&sql, &[&field]).await?;
    tx.commit().await
}
