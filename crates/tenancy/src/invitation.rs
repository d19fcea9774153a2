//! Invitations: a member asks somebody to join, by mail. A link works once, for seven days, and for the address it was sent to.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, SqlErr};
use uuid::Uuid;

use crate::{
    Error, InvitationId, Joining, NewMail, NewPerson, Person, PersonId, Proved, Tenancy, TenantId,
    control::{one_count, person as people, sql, tenant},
    mail, membership, person, provision,
    scope::is_served,
};

/// An invitation that is neither accepted nor revoked. It may have expired.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Invitation {
    pub id: InvitationId,
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    /// Names of the workspace and of who invited, as they are now.
    pub workspace: String,
    pub inviter: Option<String>,
    #[sea_orm(from_alias = "invited_by")]
    pub by: Option<PersonId>,
    pub email: String,
    pub name: Option<String>,
    #[sea_orm(from_alias = "role_ids")]
    pub roles: Vec<Uuid>,
    #[sea_orm(from_alias = "team_id")]
    pub team: Option<Uuid>,
    pub sent_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

pub struct NewInvitation {
    pub tenant: TenantId,
    pub email: String,
    pub name: Option<String>,
    /// One at least.
    pub roles: Vec<Uuid>,
    pub team: Option<Uuid>,
    pub by: PersonId,
    /// Of the token in the mail.
    pub token_hash: [u8; 32],
}

/// Who comes by an invitation.
pub enum Guest {
    /// Somebody who proved to be them.
    Known(Proved),
    /// Somebody who is there and never chose a password.
    WithoutPassword {
        person: PersonId,
        password_hash: String,
    },
    New(NewPerson),
}

#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("the person is a member already")]
    AlreadyMember,
    #[error("the address has an invitation that still stands")]
    AlreadyInvited,
    #[error("at most {MOST} invitations may be open at once")]
    TooMany,
    #[error("the address got many invitations of late")]
    TooManyMails,
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<DbErr> for InviteError {
    fn from(error: DbErr) -> Self {
        Self::Storage(error.into())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("the link is not valid")]
    InvalidLink,
    /// They signed up meanwhile.
    #[error("a person with this e-mail address exists")]
    EmailTaken,
    #[error(transparent)]
    Storage(#[from] Error),
}

/// How long an invitation stands.
pub const INVITATION_LIFETIME: Duration = Duration::days(7);
/// Open invitations of a tenant.
const MOST: i64 = 500;

const OPEN: &str = "
SELECT i.id, i.tenant_id, t.name AS workspace, i.invited_by, p.name AS inviter, i.email, i.name, i.role_ids, i.team_id, i.sent_at,
       i.expires_at, i.created_at
FROM control.invitations i JOIN control.tenants t ON t.id = i.tenant_id LEFT JOIN control.people p ON p.id = i.invited_by
WHERE i.accepted_at IS NULL AND i.revoked_at IS NULL AND ";

const INSERT: &str = "
INSERT INTO control.invitations (id, tenant_id, email, name, role_ids, team_id, invited_by, token_hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Of any number of callers with one link the row lets one through. Who invited is a member still: one who was shut out
/// in that very moment lets nobody in.
const ACCEPT: &str = "
UPDATE control.invitations i SET accepted_at = now()
WHERE token_hash = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
  AND EXISTS (SELECT 1 FROM control.memberships m
              WHERE m.tenant_id = i.tenant_id AND m.person_id = i.invited_by AND m.deactivated_at IS NULL)
RETURNING tenant_id, email, role_ids, team_id";

#[derive(FromQueryResult)]
struct Accepted {
    #[sea_orm(from_alias = "tenant_id")]
    tenant: TenantId,
    email: String,
    role_ids: Vec<Uuid>,
    team_id: Option<Uuid>,
}

impl Tenancy {
    /// Invites, and sends the mail with it unless the address got `most` of them of late. An invitation of the same address
    /// that has expired gives way.
    #[tracing::instrument(name = "tenant.invite", skip_all, fields(tenant.id = %new.tenant, person.id = %new.by))]
    pub async fn invite(&self, new: NewInvitation, mail: NewMail, most: i64) -> Result<InvitationId, InviteError> {
        let tx = self.control().begin().await.map_err(Error::from)?;
        let id = invite(&tx, new).await?;
        send(&tx, mail, most).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(id)
    }

    /// The open invitations of a tenant, the newest first.
    pub async fn invitations(&self, tenant: TenantId) -> Result<Vec<Invitation>, Error> {
        let open = format!("{OPEN} i.tenant_id = $1 ORDER BY i.id DESC");
        Ok(Invitation::find_by_statement(sql(&open, [tenant.into()])).all(self.control().db()).await?)
    }

    pub async fn invitation(&self, tenant: TenantId, id: InvitationId) -> Result<Option<Invitation>, Error> {
        let open = format!("{OPEN} i.tenant_id = $1 AND i.id = $2");
        Ok(Invitation::find_by_statement(sql(&open, [tenant.into(), id.into()])).one(self.control().db()).await?)
    }

    /// The invitation whose link this is, where it still opens something.
    pub async fn invitation_of_link(&self, hash: [u8; 32]) -> Result<Option<Invitation>, Error> {
        let open = format!("{OPEN} i.token_hash = $1 AND i.expires_at > now()");
        Ok(Invitation::find_by_statement(sql(&open, [hash.to_vec().into()])).one(self.control().db()).await?)
    }

    /// Sends an open invitation once more with another link, which stands for its full time; the one before is dead.
    /// False where it is not open any more.
    pub async fn invite_again(
        &self,
        tenant: TenantId,
        id: InvitationId,
        token_hash: [u8; 32],
        mail: NewMail,
        most: i64,
    ) -> Result<bool, InviteError> {
        let renew = "
            UPDATE control.invitations SET token_hash = $3, sent_at = now(), expires_at = $4
            WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL";
        let tx = self.control().begin().await?;
        let values = [tenant.into(), id.into(), token_hash.to_vec().into(), (Utc::now() + INVITATION_LIFETIME).into()];
        if tx.execute_raw(sql(renew, values)).await?.rows_affected() == 0 {
            return Ok(false);
        }
        send(&tx, mail, most).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Its link is dead. False where it is not open any more.
    pub async fn revoke_invitation(&self, tenant: TenantId, id: InvitationId) -> Result<bool, Error> {
        let revoke = "
            UPDATE control.invitations SET revoked_at = now()
            WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL";
        let done = self.control().db().execute_raw(sql(revoke, [tenant.into(), id.into()])).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Spends the link: the guest is a member of the tenant, and the address is theirs. All of it or nothing, but for the
    /// user's record in the tenant's schema, which follows after a crash.
    pub async fn accept_invitation(&self, hash: [u8; 32], guest: Guest) -> Result<(Proved, TenantId), AcceptError> {
        let tx = self.control().begin().await.map_err(Error::from)?;
        let (by, tenant) = accept(&tx, hash, guest).await?;
        tx.commit().await.map_err(Error::from)?;
        self.forget_tenant(tenant);
        provision::admit_members(self, tenant).await?;
        Ok((by, tenant))
    }
}

async fn send(tx: &DatabaseTransaction, mail: NewMail, most: i64) -> Result<(), InviteError> {
    let mails = [mail];
    if !mail::have_room(tx, &mails, most).await? {
        return Err(InviteError::TooManyMails);
    }
    Ok(mail::write(tx, &mails).await?)
}

async fn invite(tx: &DatabaseTransaction, new: NewInvitation) -> Result<InvitationId, InviteError> {
    let count = async |text: &str, values: Vec<sea_orm::Value>| one_count(tx, sql(text, values)).await;
    let members = "
        SELECT count(*) FROM control.memberships m JOIN control.people p ON p.id = m.person_id
        WHERE m.tenant_id = $1 AND lower(p.email) = lower($2)";
    let of_address = || vec![new.tenant.into(), new.email.as_str().into()];
    if count(members, of_address()).await.map_err(Error::from)? > 0 {
        return Err(InviteError::AlreadyMember);
    }
    let expired = "
        UPDATE control.invitations SET revoked_at = now()
        WHERE tenant_id = $1 AND lower(email) = lower($2) AND accepted_at IS NULL AND revoked_at IS NULL
          AND expires_at <= now()";
    tx.execute_raw(sql(expired, of_address())).await.map_err(Error::from)?;
    let open =
        "SELECT count(*) FROM control.invitations WHERE tenant_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL";
    if count(open, vec![new.tenant.into()]).await.map_err(Error::from)? >= MOST {
        return Err(InviteError::TooMany);
    }
    let id = InvitationId::new();
    let values = [
        id.into(),
        new.tenant.into(),
        new.email.into(),
        new.name.into(),
        new.roles.into(),
        new.team.into(),
        new.by.into(),
        new.token_hash.to_vec().into(),
        (Utc::now() + INVITATION_LIFETIME).into(),
    ];
    match tx.execute_raw(sql(INSERT, values)).await {
        Ok(_) => Ok(id),
        Err(error) if is_taken(&error) => Err(InviteError::AlreadyInvited),
        Err(error) => Err(Error::from(error).into()),
    }
}

async fn accept(tx: &DatabaseTransaction, hash: [u8; 32], guest: Guest) -> Result<(Proved, TenantId), AcceptError> {
    let spend = Accepted::find_by_statement(sql(ACCEPT, [hash.to_vec().into()])).one(tx);
    let Accepted { tenant, email, role_ids: roles, team_id: team } =
        spend.await.map_err(Error::from)?.ok_or(AcceptError::InvalidLink)?;
    let home = tenant::Entity::find_by_id(tenant).one(tx).await.map_err(Error::from)?;
    if !home.as_ref().is_some_and(is_served) {
        return Err(AcceptError::InvalidLink);
    }
    let by = match guest {
        Guest::Known(by) => {
            by.hold_to_write(tx).await?;
            by
        }
        Guest::WithoutPassword { person, password_hash } => {
            // Only where nobody was quicker.
            let set = "UPDATE control.people SET password_hash = $2, password_version = password_version + 1
                       WHERE id = $1 AND password_hash IS NULL RETURNING *";
            let set = people::Model::find_by_statement(sql(set, [person.into(), password_hash.into()]));
            let person = set.one(tx).await.map_err(Error::from)?.ok_or(AcceptError::EmailTaken)?;
            Person::from(person).proved()
        }
        Guest::New(new) => match person::insert(tx, new).await {
            Ok(made) => Person::from(made).proved(),
            Err(error) if is_taken(&error) => return Err(AcceptError::EmailTaken),
            Err(error) => return Err(Error::from(error).into()),
        },
    };
    let is_theirs = "
        UPDATE control.people SET email_verified_at = coalesce(email_verified_at, now())
        WHERE id = $1 AND lower(email) = lower($2)";
    let person = by.person();
    let theirs = tx.execute_raw(sql(is_theirs, [person.into(), email.into()])).await.map_err(Error::from)?;
    // The address of the account changed since it was looked up: the invitation is not theirs any more.
    if theirs.rows_affected() == 0 {
        return Err(AcceptError::InvalidLink);
    }
    membership::join(tx, tenant, person, &Joining { roles, team }).await.map_err(Error::from)?;
    Ok((by, tenant))
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
