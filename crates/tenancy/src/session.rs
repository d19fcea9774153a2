use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement,
};

use crate::{
    Error, PersonId, Proved, SessionId, Tenancy, TenantId, UserId,
    control::{session, sql},
    known_address,
};

/// For so long the token that was spent last gets the same child again: two tabs that refresh at once are no theft.
pub const LEEWAY: Duration = Duration::seconds(10);

/// A sign-in of a person to a tenant. It keeps its id through refreshes: it is the family of its refresh tokens.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Session {
    pub id: SessionId,
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    pub expires_at: DateTime<Utc>,
}

/// What it takes to open a session.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub by: Proved,
    pub tenant: TenantId,
    pub refresh_hash: [u8; 32],
    pub expires_at: DateTime<Utc>,
    /// As its owner may be shown it.
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// A refresh token that is spent for its child.
#[derive(Clone, Debug)]
pub struct Spending {
    pub hash: [u8; 32],
    pub child_hash: [u8; 32],
    /// What makes the child of the token: with the token's own text, which is not kept, and not without.
    pub child_salt: [u8; 32],
    pub at: DateTime<Utc>,
    /// A session that nobody used since is over.
    pub unused_since: DateTime<Utc>,
    pub address: Option<String>,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug)]
pub enum Rotation {
    Rotated(Session),
    /// Somebody else spent the token a moment before, most likely another tab of its owner: it has this child.
    Repeated {
        session: Session,
        child_salt: [u8; 32],
        at: DateTime<Utc>,
    },
    /// The token was spent before: someone has a copy, so the whole session is revoked.
    Reused(Ended),
    Unknown,
    Expired,
}

/// A session that ended just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Ended {
    pub id: SessionId,
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
}

/// Which sessions are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsOf {
    Session(SessionId),
    /// The one that a refresh token, spent or not, belongs to.
    Token([u8; 32]),
    /// One of this person's.
    OnePersons(PersonId, SessionId),
    Person(PersonId),
    PersonBut(PersonId, SessionId),
    /// Those of a person in one tenant.
    PersonIn(PersonId, TenantId),
    /// Those of a user in their tenant.
    User(TenantId, UserId),
}

/// A session as its owner is shown it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct OpenSession {
    pub id: SessionId,
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// A session that was used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Seen {
    pub id: SessionId,
    pub at: DateTime<Utc>,
    pub address: String,
}

/// Compare and swap: of any number of callers the row lets one through, and that one's token is written down as spent
/// in the same statement.
const ROTATE: &str = "
WITH rotated AS (
  UPDATE control.sessions SET refresh_hash = $2, previous_hash = $1, child_salt = $3, refreshed_at = $4,
    last_seen_at = greatest(last_seen_at, $4), address = coalesce($6, address)
  WHERE refresh_hash = $1 AND revoked_at IS NULL AND expires_at > $4 AND last_seen_at > $5
  RETURNING id, person_id, tenant_id, expires_at
), spent AS (
  INSERT INTO control.spent_refresh_hashes (hash, session_id) SELECT $1, id FROM rotated
)
SELECT id, person_id, tenant_id, expires_at FROM rotated";

/// Only the token before the current one, and only until that one is spent itself.
const REPEAT: &str = "
SELECT id, person_id, tenant_id, expires_at, child_salt, refreshed_at FROM control.sessions
WHERE previous_hash = $1 AND refreshed_at > $2 AND revoked_at IS NULL AND expires_at > $3";

/// One that has ended already ends no second time.
const REVOKE_FAMILY: &str = "
UPDATE control.sessions SET revoked_at = now()
WHERE id = (SELECT session_id FROM control.spent_refresh_hashes WHERE hash = $1) AND revoked_at IS NULL
RETURNING id, tenant_id, person_id";

const OPEN: &str = "
SELECT s.id, s.tenant_id, t.slug, t.name, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent
FROM control.sessions s JOIN control.tenants t ON t.id = s.tenant_id
WHERE s.person_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.last_seen_at > $2
ORDER BY s.last_seen_at DESC, s.id";

const SEEN: &str = "
UPDATE control.sessions s SET last_seen_at = greatest(s.last_seen_at, seen.at), address = seen.address
FROM jsonb_to_recordset($1) AS seen (id uuid, at timestamptz, address text) WHERE s.id = seen.id";

#[derive(FromQueryResult)]
struct Repeated {
    id: SessionId,
    person_id: PersonId,
    tenant_id: TenantId,
    expires_at: DateTime<Utc>,
    child_salt: Vec<u8>,
    refreshed_at: DateTime<Utc>,
}

impl Tenancy {
    pub async fn open_session(&self, new: NewSession) -> Result<Session, Error> {
        let NewSession { by, tenant, refresh_hash, expires_at, address, user_agent } = new;
        let person = by.person();
        let row = session::ActiveModel {
            id: Set(SessionId::new()),
            person_id: Set(person),
            tenant_id: Set(tenant),
            refresh_hash: Set(refresh_hash.to_vec()),
            expires_at: Set(expires_at),
            address: Set(address),
            user_agent: Set(user_agent),
            last_seen_at: NotSet,
            revoked_at: NotSet,
            refreshed_at: NotSet,
            created_at: NotSet,
        };
        let tx = self.control().begin().await?;
        by.hold(&tx).await?;
        let made = session::Entity::insert(row).exec_with_returning(&tx).await?;
        known_address::remember(&tx, &[made.id]).await?;
        tx.commit().await?;
        Ok(Session { id: made.id, person, tenant, expires_at })
    }

    /// Spends one refresh token for the next. Of any number of callers with the same token one at most succeeds; those
    /// who are not much later learn what its child is made of.
    pub async fn rotate_session(&self, spending: &Spending) -> Result<Rotation, Error> {
        let Spending { hash, child_hash, child_salt, at, unused_since, address } = spending;
        let (db, old) = (self.control().db(), hash.to_vec());
        let bytes = |hash: &[u8; 32]| hash.to_vec().into();
        let rotate = sql(
            ROTATE,
            [
                bytes(hash),
                bytes(child_hash),
                bytes(child_salt),
                (*at).into(),
                (*unused_since).into(),
                address.clone().into(),
            ],
        );
        if let Some(session) = Session::find_by_statement(rotate).one(db).await? {
            return Ok(Rotation::Rotated(session));
        }
        let repeat = sql(REPEAT, [bytes(hash), (*at - LEEWAY).into(), (*at).into()]);
        if let Some(repeated) = Repeated::find_by_statement(repeat).one(db).await?
            && let Ok(child_salt) = repeated.child_salt.try_into()
        {
            let Repeated { id, person_id: person, tenant_id: tenant, expires_at, refreshed_at: at, .. } = repeated;
            return Ok(Rotation::Repeated { session: Session { id, person, tenant, expires_at }, child_salt, at });
        }
        if let Some(ended) = Ended::find_by_statement(sql(REVOKE_FAMILY, [bytes(hash)])).one(db).await? {
            return Ok(Rotation::Reused(ended));
        }
        let unspent = session::Entity::find().filter(session::Column::RefreshHash.eq(old)).one(db).await?;
        Ok(match unspent {
            Some(session) if session.revoked_at.is_none() => Rotation::Expired,
            _ => Rotation::Unknown,
        })
    }

    /// Ends sessions; answers those that had not ended before.
    pub async fn end_sessions(&self, which: SessionsOf) -> Result<Vec<Ended>, Error> {
        Ok(end(self.control().db(), which).await?)
    }

    /// Whether the session is there and has not ended.
    pub async fn session_stands(&self, id: SessionId) -> Result<bool, Error> {
        let found = session::Entity::find_by_id(id).one(self.control().db()).await?;
        Ok(found.is_some_and(|session| session.revoked_at.is_none() && session.expires_at > Utc::now()))
    }

    pub async fn sessions_revoked_since(&self, at: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
        let ids = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::RevokedAt.gte(at))
            .into_tuple()
            .all(self.control().db())
            .await?;
        Ok(ids)
    }

    /// Those of a person that go on, in all tenants, the one used last first.
    pub async fn open_sessions(
        &self,
        person: PersonId,
        unused_since: DateTime<Utc>,
    ) -> Result<Vec<OpenSession>, Error> {
        let open = sql(OPEN, [person.into(), unused_since.into()]);
        Ok(OpenSession::find_by_statement(open).all(self.control().db()).await?)
    }

    /// Writes down when sessions were used last.
    pub async fn note_seen(&self, seen: &[Seen]) -> Result<(), Error> {
        let json = serde_json::to_value(seen).map_err(|error| sea_orm::DbErr::Json(error.to_string()))?;
        self.control().db().execute_raw(sql(SEEN, [json.into()])).await?;
        known_address::remember(self.control().db(), &seen.iter().map(|seen| seen.id).collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Removes sessions that ended before `at`, by themselves or by somebody, with what is kept of their tokens.
    pub async fn forget_sessions(&self, ended_before: DateTime<Utc>) -> Result<u64, Error> {
        let ended = Condition::any()
            .add(session::Column::ExpiresAt.lt(ended_before))
            .add(session::Column::RevokedAt.lt(ended_before));
        let gone = session::Entity::delete_many().filter(ended).exec(self.control().db()).await?;
        Ok(gone.rows_affected)
    }
}

/// Ends sessions with whatever else the transaction does; answers those that had not ended before.
pub(crate) async fn end(db: &impl ConnectionTrait, which: SessionsOf) -> Result<Vec<Ended>, DbErr> {
    Ended::find_by_statement(which.end()).all(db).await
}

impl SessionsOf {
    fn end(self) -> Statement {
        let (which, values) = match self {
            Self::Session(id) => ("id = $1", vec![id.into()]),
            Self::Token(hash) => (
                "(refresh_hash = $1 OR id = (SELECT session_id FROM control.spent_refresh_hashes WHERE hash = $1))",
                vec![hash.to_vec().into()],
            ),
            Self::OnePersons(person, id) => ("person_id = $1 AND id = $2", vec![person.into(), id.into()]),
            Self::Person(person) => ("person_id = $1", vec![person.into()]),
            Self::PersonBut(person, id) => ("person_id = $1 AND id <> $2", vec![person.into(), id.into()]),
            Self::PersonIn(person, tenant) => ("person_id = $1 AND tenant_id = $2", vec![person.into(), tenant.into()]),
            Self::User(tenant, user) => (
                "tenant_id = $1 AND person_id = \
                 (SELECT person_id FROM control.memberships WHERE tenant_id = $1 AND user_id = $2)",
                vec![tenant.into(), user.into()],
            ),
        };
        let end = format!(
            "UPDATE control.sessions SET revoked_at = now() WHERE revoked_at IS NULL AND expires_at > now() AND {which} RETURNING id, tenant_id, person_id"
        );
        sql(&end, values)
    }
}
