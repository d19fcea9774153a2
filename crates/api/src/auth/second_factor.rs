//! A second factor: codes of an authenticator app, and recovery codes for who has lost it.

use chrono::{Duration, Utc};
use rapport_domain::event::security;
use rapport_tenancy::{Challenge, Key, PersonId, SecondFactorError};

use super::{
    Auth, Error, PersonSession, Refusal, hasher::Verdict, opaque_token::OpaqueToken, recovery_code::RecoveryCode,
    session::allowed, totp::Secret,
};
use crate::http::Client;

/// How long a sign-in waits for its code.
pub(super) const CHALLENGE_LIFETIME: Duration = Duration::minutes(5);
/// Codes that may be tried for one challenge.
pub(super) const TRIES: i32 = 5;
/// What an authenticator app shows the account as.
const ISSUER: &str = "Rapport";

/// What an authenticator app needs to know.
pub struct Enrolment {
    /// For typing it in.
    pub secret: String,
    /// For scanning it.
    pub uri: String,
}

/// A right code that was not spent yet.
pub(super) enum Proof {
    Step(i64),
    Recovery([u8; 32]),
}

impl Auth {
    /// Begins to set up an authenticator app. Nothing changes for sign-ins before its first code was seen.
    pub async fn start_totp(&self, member: PersonSession, password: String) -> Result<Enrolment, Error> {
        self.confirm_password(member.person, password).await?;
        let person = self.tenancy.person(member.person).await?.ok_or(Refusal::InvalidCredentials)?;
        let key = Key::random();
        if !self.tenancy.start_second_factor(person.id, &key).await? {
            return Err(Refusal::SecondFactorOn.into());
        }
        let secret = Secret::of(key.bytes());
        Ok(Enrolment { secret: secret.text(), uri: secret.uri(ISSUER, &person.email) })
    }

    /// Switches the second factor on. Answers the recovery codes, which nobody can read again.
    pub async fn confirm_totp(&self, member: PersonSession, code: &str, client: &Client) -> Result<Vec<String>, Error> {
        allowed(self.limits.proof(member.person).await)?;
        let factor = self.tenancy.second_factor(member.person).await?.ok_or(Refusal::SecondFactorNotStarted)?;
        if factor.confirmed_at.is_some() {
            return Err(Refusal::SecondFactorOn.into());
        }
        let step = Secret::of(factor.secret.bytes()).step_of(code, Utc::now().timestamp(), factor.last_step);
        let step = step.ok_or(Refusal::InvalidCode)?;
        let codes = recovery_codes();
        let confirmed = self.tenancy.confirm_second_factor(member.person, step, &hashes(&codes)).await?;
        if !confirmed {
            return Err(Refusal::InvalidCode.into());
        }
        self.note_account(member.person, security::SECOND_FACTOR_ENABLED, client);
        Ok(texts(&codes))
    }

    /// Switches the second factor off.
    pub async fn disable_totp(
        &self,
        member: PersonSession,
        password: String,
        code: &str,
        client: &Client,
    ) -> Result<(), Error> {
        self.prove_anew(member.person, password, code).await?;
        self.tenancy.remove_second_factor(member.person).await?;
        self.note_account(member.person, security::SECOND_FACTOR_DISABLED, client);
        Ok(())
    }

    /// Ten new recovery codes in place of those before.
    pub async fn renew_recovery_codes(
        &self,
        member: PersonSession,
        password: String,
        code: &str,
        client: &Client,
    ) -> Result<Vec<String>, Error> {
        self.prove_anew(member.person, password, code).await?;
        let codes = recovery_codes();
        self.tenancy.renew_recovery_codes(member.person, &hashes(&codes)).await?;
        self.note_account(member.person, security::RECOVERY_CODES_RENEWED, client);
        Ok(texts(&codes))
    }

    /// The password once more, from somebody who is signed in and is about to do what a stolen session must not.
    pub async fn confirm_password(&self, person: PersonId, password: String) -> Result<(), Error> {
        allowed(self.limits.proof(person).await)?;
        let stored = self.tenancy.person(person).await?.and_then(|person| person.password_hash);
        match self.hasher.verify(stored, password).await? {
            Verdict::Wrong => Err(Refusal::NotYourPassword.into()),
            Verdict::Right | Verdict::RightButOutdated => Ok(()),
        }
    }

    /// Both factors, the code spent.
    async fn prove_anew(&self, person: PersonId, password: String, code: &str) -> Result<(), Error> {
        self.confirm_password(person, password).await?;
        if !self.has_second_factor(person).await? {
            return Err(Refusal::SecondFactorOff.into());
        }
        let proof = self.check_code(person, code).await?;
        self.spend(person, &proof).await
    }

    /// Whether sign-ins of the person need a code. Where workspaces may ask their members for a second factor, those who
    /// have none are found here.
    pub(super) async fn has_second_factor(&self, person: PersonId) -> Result<bool, Error> {
        Ok(self.tenancy.second_factor_state(person).await?.is_some())
    }

    /// Lets a sign-in wait for its code.
    pub(super) async fn challenge(&self, person: PersonId, workspace: Option<String>) -> Result<Refusal, Error> {
        let challenge = OpaqueToken::generate();
        let expires_at = Utc::now() + CHALLENGE_LIFETIME;
        self.tenancy.open_challenge(challenge.hash(), Challenge { person, workspace }, expires_at).await?;
        Ok(Refusal::CodeRequired(Some(challenge.expose())))
    }

    /// Whether a code is right. It still can be used: [`Auth::spend`] takes it.
    pub(super) async fn check_code(&self, person: PersonId, code: &str) -> Result<Proof, Error> {
        allowed(self.limits.proof(person).await)?;
        let factor = self.tenancy.second_factor(person).await?.filter(|factor| factor.confirmed_at.is_some());
        let factor = factor.ok_or(Refusal::InvalidCode)?;
        if let Some(recovery) = RecoveryCode::parse(code) {
            let hash = recovery.hash();
            let there = self.tenancy.has_recovery_code(person, hash).await?;
            return there.then_some(Proof::Recovery(hash)).ok_or_else(|| Refusal::InvalidCode.into());
        }
        let step = Secret::of(factor.secret.bytes()).step_of(code, Utc::now().timestamp(), factor.last_step);
        step.map(Proof::Step).ok_or_else(|| Refusal::InvalidCode.into())
    }

    /// A code counts once, whoever else sends it at the same moment.
    pub(super) async fn spend(&self, person: PersonId, proof: &Proof) -> Result<(), Error> {
        let spent = match proof {
            Proof::Step(step) => self.tenancy.spend_step(person, *step).await?,
            Proof::Recovery(hash) => self.tenancy.spend_recovery_code(person, *hash).await?,
        };
        if spent { Ok(()) } else { Err(Refusal::InvalidCode.into()) }
    }
}

impl From<SecondFactorError> for Error {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Key(rapport_tenancy::KeyError::NoMasterKey) => Refusal::NoMasterKey.into(),
            error => Self::SecondFactor(error),
        }
    }
}

fn recovery_codes() -> Vec<RecoveryCode> {
    std::iter::repeat_with(RecoveryCode::generate).take(super::recovery_code::COUNT).collect()
}

fn hashes(codes: &[RecoveryCode]) -> Vec<[u8; 32]> {
    codes.iter().map(RecoveryCode::hash).collect()
}

fn texts(codes: &[RecoveryCode]) -> Vec<String> {
    codes.iter().map(RecoveryCode::text).collect()
}
