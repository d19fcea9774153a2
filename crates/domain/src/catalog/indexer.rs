use std::collections::HashMap;

use super::{
    Catalog, IndexState, Storage, index,
    registry::{Registry, set_index_state},
};
use rapport_tenancy::{Built, DbError, Index, Indexes, Tenancy, TenantDb};

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
    object: String,
    key: String,
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
            let (object, key) = (object.name.to_string(), key.to_string());
            Some((index.name.clone(), Wanted { object, key, state: field.index, index }))
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
        match indexes.build(&wanted.index).await? {
            Built::Whole => self.set(wanted, IndexState::Ready, None).await?,
            Built::Violated => {
                self.set(wanted, IndexState::Failed, Some("Two records have the same value.")).await?;
            }
            Built::TooLong => {
                self.set(wanted, IndexState::Failed, Some("A record has a text that is too long for an index."))
                    .await?;
            }
        }
        Ok(())
    }

    async fn set(&self, wanted: &Wanted, state: IndexState, error: Option<&str>) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        set_index_state(&tx, &wanted.object, &wanted.key, state, error).await?;
        tx.commit().await
    }
}
