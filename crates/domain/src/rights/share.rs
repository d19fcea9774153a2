//! Records that are shared with a person or a team, whatever the reach of their roles.

mod gone;

use chrono::{DateTime, Utc};
use rapport_tenancy::{AccessScope, DbError, Row, TenantConn, TenantTx, ToSql};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

pub(crate) use self::gone::{end_all, remove};
use super::{
    Action, Administration, Sight,
    held::{Answer, told},
    note::{self, Note},
};
use crate::{
    catalog::{
        Catalog, Object,
        registry::{Refusal, Registry},
    },
    plan::Sql,
    record::{self, Origin, UserError, code},
    wire::Moment,
};

/// The most shares of one record.
const MOST: i64 = 100;

/// What a share allows with its record, for people whose roles allow the same with at least some records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Read,
    /// Reading included.
    Update,
}

impl Access {
    pub const ALL: [Self; 2] = [Self::Read, Self::Update];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Update => "UPDATE",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        if text == Self::Update.as_str() { Self::Update } else { Self::Read }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    User(Uuid),
    Team(Uuid),
}

impl Grantee {
    pub const fn id(self) -> Uuid {
        match self {
            Self::User(id) | Self::Team(id) => id,
        }
    }

    const fn is_team(self) -> bool {
        matches!(self, Self::Team(_))
    }

    /// The object that they are records of, by key.
    const fn object(self) -> &'static str {
        if self.is_team() { "team" } else { "users" }
    }

    /// The argument that they are given by.
    const fn argument(self) -> &'static str {
        if self.is_team() { "teamId" } else { "userId" }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub id: Uuid,
    pub grantee: Grantee,
    /// `None` where the caller may not see it.
    pub grantee_name: Option<String>,
    pub access: Access,
    pub created_by: Option<Uuid>,
    pub created_by_name: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// The shares of a record. `None` where the caller sees no such record; [`code::FORBIDDEN`] where the caller may not
/// share it.
pub async fn list(
    conn: &TenantConn,
    object: &str,
    record: Uuid,
) -> Result<Option<Result<Vec<Share>, UserError>>, DbError> {
    let sight = sight(conn).await?;
    let Some(object) = sight.catalog.object(object) else { return Ok(None) };
    let asked = Asked { conn, sight: &sight, object };
    let Some(standing) = asked.standing(record, "").await? else { return Ok(None) };
    if !standing.can_share(&sight, Access::Read) {
        return Ok(Some(Err(asked.forbidden())));
    }
    asked.shares(record, None).await.map(Ok).map(Some)
}

/// Shares a record, or changes how it is shared already.
pub async fn share(
    tx: &TenantTx,
    object: &str,
    record: Uuid,
    with: Grantee,
    access: Access,
    origin: &Origin,
) -> Answer<Share> {
    let sight = sight(tx).await?;
    let done: Result<Share, Refusal> = async {
        let asked = Asked::of(tx, &sight, object)?;
        let version = asked.may_share(record, access).await?;
        asked.is_there(with).await?;
        let before = asked.shares(record, Some(with.id())).await?.pop();
        if let Some(before) = before.as_ref().filter(|before| before.access == access) {
            return Ok(before.clone());
        }
        if before.is_none() {
            asked.has_room(record).await?;
        }
        let sql = format!(
            "INSERT INTO {}.record_share (id, object, record_id, grantee, is_team, access, created_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (object, record_id, grantee) DO UPDATE SET access = excluded.access",
            tx.scope().schema()
        );
        let (id, key, author) = (Uuid::now_v7(), asked.object.key(), record::actor(tx));
        tx.execute(&sql, &[&id, &&*key, &record, &with.id(), &with.is_team(), &access.as_str(), &author]).await?;
        let share = asked.shares(record, Some(with.id())).await?.pop();
        let share = share.ok_or(Refusal::Database(DbError::Conflict))?;
        let before = before.map(|before| logged(with, before.access)).unwrap_or_default();
        let note = Note::record("shared", asked.object, record, version).between(before, logged(with, access));
        note::enter(tx, origin, vec![note]).await?;
        Ok(share)
    }
    .await;
    told(done)
}

/// Ends a share.
pub async fn unshare(tx: &TenantTx, object: &str, record: Uuid, with: Grantee, origin: &Origin) -> Answer<()> {
    let sight = sight(tx).await?;
    let done: Result<(), Refusal> = async {
        let asked = Asked::of(tx, &sight, object)?;
        let version = asked.may_share(record, Access::Read).await?;
        let sql = format!(
            "DELETE FROM {}.record_share WHERE object = $1 AND record_id = $2 AND grantee = $3 AND is_team = $4 RETURNING access",
            tx.scope().schema()
        );
        let gone = tx.query(&sql, &[&&*asked.object.key(), &record, &with.id(), &with.is_team()]).await?;
        let Some(access) = gone.first().map(|row| Access::parse(row.get(0))) else {
            let message = if with.is_team() { "It is not shared with this team." } else { "It is not shared with this user." };
            return Err(UserError::new(code::NOT_FOUND, message).under(with.argument()).into());
        };
        let note = Note::record("unshared", asked.object, record, version).between(logged(with, access), Map::new());
        note::enter(tx, origin, vec![note]).await?;
        Ok(())
    }
    .await;
    told(done)
}

/// As it is now: the caller's rights may have changed since the request began.
async fn sight(conn: &TenantConn) -> Result<Sight, DbError> {
    Sight::over(conn, Catalog::with(&Registry::read(conn).await?)).await
}

/// A record as the caller sees it.
struct Standing {
    version: i32,
    /// Whether the caller may change it.
    is_reached: bool,
}

impl Standing {
    /// With the right to share records of others a caller shares what they see; without it, what they may change.
    fn can_share(&self, sight: &Sight, access: Access) -> bool {
        let shares = self.is_reached || (access == Access::Read && sight.catalog.may(Administration::Roles));
        shares && sight.catalog.rights().carries(AccessScope::Members)
    }
}

struct Asked<'a> {
    conn: &'a TenantConn,
    sight: &'a Sight,
    object: &'a Object,
}

impl<'a> Asked<'a> {
    fn of(conn: &'a TenantConn, sight: &'a Sight, name: &str) -> Result<Self, UserError> {
        let object = sight.catalog.object(name);
        let object = object.ok_or_else(|| {
            UserError::new(code::NOT_FOUND, format!("There is no object {}.", record::shown(&name.into())))
                .under("object")
        })?;
        if let Some(via) = object.parent() {
            let whole = object.field(via).map_or(via, |field| &field.label).to_lowercase();
            let message = format!("{} are seen by who sees their {whole}: share that.", object.label_plural);
            return Err(UserError::new(code::NOT_SHAREABLE, message).under("object"));
        }
        Ok(Self { conn, sight, object })
    }

    /// `None` where the caller sees no such record. `hold` is a locking clause.
    async fn standing(&self, record: Uuid, hold: &str) -> Result<Option<Standing>, DbError> {
        let schema = self.conn.scope().schema();
        let mut guard = Sql::behind(schema, self.sight.view(), 1);
        let seen = guard.within(self.object, Action::Read, "t").unwrap_or_else(|| "TRUE".into());
        let reached = guard.within(self.object, Action::Update, "t").unwrap_or_else(|| "TRUE".into());
        let sql = format!(
            "SELECT version, ({reached}) IS TRUE FROM {} AS t WHERE id = $1 AND deleted_at IS NULL AND {seen} {hold}",
            self.object.rows(schema)
        );
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&record];
        parameters.extend(guard.params());
        let rows = self.conn.query(&sql, &parameters).await?;
        Ok(rows.first().map(|row| Standing { version: row.get(0), is_reached: row.get(1) }))
    }

    /// The version of the record, which stays until the transaction ends.
    async fn may_share(&self, record: Uuid, access: Access) -> Result<i32, Refusal> {
        let Some(standing) = self.standing(record, "FOR KEY SHARE OF t").await? else {
            let message = format!("There is no {} with this id.", self.object.label.to_lowercase());
            return Err(UserError::new(code::NOT_FOUND, message).under("id").into());
        };
        if standing.can_share(self.sight, access) {
            return Ok(standing.version);
        }
        if standing.can_share(self.sight, Access::Read) {
            let message =
                format!("You may not change this {} yourself: share it to be read.", self.object.label.to_lowercase());
            return Err(UserError::new(code::BEYOND_YOURS, message).under("access").into());
        }
        Err(self.forbidden().under("id").into())
    }

    fn forbidden(&self) -> UserError {
        let message = format!("You may see this {}, but not share it.", self.object.label.to_lowercase());
        UserError::new(code::FORBIDDEN, message)
    }

    /// Refuses users and teams that the caller cannot see.
    async fn is_there(&self, with: Grantee) -> Result<(), Refusal> {
        let view = self.sight.view();
        let mut found = false;
        if let Some(object) = view.catalog.objects().iter().find(|object| &*object.key() == with.object()) {
            let mut guard = Sql::behind(self.conn.scope().schema(), view, 1);
            let sql = format!("SELECT FROM {} AS t WHERE id = $1 AND deleted_at IS NULL", guard.rows(object));
            let id = with.id();
            let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id];
            parameters.extend(guard.params());
            found = !self.conn.query(&sql, &parameters).await?.is_empty();
        }
        let message = if with.is_team() { "There is no team with this id." } else { "There is no user with this id." };
        let error = || UserError::new(code::NOT_FOUND, message).under(with.argument());
        if found { Ok(()) } else { Err(error().into()) }
    }

    async fn has_room(&self, record: Uuid) -> Result<(), Refusal> {
        let sql = format!(
            "SELECT count(*) FROM {}.record_share WHERE object = $1 AND record_id = $2",
            self.conn.scope().schema()
        );
        let rows = self.conn.query(&sql, &[&&*self.object.key(), &record]).await?;
        if rows.first().is_some_and(|row| row.get::<_, i64>(0) >= MOST) {
            let message = format!("A record is shared with at most {MOST}: share it with a team.");
            return Err(UserError::new(code::LIMIT_REACHED, message).into());
        }
        Ok(())
    }

    /// All shares of a record, or the one with `with`.
    async fn shares(&self, record: Uuid, with: Option<Uuid>) -> Result<Vec<Share>, DbError> {
        read(self.conn, self.sight, self.object, record, with.map(|with| vec![with])).await
    }
}

/// The shares of a record, all or those with one of `with`, in the order in which they were made.
pub(super) async fn read(
    conn: &TenantConn,
    sight: &Sight,
    object: &Object,
    record: Uuid,
    with: Option<Vec<Uuid>>,
) -> Result<Vec<Share>, DbError> {
    let schema = conn.scope().schema();
    let mut guard = Sql::behind(schema, sight.view(), 3);
    let mut names = |key: &str| {
        let object = sight.catalog.objects().iter().find(|object| &*object.key() == key)?;
        let is_seen = object.field("name").is_some_and(|name| name.is_comparable());
        is_seen.then(|| format!("(SELECT id, name FROM {} AS n)", guard.rows(object)))
    };
    let nobody = || "(SELECT NULL::uuid AS id, NULL::text AS name)".to_owned();
    let (users, teams) = (names("users").unwrap_or_else(nobody), names("team").unwrap_or_else(nobody));
    let sql = format!(
        "SELECT s.id, s.grantee, s.is_team, coalesce(u.name, t.name), s.access, s.created_by, a.name, s.created_at \
         FROM {schema}.record_share AS s LEFT JOIN {users} AS u ON u.id = s.grantee AND NOT s.is_team \
         LEFT JOIN {teams} AS t ON t.id = s.grantee AND s.is_team LEFT JOIN {users} AS a ON a.id = s.created_by \
         WHERE s.object = $1 AND s.record_id = $2 AND ($3::uuid[] IS NULL OR s.grantee = ANY($3)) ORDER BY s.id"
    );
    let key = object.key();
    let key = &*key;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&key, &record, &with];
    parameters.extend(guard.params());
    let share = |row: &Row| {
        let (grantee, is_team): (Uuid, bool) = (row.get(1), row.get(2));
        let Moment(created_at) = row.get(7);
        Share {
            id: row.get(0),
            grantee: if is_team { Grantee::Team(grantee) } else { Grantee::User(grantee) },
            grantee_name: row.get(3),
            access: Access::parse(row.get(4)),
            created_by: row.get(5),
            created_by_name: row.get(6),
            created_at,
        }
    };
    Ok(conn.query(&sql, &parameters).await?.iter().map(share).collect())
}

/// A share as the log keeps it.
fn logged(with: Grantee, access: Access) -> Map<String, Json> {
    let mut shared = Map::new();
    shared.insert("sharedWith".into(), json!({with.argument(): with.id(), "access": access.as_str()}));
    shared
}
