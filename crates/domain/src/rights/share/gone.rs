//! Shares that end with their record or with who had them.

use rapport_tenancy::{DbError, TenantTx};
use serde_json::Map;
use uuid::Uuid;

use super::{Access, Grantee, logged};
use crate::{
    catalog::{Catalog, Object, registry::Registry},
    event::{self, Event},
    record::{Origin, now},
};

/// Shares of records that are gone for good go with them.
pub(crate) async fn remove(tx: &TenantTx, object: &Object, records: &[Uuid]) -> Result<(), DbError> {
    let schema = tx.scope().schema();
    // Asked first: a deletion has every node look at the rights anew, also where it deletes nothing.
    let gone = "(object = $1 AND record_id = ANY($2)) OR ($1 IN ('users', 'team') AND grantee = ANY($2))";
    let sql = format!("SELECT FROM {schema}.record_share WHERE {gone} LIMIT 1");
    let key = object.key();
    if !tx.query(&sql, &[&&*key, &records]).await?.is_empty() {
        tx.execute(&format!("DELETE FROM {schema}.record_share WHERE {gone}"), &[&&*key, &records]).await?;
    }
    Ok(())
}

/// Nobody is there any more to share with.
pub(crate) async fn end_all(tx: &TenantTx, with: Grantee, origin: &Origin) -> Result<(), DbError> {
    let sql = format!(
        "DELETE FROM {}.record_share WHERE is_team = $1 AND grantee = $2 RETURNING object, record_id, access",
        tx.scope().schema()
    );
    let gone = tx.query(&sql, &[&with.is_team(), &with.id()]).await?;
    if gone.is_empty() {
        return Ok(());
    }
    let catalog = Catalog::with(&Registry::read(tx).await?);
    let events: Vec<Event> = gone
        .iter()
        .filter_map(|row| {
            let (key, record, access): (&str, Uuid, &str) = (row.get(0), row.get(1), row.get(2));
            let object = catalog.objects().iter().find(|object| *object.key() == *key)?;
            let event = Event { record: Some(record), ..Event::about(object, "unshared") };
            Some(event.between(logged(with, Access::parse(access)), Map::new()))
        })
        .collect();
    event::enter(tx, now(), origin, &events).await
}
