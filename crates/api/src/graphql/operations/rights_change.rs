//! A change of rights: one transaction, acted upon here at once and by every other node within a second.

use async_graphql::Result;
use rapport_domain::{record, rights::Answer};
use rapport_tenancy::TenantTx;

use super::asked::{self, Asked};

pub async fn begin(asked: &Asked) -> Result<TenantTx> {
    asked.app.tenancy.open(&asked.member()?.scope).begin().await.map_err(asked::database)
}

/// Keeps what was done, and forgets what it made out of date; or undoes it, and says why.
pub async fn end<T>(asked: &Asked, answer: Answer<T>, tx: TenantTx) -> Result<(Option<T>, Vec<asked::UserError>)> {
    let tenant = tx.scope().tenant();
    Ok(match answer.map_err(asked::database)? {
        Ok(done) => {
            tx.commit().await.map_err(asked::database)?;
            asked.app.graph.catalogs.forget(tenant);
            asked.app.auditing.wake(&asked.app.tenancy.open(&asked.member()?.scope));
            (Some(done), Vec::new())
        }
        Err(errors) => {
            tx.rollback().await;
            (None, errors.into_iter().map(asked::UserError::from).collect())
        }
    })
}

/// A refusal that says nothing of the input, as an error for the caller's eyes.
pub fn forbidden(error: &record::UserError) -> async_graphql::Error {
    asked::coded(&error.message, crate::graphql::code::FORBIDDEN)
}
