//! Why a sign-up, a sign-in, a refresh or a change of a second factor does not happen: expected refusals, and our own failures.

use serde::Serialize;

use super::{hasher::HashError, password::WeakPassword};
use crate::{graphql::code, limits::Limited};

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
    #[error("this is not an e-mail address")]
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
    /// Never handed out, used before, expired, cut, of another kind or called back: the same.
    #[error("this link is not valid any more; ask for a new one")]
    InvalidToken,
    #[error("confirm your e-mail address first: open the link in the mail you were sent, or ask for another one")]
    EmailNotVerified,
    #[error("this server sends no mail; ask who runs it to set RAPPORT_SMTP_URL")]
    MailUnavailable,
    #[error("many mails went to this address just now; look for them, or try again in an hour")]
    TooManyMails,
    #[error("this is your e-mail address already")]
    SameEmail,
    #[error("this e-mail address is in use by another account; your address stays as it is")]
    AddressInUse,
    #[error("this is not your password")]
    WrongPassword,
    /// The same, where the input calls it `password`.
    #[error("this is not your password")]
    NotYourPassword,
    #[error("give a password: the one of your account, or, without an account, a new one")]
    PasswordRequired,
    #[error("there is an account with this e-mail address, and this is not its password")]
    PasswordOfAccount,
    #[error("a person with this e-mail address is a member already")]
    AlreadyMember,
    #[error("there is an open invitation for this e-mail address; send it again or revoke it")]
    AlreadyInvited,
    #[error("there are 500 open invitations; revoke those that are of no use any more")]
    TooManyInvitations,
    #[error("this takes the sign-in of a person, which an API key is not")]
    NotAPerson,
    /// The password was right, and there is a second factor. With a challenge the sign-in waits for its code.
    #[error("enter the code of your authenticator app, or a recovery code")]
    CodeRequired(Option<String>),
    /// Never handed out, used, or too old: the same.
    #[error("this sign-in is over; begin it anew")]
    InvalidChallenge,
    /// Wrong, used before, or of another time: the same.
    #[error("the code is not valid")]
    InvalidCode,
    #[error("there is a second factor already; switch it off first")]
    SecondFactorOn,
    #[error("there is no second factor")]
    SecondFactorOff,
    #[error("begin with `startTotp`")]
    SecondFactorNotStarted,
    #[error("this installation has no master key, so no secret can be kept; its operator sets RAPPORT_MASTER_KEY_FILE")]
    NoMasterKey,
    #[error("too many attempts, try again in {} s", .0.retry_after_seconds())]
    RateLimited(Limited),
    #[error("too many people sign in just now; try again shortly")]
    Overloaded,
}

impl Refusal {
    /// Stable; clients branch on it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::WeakPassword(_) => "WEAK_PASSWORD",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidWorkspace => "INVALID_WORKSPACE",
            Self::EmailTaken | Self::AddressInUse => "EMAIL_TAKEN",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::WorkspaceRequired(_) => "WORKSPACE_REQUIRED",
            Self::WorkspaceNotFound => "WORKSPACE_NOT_FOUND",
            Self::NoWorkspace => "NO_WORKSPACE",
            Self::InvalidRefreshToken => "INVALID_REFRESH_TOKEN",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::MailUnavailable => "MAIL_UNAVAILABLE",
            Self::TooManyMails => "TOO_MANY_MAILS",
            Self::SameEmail => "SAME_EMAIL",
            Self::WrongPassword | Self::NotYourPassword | Self::PasswordOfAccount => "WRONG_PASSWORD",
            Self::PasswordRequired => "PASSWORD_REQUIRED",
            Self::AlreadyMember => "ALREADY_MEMBER",
            Self::AlreadyInvited => "ALREADY_INVITED",
            Self::TooManyInvitations => "TOO_MANY_INVITATIONS",
            Self::NotAPerson => "FORBIDDEN",
            Self::CodeRequired(_) => "TOTP_REQUIRED",
            Self::InvalidChallenge => "INVALID_CHALLENGE",
            Self::InvalidCode => "INVALID_CODE",
            Self::SecondFactorOn => "TOTP_ENABLED",
            Self::SecondFactorOff => "TOTP_NOT_ENABLED",
            Self::SecondFactorNotStarted => "TOTP_NOT_STARTED",
            Self::NoMasterKey => "NO_MASTER_KEY",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::Overloaded => code::OVERLOADED,
        }
    }

    /// The input to blame.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidEmail | Self::EmailTaken | Self::SameEmail | Self::AlreadyMember | Self::AlreadyInvited => {
                Some("email")
            }
            Self::WeakPassword(_) | Self::PasswordRequired | Self::NotYourPassword | Self::PasswordOfAccount => {
                Some("password")
            }
            Self::WrongPassword => Some("currentPassword"),
            Self::InvalidToken => Some("token"),
            Self::CodeRequired(_) | Self::InvalidCode => Some("code"),
            Self::InvalidChallenge => Some("challenge"),
            Self::InvalidName => Some("name"),
            Self::InvalidWorkspace | Self::WorkspaceRequired(_) | Self::WorkspaceNotFound => Some("workspace"),
            Self::InvalidRefreshToken => Some("refreshToken"),
            Self::InvalidCredentials
            | Self::NoWorkspace
            | Self::NotAPerson
            | Self::EmailNotVerified
            | Self::MailUnavailable
            | Self::TooManyMails
            | Self::AddressInUse
            | Self::TooManyInvitations
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::SecondFactorNotStarted
            | Self::NoMasterKey
            | Self::RateLimited(_)
            | Self::Overloaded => None,
        }
    }

    /// What the code goes with, when that is the question.
    pub fn challenge(&self) -> Option<&str> {
        match self {
            Self::CodeRequired(challenge) => challenge.as_deref(),
            _ => None,
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
    Control(#[source] rapport_tenancy::Error),
    #[error("a person could not be made")]
    Person(#[source] rapport_tenancy::CreatePersonError),
    #[error("a workspace could not be made")]
    Provision(#[source] rapport_tenancy::CreateTenantError),
    #[error("a password could not be compared or kept")]
    Hash(#[source] HashError),
    #[error("a second factor could not be read or written")]
    SecondFactor(#[source] rapport_tenancy::SecondFactorError),
    #[error("signing keys could not be read or written")]
    SigningKey(#[source] super::StartError),
    #[error("an access token could not be signed")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error("there is no signing key")]
    NoKey,
    #[error("what happened could not be noted in the audit log")]
    Audit(#[from] rapport_tenancy::DbError),
    #[error("an API key could not be revoked")]
    ApiKey(#[from] crate::api_keys::Error),
}

impl From<rapport_tenancy::Error> for Error {
    fn from(error: rapport_tenancy::Error) -> Self {
        match error {
            rapport_tenancy::Error::PasswordChanged => Refusal::InvalidCredentials.into(),
            error => Self::Control(error),
        }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => Refusal::Overloaded.into(),
            error @ HashError::Failed(_) => Self::Hash(error),
        }
    }
}

impl Error {
    /// The same, with `refusal` for a password that is wrong, or was right until somebody set another.
    pub(super) fn wrong_password_as(self, refusal: Refusal) -> Self {
        match self {
            Self::Refused(Refusal::InvalidCredentials | Refusal::NotYourPassword) => refusal.into(),
            error => error,
        }
    }
}
