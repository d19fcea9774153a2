//! Somebody who is sent a file, piece after piece. Whoever loses their rights meanwhile is sent no more of it.

use std::sync::Arc;

use axum::http::HeaderMap;
use rapport_domain::{catalog::Current, plan};
use rapport_tenancy::{DbError, TenantDb};

use crate::{
    app::App,
    auth::Principal,
    http::{Client, error::ApiError},
    limits::Verdict,
};

pub struct Reader {
    app: Arc<App>,
    pub db: TenantDb,
    pub from: Client,
    member: Principal,
}

/// Why a file ends before it is whole.
#[derive(Debug, thiserror::Error)]
pub enum CutOff {
    #[error("its reader has signed out, was shut out, or may not read what it holds any more")]
    NoLongerAllowed,
    #[error("whether its reader may go on could not be looked up")]
    Unknown(#[from] rapport_tenancy::Error),
    #[error("the workspace could not be reached")]
    Database(#[from] DbError),
    #[error("a page could not be read")]
    Page(#[from] plan::Error),
    #[error("a line could not be written")]
    Line(#[from] std::io::Error),
}

impl Reader {
    /// Who asks, where that is a member who has requests left.
    pub async fn of(app: &Arc<App>, from: Client, headers: &HeaderMap) -> Result<Self, ApiError> {
        let (caller, verdict) = app.auth.admit(headers, &from).await?;
        if let Verdict::Limited(limited) = verdict {
            return Err(ApiError::rate_limited(&limited));
        }
        let member = caller.member().ok_or_else(ApiError::unauthenticated)?.clone();
        Ok(Self { db: app.tenancy.open(&member.scope), app: Arc::clone(app), from, member })
    }

    /// What they may see and do now.
    pub async fn current(&self) -> Result<Current, CutOff> {
        if !self.app.auth.stands(&self.member).await? {
            return Err(CutOff::NoLongerAllowed);
        }
        Ok(self.app.graph.catalogs.of(&self.db).await?)
    }
}
