//! Why a sign-up, a sign-in or a refresh does not happen: expected refusals, and our own failures.

use serde::Serialize;

use super::{hasher::HashError, password::WeakPassword};
use crate::limits::Limited;

/// A workspace as its members know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Workspace {
    pub id: rapport_tenancy::TenantId,
    pub slug: String,
    pub name: String,
}

/// What the caller did or has that stands in the way. Each has a stable code and, where one is to blame, a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this is no e-mail address")]
    InvalidEmail,
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    #[error("the name needs 1 to 100 characters")]
    InvalidName,
    #[error("the workspace's name needs 1 to 100 characters")]
    InvalidWorkspace,
    #[error("somebody has signed up with this e-mail address; sign in, or give its password to add a workspace")]
    EmailTaken,
    /// A wrong e-mail address and a wrong password look the same.
    #[error("the e-mail address or the password is wrong")]
    InvalidCredentials,
    /// The password was right, the person has several workspaces and named none.
    #[error("name the workspace to sign in to")]
    WorkspaceRequired(Vec<Workspace>),
    /// No such workspace, or not one of this person's: the same.
    #[error("there is no such workspace among yours")]
    WorkspaceNotFound,
    #[error("you are not a member of any workspace")]
    NoWorkspace,
    /// Never handed out, used before, expired or signed out.
    #[error("the refresh token is not valid; sign in again")]
    InvalidRefreshToken,
    #[error("too many attempts, try again in {} s", .0.retry_after_seconds())]
    RateLimited(Limited),
}

impl Refusal {
    /// Stable; clients branch on it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::WeakPassword(_) => "WEAK_PASSWORD",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidWorkspace => "INVALID_WORKSPACE",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::WorkspaceRequired(_) => "WORKSPACE_REQUIRED",
            Self::WorkspaceNotFound => "WORKSPACE_NOT_FOUND",
            Self::NoWorkspace => "NO_WORKSPACE",
            Self::InvalidRefreshToken => "INVALID_REFRESH_TOKEN",
            Self::RateLimited(_) => "RATE_LIMITED",
        }
    }

    /// The input to blame.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidEmail | Self::EmailTaken => Some("email"),
            Self::WeakPassword(_) => Some("password"),
            Self::InvalidName => Some("name"),
            Self::InvalidWorkspace | Self::WorkspaceRequired(_) | Self::WorkspaceNotFound => Some("workspace"),
            Self::InvalidRefreshToken => Some("refreshToken"),
            Self::InvalidCredentials | Self::NoWorkspace | Self::RateLimited(_) => None,
        }
    }

    /// What the caller may choose from, when that is the question.
    pub fn workspaces(&self) -> &[Workspace] {
        match self {
            Self::WorkspaceRequired(workspaces) => workspaces,
            _ => &[],
        }
    }
}

/// An act of signing in did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the control plane failed")]
    Control(#[from] rapport_tenancy::Error),
    #[error("a person could not be made")]
    Person(#[source] rapport_tenancy::CreatePersonError),
    #[error("a workspace could not be made")]
    Provision(#[source] rapport_tenancy::CreateTenantError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("an access token could not be signed")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error("there is no signing key")]
    NoKey,
    #[error("what happened could not be noted in the audit log")]
    Audit(#[from] rapport_tenancy::KeyError),
}
