//! A second factor: codes of an authenticator app, and recovery codes for who has lost it.

use chrono::{Duration, Utc};
use rapport_domain::event::{Event, security};
use rapport_tenancy::{Challenge, Key, NewMail, Person, PersonId, Proved, SecondFactorError};

use super::{
    Auth, Error, Principal, Refusal, opaque_token::OpaqueToken, recovery_code::RecoveryCode, session::allowed,
    totp::Secret,
};
use crate::{http::Client, mail::Letters};

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

/// Where a code is given. Each has a bucket of its own.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// To a workspace, where one was named.
    SignIn(Option<&'a str>),
    Session(&'a Principal),
}

impl Auth {
    /// Begins to set up an authenticator app. Nothing changes for sign-ins before its first code was seen.
    pub async fn start_totp(&self, member: &Principal, password: String, client: &Client) -> Result<Enrolment, Error> {
        let person = self.confirm_password(member, password, client).await?;
        let key = Key::random();
        if !self.tenancy.start_second_factor(person.proved(), &key).await? {
            return Err(Refusal::SecondFactorOn.into());
        }
        let secret = Secret::of(key.bytes());
        Ok(Enrolment { secret: secret.text(), uri: secret.uri(ISSUER, &person.email) })
    }

    /// Switches the second factor on. Answers the recovery codes, which nobody can read again.
    pub async fn confirm_totp(&self, member: &Principal, code: &str, client: &Client) -> Result<Vec<String>, Error> {
        allowed(self.limits.confirmation(member.person().ok_or(Refusal::NotAPerson)?.session).await)?;
        let person = self.person_of(member).await?;
        let factor = self.tenancy.second_factor(person.id).await?.ok_or(Refusal::SecondFactorNotStarted)?;
        if factor.confirmed_at.is_some() {
            return Err(Refusal::SecondFactorOn.into());
        }
        let step = Secret::of(factor.secret.bytes()).step_of(code, Utc::now().timestamp(), factor.last_step);
        let step = step.ok_or(Refusal::InvalidCode)?;
        let codes = recovery_codes();
        let news = self.news(&person, Letters::second_factor_on);
        let confirmed = self.tenancy.confirm_second_factor(person.id, step, &hashes(&codes), &news).await?;
        if !confirmed {
            return Err(Refusal::InvalidCode.into());
        }
        self.mailer.wake();
        self.note_account(person.id, Event::named(security::SECOND_FACTOR_ENABLED), client);
        Ok(texts(&codes))
    }

    /// Switches the second factor off.
    pub async fn disable_totp(
        &self,
        member: &Principal,
        password: String,
        code: &str,
        client: &Client,
    ) -> Result<(), Error> {
        let person = self.prove_anew(member, password, code, client).await?;
        let news = self.news(&person, Letters::second_factor_off);
        self.tenancy.remove_second_factor(person.proved(), &news).await.map_err(changed_meanwhile)?;
        self.mailer.wake();
        self.note_account(person.id, Event::named(security::SECOND_FACTOR_DISABLED), client);
        Ok(())
    }

    /// Ten new recovery codes in place of those before.
    pub async fn renew_recovery_codes(
        &self,
        member: &Principal,
        password: String,
        code: &str,
        client: &Client,
    ) -> Result<Vec<String>, Error> {
        let person = self.prove_anew(member, password, code, client).await?;
        let codes = recovery_codes();
        let renewed = self.tenancy.renew_recovery_codes(person.proved(), &hashes(&codes)).await;
        renewed.map_err(changed_meanwhile)?;
        self.note_account(person.id, Event::named(security::RECOVERY_CODES_RENEWED), client);
        Ok(texts(&codes))
    }

    /// Both factors, the code spent.
    async fn prove_anew(
        &self,
        member: &Principal,
        password: String,
        code: &str,
        client: &Client,
    ) -> Result<Person, Error> {
        let person = self.confirm_password(member, password, client).await?;
        if !self.has_second_factor(person.id).await? {
            return Err(Refusal::SecondFactorOff.into());
        }
        let proof = self.check_code(person.id, code, Place::Session(member), client).await?;
        self.spend(person.id, &proof, client).await?;
        Ok(person)
    }

    /// Takes the code of somebody who comes in and has a second factor.
    pub(super) async fn ask_for_code(
        &self,
        person: PersonId,
        code: Option<&str>,
        client: &Client,
    ) -> Result<(), Error> {
        if !self.has_second_factor(person).await? {
            return Ok(());
        }
        let code = code.ok_or(Refusal::CodeRequired(None))?;
        let proof = self.check_code(person, code, Place::SignIn(None), client).await?;
        self.spend(person, &proof, client).await
    }

    /// Whether sign-ins of the person need a code. Where workspaces may ask their members for a second factor, those who
    /// have none are found here.
    pub(super) async fn has_second_factor(&self, person: PersonId) -> Result<bool, Error> {
        Ok(self.tenancy.second_factor_state(person).await?.is_some())
    }

    /// Lets a sign-in wait for its code.
    pub(super) async fn challenge(&self, by: Proved, workspace: Option<String>) -> Result<Refusal, Error> {
        let challenge = OpaqueToken::generate();
        let expires_at = Utc::now() + CHALLENGE_LIFETIME;
        self.tenancy.open_challenge(challenge.hash(), Challenge { by, workspace }, expires_at).await?;
        Ok(Refusal::CodeRequired(Some(challenge.expose())))
    }

    /// Whether a code is right. It still can be used: [`Auth::spend`] takes it.
    pub(super) async fn check_code(
        &self,
        person: PersonId,
        code: &str,
        place: Place<'_>,
        client: &Client,
    ) -> Result<Proof, Error> {
        let (verdict, workspace) = match place {
            Place::SignIn(workspace) => (self.limits.code(person).await, workspace.map(str::to_owned)),
            Place::Session(member) => {
                let session = member.person().ok_or(Refusal::NotAPerson)?.session;
                (self.limits.confirmation(session).await, Some(member.scope.tenant().to_string()))
            }
        };
        allowed(verdict)?;
        let proof = self.proof_of(person, code).await?;
        let wrong = || self.note_failed(person, workspace.as_deref(), Refusal::InvalidCode, client);
        Ok(proof.ok_or_else(wrong)?)
    }

    async fn proof_of(&self, person: PersonId, code: &str) -> Result<Option<Proof>, Error> {
        let factor = self.tenancy.second_factor(person).await?.filter(|factor| factor.confirmed_at.is_some());
        let Some(factor) = factor else { return Ok(None) };
        if let Some(recovery) = RecoveryCode::parse(code) {
            let hash = recovery.hash();
            return Ok(self.tenancy.has_recovery_code(person, hash).await?.then_some(Proof::Recovery(hash)));
        }
        let step = Secret::of(factor.secret.bytes()).step_of(code, Utc::now().timestamp(), factor.last_step);
        Ok(step.map(Proof::Step))
    }

    /// A code counts once, whoever else sends it at the same moment. Recovery codes are for emergencies: their owner hears of it.
    pub(super) async fn spend(&self, person: PersonId, proof: &Proof, client: &Client) -> Result<(), Error> {
        let spent = match proof {
            Proof::Step(step) => self.tenancy.spend_step(person, *step).await?,
            Proof::Recovery(hash) => {
                let owner = self.tenancy.person(person).await?.ok_or(Refusal::InvalidCode)?;
                let news = self.news(&owner, Letters::recovery_code_used);
                let spent = self.tenancy.spend_recovery_code(person, *hash, &news).await?;
                if spent {
                    self.mailer.wake();
                    self.note_account(person, Event::named(security::RECOVERY_CODE_USED), client);
                }
                spent
            }
        };
        if spent { Ok(()) } else { Err(Refusal::InvalidCode.into()) }
    }

    /// A mail to the person about their account, where mail is offered.
    pub(super) fn news(&self, person: &Person, letter: impl Fn(&Letters, &Person) -> NewMail) -> Vec<NewMail> {
        if self.mailer.is_offered() { vec![letter(self.mailer.letters(), person)] } else { Vec::new() }
    }
}

fn changed_meanwhile(error: rapport_tenancy::Error) -> Error {
    Error::from(error).wrong_password_as(Refusal::NotYourPassword)
}

impl From<SecondFactorError> for Error {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Key(rapport_tenancy::KeyError::NoMasterKey) => Refusal::NoMasterKey.into(),
            SecondFactorError::Storage(error) => changed_meanwhile(error),
            error @ SecondFactorError::Key(_) => Self::SecondFactor(error),
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
