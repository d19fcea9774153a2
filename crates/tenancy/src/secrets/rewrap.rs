use super::{KeyError, vault::context};
use crate::{Error, Tenancy, TenantDb, error::in_full};

/// What became of wrapping the data keys with the current master key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that another master key had wrapped.
    pub keys: u64,
    /// Secrets of second factors and private keys of tokens that another master key had wrapped, or none.
    pub secrets: u64,
    /// Workspaces, or secrets, that are as they were, and why.
    pub failed: Vec<(String, String)>,
}

impl Tenancy {
    /// Wraps the data keys of all workspaces, and the secrets of the control plane, with the current master key. No value
    /// is touched. It may be done again.
    pub async fn rewrap_data_keys(&self) -> Result<Rewrapped, Error> {
        let mut done = Rewrapped::default();
        if let Err(error) = self.rewrap_second_factors(&mut done).await {
            done.failed.push(("second factors".to_owned(), in_full(&error)));
        }
        if let Err(error) = self.rewrap_signing_keys(&mut done).await {
            done.failed.push(("keys of tokens".to_owned(), in_full(&error)));
        }
        for tenant in self.tenants().await? {
            let Some(scope) = self.system_scope(&tenant.id.to_string()).await? else { continue };
            match rewrap(&self.open(&scope)).await {
                Ok(keys) => done.keys += keys,
                Err(error) => done.failed.push((tenant.slug, in_full(&error))),
            }
        }
        Ok(done)
    }
}

async fn rewrap(db: &TenantDb) -> Result<u64, KeyError> {
    let (vault, schema, tenant) = (db.scope().vault(), db.scope().schema(), db.scope().tenant());
    let master = vault.master()?;
    let tx = db.begin().await?;
    let sql = format!(
        "SELECT id, purpose, wrapped, master_key_id FROM {schema}.data_key WHERE master_key_id <> $1 ORDER BY id FOR NO KEY UPDATE"
    );
    let mut keys = 0;
    for row in tx.query(&sql, &[&master.current()]).await? {
        let (id, purpose, wrapped, by): (i32, String, Vec<u8>, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let context = context(tenant, id, &purpose);
        let wrapped = master.wrap(&master.unwrap(&by, &wrapped, &context).await?, &context).await?;
        let sql = format!("UPDATE {schema}.data_key SET wrapped = $2, master_key_id = $3 WHERE id = $1");
        keys += tx.execute(&sql, &[&id, &wrapped, &master.current()]).await?;
    }
    tx.commit().await?;
    Ok(keys)
}
