//! A template brought to a workspace: one transaction, kept where the registry and the graph take all of it.

use std::sync::Arc;

use async_graphql::dynamic::SchemaError;
use rapport_domain::{
    catalog::{
        Catalog,
        template::{self, Applied},
    },
    record::Origin,
};
use rapport_tenancy::{DbError, TenantDb};

use crate::graphql::{
    operations::taken_in_turn,
    schema::{Schema, build},
};

/// Whether what was done stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Real,
    /// Everything is done and nothing kept.
    Dry,
}

/// What a template cannot be blamed for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("no graph can be made of the catalog")]
    Graph(#[source] SchemaError),
}

/// Applies a template to a workspace whose present graph is `schema`.
pub async fn apply(db: &TenantDb, schema: &Schema, origin: &Origin, text: &str, run: Run) -> Result<Applied, Error> {
    let tx = db.begin().await?;
    let outcome = async {
        let applied = template::apply(&tx, origin, text, &taken_in_turn(schema)).await?;
        if applied.problems.is_empty() {
            graph(&applied.catalog).await?;
        }
        Ok(applied)
    }
    .await;
    match &outcome {
        Ok(applied) if applied.problems.is_empty() && run == Run::Real => tx.commit().await?,
        _ => tx.rollback().await,
    }
    outcome
}

/// The graph of a catalog, which takes milliseconds of plain computation: off the threads that serve requests.
pub async fn graph(catalog: &Arc<Catalog>) -> Result<Schema, Error> {
    let catalog = Arc::clone(catalog);
    let built = tokio::task::spawn_blocking(move || build(&catalog)).await;
    built.unwrap_or_else(|panic| Err(SchemaError(panic.to_string()))).map_err(Error::Graph)
}
