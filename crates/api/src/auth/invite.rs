//! Invitations: a member asks somebody to join, who proves by the link that the address is theirs.

use rapport_domain::{
    event::{Event, security},
    member,
    record::Origin,
    rights::assign,
};
use rapport_tenancy::{
    AcceptError, Guest, Invitation, InvitationId, InviteError, NewInvitation, NewPerson, Person, Proved, TenantId,
};
use uuid::Uuid;

use super::{
    Auth, Email, Error, Principal, Refusal, SignedIn, label, link_token::LinkToken, mailed::MAILS_AN_HOUR,
    session::allowed,
};
use crate::http::Client;

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
        let tenant = caller.scope.tenant();
        allowed(self.limits.invitation(inviter.id, tenant).await)?;
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
        let id = self.tenancy.invite(new, mail, MAILS_AN_HOUR).await?;
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
        allowed(self.limits.invitation(inviter.id, tenant).await)?;
        let token = LinkToken::generate();
        let Invitation { email, workspace, .. } = &invitation;
        let mail = self.mailer.letters().invitation(email, &inviter.name, workspace, &token.expose());
        if !self.tenancy.invite_again(tenant, id, token.hash(), mail, MAILS_AN_HOUR).await? {
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
                let proved = self.prove(&invitation.email, Some(person), password, None, client).await;
                let by = proved.map_err(|error| error.wrong_password_as(Refusal::PasswordOfAccount))?;
                self.ask_for_code(by.person(), ask.code.as_deref(), client).await?;
                Guest::Known(by)
            }
            known => self.new_guest(&invitation, known, &password, ask.name.as_deref()).await?,
        };
        let (by, tenant) = self.tenancy.accept_invitation(hash, guest).await.map_err(|error| match error {
            AcceptError::InvalidLink => Refusal::InvalidToken.into(),
            AcceptError::EmailTaken => Refusal::PasswordOfAccount.into(),
            AcceptError::Storage(error) => Error::from(error).wrong_password_as(Refusal::PasswordOfAccount),
        })?;
        let person = by.person();
        let signed_in = self.sign_in_to(by, tenant, client).await?;
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
        if !self.could_still_invite(&invitation).await? {
            return Err(Refusal::InvalidToken.into());
        }
        Ok((hash, invitation))
    }

    /// Whether whoever invited may still give these roles: rights that were taken from them are not given by their links.
    async fn could_still_invite(&self, invitation: &Invitation) -> Result<bool, Error> {
        let Some(by) = invitation.by else { return Ok(false) };
        let Some(scope) = self.tenancy.scope(by, invitation.tenant).await? else { return Ok(false) };
        let tx = self.tenancy.open(&scope).begin().await?;
        let could = member::may_manage(&tx).await?.is_none() && assign::check(&tx, &invitation.roles).await?.is_ok();
        tx.rollback().await;
        Ok(could)
    }

    async fn sign_in_to(&self, by: Proved, tenant: TenantId, client: &Client) -> Result<SignedIn, Error> {
        let memberships = self.tenancy.memberships(by.person()).await?;
        let membership = memberships.into_iter().find(|member| member.tenant == tenant);
        self.open_session(by, membership.ok_or(Refusal::NoWorkspace)?, client).await
    }

    async fn workspace_name(&self, caller: &Principal) -> Result<String, Error> {
        let tenant = self.tenancy.tenant(caller.scope.slug()).await?;
        Ok(tenant.map_or_else(|| caller.scope.slug().to_owned(), |tenant| tenant.name))
    }
}

impl From<InviteError> for Error {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::AlreadyMember => Refusal::AlreadyMember.into(),
            InviteError::AlreadyInvited => Refusal::AlreadyInvited.into(),
            InviteError::TooMany => Refusal::TooManyInvitations.into(),
            InviteError::TooManyMails => Refusal::TooManyMails.into(),
            InviteError::Storage(error) => error.into(),
        }
    }
}

fn event(kind: &str, invitation: InvitationId) -> Event {
    Event::named(kind).with("invitation", invitation.to_string())
}
