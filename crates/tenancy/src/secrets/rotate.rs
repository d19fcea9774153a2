use super::{KeyError, vault::Purpose};
use crate::{TenantConn, TenantDb, TenantTx};

impl TenantDb {
    /// Makes a new data key the current one, and answers its id. Waits for the transactions that seal with the one before;
    /// the values that those and others sealed stay as they are until they are sealed anew.
    pub async fn rotate_data_key(&self) -> Result<i32, KeyError> {
        const TRIES: usize = 5;
        let vault = self.scope().vault();
        vault.master()?;
        let tx = self.begin().await?;
        tx.ensure_data_keys().await?;
        tx.commit().await?;
        let schema = self.scope().schema();
        for _ in 0..TRIES {
            let tx = self.begin().await?;
            // This lock is the one that stops `TenantTx::sealer`.
            let sql =
                format!("SELECT id FROM {schema}.data_key WHERE purpose = 'SEAL' AND superseded_at IS NULL FOR UPDATE");
            let Some(current) = tx.query(&sql, &[]).await?.first().map(|row| row.get::<_, i32>(0)) else {
                // Somebody else rotates, or there is none.
                tx.rollback().await;
                continue;
            };
            let sql = format!("UPDATE {schema}.data_key SET superseded_at = now() WHERE id = $1");
            tx.execute(&sql, &[&current]).await?;
            let id = vault.make(&tx, Purpose::Seal).await?;
            // What the one before signed is still to be verified: it stays, and entries may come that others sign with it.
            let sql = format!(
                "UPDATE {schema}.data_key SET superseded_at = now() WHERE purpose = 'AUDIT' AND superseded_at IS NULL"
            );
            if tx.execute(&sql, &[]).await? > 0 {
                vault.make(&tx, Purpose::Audit).await?;
            }
            tx.commit().await?;
            vault.forget(self.scope().tenant());
            tracing::info!(tenant.id = %self.scope().tenant(), key.id = id, "A new data key is current");
            return Ok(id);
        }
        Err(KeyError::NoDataKey)
    }
}

impl TenantConn {
    /// The keys that nothing is sealed with any more.
    pub async fn superseded_data_keys(&self) -> Result<Vec<i32>, KeyError> {
        let sql = format!(
            "SELECT id FROM {}.data_key WHERE purpose = 'SEAL' AND superseded_at IS NOT NULL ORDER BY id",
            self.scope().schema()
        );
        Ok(self.query(&sql, &[]).await?.iter().map(|row| row.get(0)).collect())
    }
}

impl TenantTx {
    /// Deletes superseded keys for good: no value may need them.
    pub async fn delete_data_keys(&self, ids: &[i32]) -> Result<u64, KeyError> {
        let sql = format!(
            "DELETE FROM {}.data_key WHERE id = ANY($1) AND purpose = 'SEAL' AND superseded_at IS NOT NULL",
            self.scope().schema()
        );
        Ok(self.execute(&sql, &[&ids]).await?)
    }
}
