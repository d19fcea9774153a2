//! Invitations: a member asks somebody to join, who proves by the link that the address is theirs.

use rapport_domain::{
    event::{Event, security},
    record::Origin,
};
use rapport_tenancy::{
    AcceptError, Guest, Invitation, InvitationId, InviteError, NewInvitation, NewPerson, Person, PersonId, TenantId,
};
use uuid::Uuid;

use super::{Auth, Email, Error, Principal, Refusal, SignedIn, link_token::LinkToken, sign_up::label};
use crate::{http::Client, mail::letters};

/// Whom to invite as what.
pub struct Invite {
    pub email: String,
    pub name: Option<String>,
    /// Known to be roles of the workspace which the caller may give; one at least.
    pub roles: Vec<Uuid>,
    pub team: Option<Uuid>,
}

/// What somebody says who accepts an invitation.
pub struct Accept {
    pub token: String,
    /// The one they have, or the one a new person chooses.
    pub password: Option<String>,
    /// Of a new person; the invitation's when left out.
    pub name: Option<String>,
    /// Of somebody with a second factor.
    pub code: Option<String>,
}

/// An invitation as the reader of its mail may know it.
pub struct Invited {
    pub email: String,
    pub name: Option<String>,
    pub workspace: String,
    pub inviter: Option<String>,
    /// Whether they have an account, whose password is asked for.
    pub has_account: bool,
}

impl Auth {
    pub async fn invite(&self, caller: &Principal, ask: Invite, origin: &Origin) -> Result<InvitationId, Error> {
        self.needs_mail()?;
        let email = Email::parse(&ask.email).map_err(|_| Refusal::InvalidEmail)?;
        let name = ask.name.as_deref().filter(|name| !name.trim().is_empty());
        let name = name.map(|name| label(name).ok_or(Refusal::InvalidName)).transpose()?;
        let inviter = self.person_of(caller).await?;
        if !inviter.email_verified {
            return Err(Refusal::EmailNotVerified.into());
        }
        if self.has_much_mail(email.as_str(), letters::INVITATION).await? {
            return Err(Refusal::TooManyMails.into());
        }
        let tenant = caller.scope.tenant();
        let workspace = self.workspace_name(caller).await?;
        let roles: Vec<String> = ask.roles.iter().map(ToString::to_string).collect();
        let token = LinkToken::generate();
        let mail = self.mailer.letters().invitation(email.as_str(), &inviter.name, &workspace, &token.expose());
        let new = NewInvitation {
            tenant,
            email: email.as_str().to_owned(),
            name,
            roles: ask.roles,
            team: ask.team,
            by: inviter.id,
            token_hash: token.hash(),
        };
        let id = self.tenancy.invite(new, mail).await.map_err(|error| match error {
            InviteError::AlreadyMember => Refusal::AlreadyMember.into(),
            InviteError::AlreadyInvited => Refusal::AlreadyInvited.into(),
            InviteError::TooMany => Refusal::TooManyInvitations.into(),
            InviteError::Storage(error) => Error::from(error),
        })?;
        self.mailer.wake();
        let sent = event(security::INVITATION_SENT, id).with("email", email.as_str()).with("roles", roles);
        self.note_as(caller, origin, sent).await?;
        Ok(id)
    }

    /// Sends it again with another link; the one before is dead. `None` where there is no such open invitation.
    pub async fn invite_again(
        &self,
        caller: &Principal,
        id: InvitationId,
        origin: &Origin,
    ) -> Result<Option<()>, Error> {
        self.needs_mail()?;
        let tenant = caller.scope.tenant();
        let Some(invitation) = self.tenancy.invitation(tenant, id).await? else { return Ok(None) };
        let inviter = self.person_of(caller).await?;
        if !inviter.email_verified {
            return Err(Refusal::EmailNotVerified.into());
        }
        if self.has_much_mail(&invitation.email, letters::INVITATION).await? {
            return Err(Refusal::TooManyMails.into());
        }
        let token = LinkToken::generate();
        let Invitation { email, workspace, .. } = &invitation;
        let mail = self.mailer.letters().invitation(email, &inviter.name, workspace, &token.expose());
        if !self.tenancy.invite_again(tenant, id, token.hash(), mail).await? {
            return Ok(None);
        }
        self.mailer.wake();
        let resent = event(security::INVITATION_RESENT, id).with("email", email.as_str());
        self.note_as(caller, origin, resent).await?;
        Ok(Some(()))
    }

    /// Its link is dead. `None` where there is no such open invitation.
    pub async fn revoke_invitation(
        &self,
        caller: &Principal,
        id: InvitationId,
        origin: &Origin,
    ) -> Result<Option<()>, Error> {
        let tenant = caller.scope.tenant();
        let Some(invitation) = self.tenancy.invitation(tenant, id).await? else { return Ok(None) };
        if !self.tenancy.revoke_invitation(tenant, id).await? {
            return Ok(None);
        }
        let revoked = event(security::INVITATION_REVOKED, id).with("email", invitation.email);
        self.note_as(caller, origin, revoked).await?;
        Ok(Some(()))
    }

    /// What the link opens.
    pub async fn invited(&self, token: &str, client: &Client) -> Result<Invited, Error> {
        self.charge(client).await?;
        let (_, invitation) = self.open_invitation(token).await?;
        let person = self.tenancy.person_by_email(&invitation.email).await?;
        let Invitation { email, name, workspace, inviter, .. } = invitation;
        Ok(Invited {
            has_account: person.is_some_and(|person| person.password_hash.is_some()),
            email,
            name,
            workspace,
            inviter,
        })
    }

    /// Makes the guest a member and signs them in. A new person chooses a password; who has an account proves it with theirs.
    pub async fn accept_invitation(&self, ask: Accept, client: &Client) -> Result<SignedIn, Error> {
        self.charge(client).await?;
        let (hash, invitation) = self.open_invitation(&ask.token).await?;
        let known = self.tenancy.person_by_email(&invitation.email).await?;
        let password = ask.password.ok_or(Refusal::PasswordRequired)?;
        let guest = match known {
            Some(person) if person.password_hash.is_some() => {
                let proved = self.prove(&invitation.email, Some(person), password, client).await;
                let person = proved.map_err(|error| match error {
                    Error::Refused(Refusal::InvalidCredentials) => Refusal::PasswordOfAccount.into(),
                    error => error,
                })?;
                if self.has_second_factor(person).await? {
                    let code = ask.code.as_deref().ok_or(Refusal::CodeRequired(None))?;
                    let proof = self.check_code(person, code).await?;
                    self.spend(person, &proof).await?;
                }
                Guest::Known(person)
            }
            known => self.new_guest(&invitation, known, &password, ask.name.as_deref()).await?,
        };
        let (person, tenant) = self.tenancy.accept_invitation(hash, guest).await.map_err(|error| match error {
            AcceptError::InvalidLink => Refusal::InvalidToken.into(),
            AcceptError::EmailTaken => Refusal::PasswordOfAccount.into(),
            AcceptError::Storage(error) => Error::from(error),
        })?;
        let signed_in = self.sign_in_to(person, tenant, client).await?;
        let roles: Vec<String> = invitation.roles.iter().map(ToString::to_string).collect();
        let accepted = event(security::INVITATION_ACCEPTED, invitation.id).with("roles", roles);
        self.note_session((person, tenant, signed_in.session), client, accepted).await?;
        Ok(signed_in)
    }

    async fn new_guest(
        &self,
        invitation: &Invitation,
        known: Option<Person>,
        password: &str,
        name: Option<&str>,
    ) -> Result<Guest, Error> {
        let email = Email::parse(&invitation.email).map_err(|_| Refusal::InvalidEmail)?;
        let name = name.or(invitation.name.as_deref()).or(known.as_ref().map(|person| person.name.as_str()));
        let name = name.and_then(label).ok_or(Refusal::InvalidName)?;
        let password_hash = self.new_password(password, &email, &[&name, &invitation.workspace]).await?;
        Ok(match known {
            Some(person) => Guest::WithoutPassword { person: person.id, password_hash },
            None => {
                Guest::New(NewPerson { email: email.as_str().to_owned(), name, password_hash: Some(password_hash) })
            }
        })
    }

    async fn open_invitation(&self, token: &str) -> Result<([u8; 32], Invitation), Error> {
        let hash = LinkToken::hash_of(token).ok_or(Refusal::InvalidToken)?;
        let invitation = self.tenancy.invitation_of_link(hash).await?.ok_or(Refusal::InvalidToken)?;
        Ok((hash, invitation))
    }

    async fn sign_in_to(&self, person: PersonId, tenant: TenantId, client: &Client) -> Result<SignedIn, Error> {
        let memberships = self.tenancy.memberships(person).await?;
        let membership = memberships.into_iter().find(|member| member.tenant == tenant);
        self.open_session(person, membership.ok_or(Refusal::NoWorkspace)?, client).await
    }

    async fn workspace_name(&self, caller: &Principal) -> Result<String, Error> {
        let tenant = self.tenancy.tenant(caller.scope.slug()).await?;
        Ok(tenant.map_or_else(|| caller.scope.slug().to_owned(), |tenant| tenant.name))
    }
}

fn event(kind: &str, invitation: InvitationId) -> Event {
    Event::named(kind).with("invitation", invitation.to_string())
}
