use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    Catalog, Field, IndexState, Object, Storage, index,
    registry::{Clash, Registry, set_index_state},
};
use crate::plan::comparable;

const TELL_EVERY: Duration = Duration::from_millis(500);
/// Of values that clash, and of the records that have each.
const MOST_CLASHES: usize = 20;
const MOST_RECORDS: usize = 10;
use rapport_tenancy::{Built, DbError, Index, Indexes, Tenancy, TenantDb, ToSql};

/// Brings the indexes of a tenant's tables to what its custom fields want. Any node may do it, at any time: it looks at
/// what is there, so whatever was cut off is finished or taken away by whoever comes next.
pub struct Indexer<'a> {
    pub tenancy: &'a Tenancy,
    pub db: &'a TenantDb,
}

/// Why the indexes are not as they should be.
#[derive(Debug, thiserror::Error)]
pub enum IndexerError {
    #[error("an index could not be built or dropped")]
    Tenancy(#[from] rapport_tenancy::Error),
    #[error("the registry could not be read or written")]
    Database(#[from] DbError),
}

/// What a field wants, and where it is on its way.
struct Wanted {
    object: Arc<Object>,
    field: Arc<Field>,
    key: Arc<str>,
    state: IndexState,
    index: Index,
}

impl Indexer<'_> {
    /// False while another worker is at it.
    #[tracing::instrument(name = "indexes.settle", skip_all, fields(tenant.id = %self.db.scope().tenant()))]
    pub async fn settle(&self) -> Result<bool, IndexerError> {
        let Some(indexes) = self.tenancy.indexes(self.db.scope()).await? else { return Ok(false) };
        let settled = self.settle_held(&indexes).await;
        indexes.release().await?;
        settled.map(|()| true)
    }

    async fn settle_held(&self, indexes: &Indexes) -> Result<(), IndexerError> {
        let wanted = self.wanted().await?;
        let mut present = indexes.present(index::PREFIX).await?;
        for (name, _) in present.extract_if(.., |(name, whole)| !*whole || !wanted.contains_key(name)) {
            indexes.drop(&name).await?;
        }
        for (name, wanted) in wanted {
            let is_there = present.iter().any(|(known, _)| *known == name);
            self.bring(indexes, &wanted, is_there).await?;
        }
        Ok(())
    }

    async fn wanted(&self) -> Result<HashMap<String, Wanted>, DbError> {
        let catalog = Catalog::with(&Registry::read(&*self.db.session().await?).await?);
        let fields =
            catalog.objects().iter().flat_map(|object| object.fields().iter().map(move |field| (object, field)));
        let wanted = fields.filter_map(|(object, field)| {
            let index = index::wanted(object, field)?;
            let Storage::Custom(key) = &field.storage else { return None };
            let (object, field, key) = (object.clone(), field.clone(), key.clone());
            Some((index.name.clone(), Wanted { object, state: field.index, field, key, index }))
        });
        Ok(wanted.collect())
    }

    async fn bring(&self, indexes: &Indexes, wanted: &Wanted, is_there: bool) -> Result<(), IndexerError> {
        if is_there {
            if wanted.state != IndexState::Ready {
                self.set(wanted, IndexState::Ready, None).await?;
            }
            return Ok(());
        }
        if wanted.state == IndexState::Failed {
            return Ok(());
        }
        self.set(wanted, IndexState::Building, None).await?;
        match self.build(indexes, wanted).await? {
            Built::Whole => self.set(wanted, IndexState::Ready, None).await?,
            Built::Violated => {
                self.tell_clashes(wanted).await?;
                self.set(wanted, IndexState::Failed, Some("Several records have the same value.")).await?;
            }
            Built::TooLong => {
                self.set(wanted, IndexState::Failed, Some("A record has a text that is too long for an index."))
                    .await?;
            }
        }
        Ok(())
    }

    /// Says from time to time how far it is.
    async fn build(&self, indexes: &Indexes, wanted: &Wanted) -> Result<Built, IndexerError> {
        let mut building = std::pin::pin!(indexes.build(&wanted.index));
        loop {
            match tokio::time::timeout(TELL_EVERY, &mut building).await {
                Ok(built) => return Ok(built?),
                Err(_) => {
                    if let Some(progress) = indexes.progress(&wanted.index.name).await? {
                        self.note(wanted, "index_progress", &progress).await?;
                    }
                }
            }
        }
    }

    /// Which values keep the index from being unique, and some of the records that have each.
    async fn tell_clashes(&self, wanted: &Wanted) -> Result<(), IndexerError> {
        let clashes = {
            let session = self.db.session().await?;
            let sql = format!(
                "SELECT {}, (array_agg(id ORDER BY created_at, id))[1:{MOST_RECORDS}] FROM \
                 (SELECT id, created_at, {} AS value FROM {} AS t WHERE deleted_at IS NULL) AS held \
                 WHERE value IS NOT NULL GROUP BY value HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_CLASHES}",
                if wanted.field.encrypted { "'(encrypted)'::text" } else { "value::text" },
                comparable(&wanted.field, "t").sql,
                wanted.object.rows(session.scope().schema())
            );
            let rows = session.query(&sql, &[]).await?;
            rows.iter().map(|row| Clash { value: row.get(0), records: row.get(1) }).collect::<Vec<_>>()
        };
        self.note(wanted, "index_clashes", &serde_json::to_value(clashes).unwrap_or_default()).await?;
        Ok(())
    }

    /// Notes something that is no change of the metadata.
    async fn note(&self, wanted: &Wanted, column: &str, value: &(dyn ToSql + Sync)) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        let sql =
            format!("UPDATE {}.metadata_field SET {column} = $3 WHERE object = $1 AND key = $2", tx.scope().schema());
        tx.execute(&sql, &[&&*wanted.object.name, &&*wanted.key, value]).await?;
        tx.commit().await
    }

    async fn set(&self, wanted: &Wanted, state: IndexState, error: Option<&str>) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        set_index_state(&tx, &wanted.object.name, &wanted.key, state, error).await?;
        tx.commit().await
    }
}
