//! The roles of users and API keys.

use std::collections::{BTreeSet, HashMap};

use rapport_tenancy::{ApiKeyId, BuiltInRole, DbError, Subject, TenantConn, TenantTx, UserId};
use uuid::Uuid;

use super::{
    Administration,
    held::{Answer, Held, lock, told},
    note::{self, Note},
    role::{Role, find_all},
};
use crate::{
    catalog::registry::Refusal,
    record::{Origin, UserError, code},
};

/// A holder of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    User(UserId),
    ApiKey(ApiKeyId),
}

impl Assignee {
    fn subject(self) -> Subject {
        match self {
            Self::User(user) => Subject::User(user),
            Self::ApiKey(key) => Subject::ApiKey(key),
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::User(user) => user.uuid(),
            Self::ApiKey(key) => key.uuid(),
        }
    }

    /// The right that it takes to give them roles.
    fn right(self) -> Administration {
        match self {
            Self::User(_) => Administration::Roles,
            Self::ApiKey(_) => Administration::ApiKeys,
        }
    }
}

/// Gives somebody these roles and no others; answers with them. Errors are about `roleIds` and, of a user, `userId`.
pub async fn set(tx: &TenantTx, to: Assignee, roles: &[Uuid], origin: &Origin) -> Answer<Vec<Role>> {
    let held = &Held::of(tx).await?;
    let done: Result<Vec<Role>, Refusal> = async {
        held.allowed(to.right())?;
        if let Assignee::User(user) = to {
            is_there(tx, user).await?;
        }
        let wanted = named(held, roles).await?;
        let before = current(tx, to.id()).await?;
        let is_in = |roles: &[Role], role: &Role| roles.iter().any(|other| other.id == role.id);
        let given: Vec<&Role> = wanted.iter().filter(|role| !is_in(&before, role)).collect();
        let taken: Vec<&Role> = before.iter().filter(|role| !is_in(&wanted, role)).collect();
        may_give(held, to, &given, roles)?;
        for role in &taken {
            held.may_hand_on(role).map_err(|error| error.under("roleIds"))?;
        }
        held.may_combine(&before, &wanted).map_err(|error| error.under("roleIds"))?;
        if let Assignee::User(user) = to
            && taken.iter().any(|role| role.is_of_owners())
        {
            leaves_an_owner(tx, user).await?.map_err(|error| error.under("roleIds"))?;
        }
        write(tx, to, &given, &taken, origin).await?;
        Ok(wanted)
    }
    .await;
    told(done)
}

/// Checks that these roles exist and that the caller may give them to a future member (an invitation). The caller needs
/// no right beyond what the roles allow. Errors are about `roleIds`.
pub async fn check(tx: &TenantTx, roles: &[Uuid]) -> Answer<Vec<Role>> {
    let held = &Held::of(tx).await?;
    let done: Result<Vec<Role>, Refusal> = async {
        let wanted = named(held, roles).await?;
        for role in &wanted {
            held.may_hand_on(role).map_err(|error| at(error, roles, role))?;
        }
        held.may_combine(&[], &wanted).map_err(|error| error.under("roleIds"))?;
        Ok(wanted)
    }
    .await;
    told(done)
}

/// The users who are owners and can act. Waits for other changes of roles, and keeps them waiting until the transaction
/// ends.
pub async fn owners(tx: &TenantTx) -> Result<Vec<Uuid>, DbError> {
    lock(tx).await?;
    let sql = format!(
        "SELECT a.subject FROM {schema}.role_assignment AS a JOIN {schema}.users AS u ON u.id = a.subject \
         WHERE a.role_id = $1 AND u.active AND u.deleted_at IS NULL",
        schema = tx.scope().schema()
    );
    Ok(tx.query(&sql, &[&BuiltInRole::Owner.id()]).await?.iter().map(|row| row.get(0)).collect())
}

/// Refuses where the tenant would be without an owner if this user were none, or could not sign in. Waits as [`owners`]
/// does. A caller that also writes the user's record writes it before.
pub async fn leaves_an_owner(tx: &TenantTx, without: UserId) -> Result<Result<(), UserError>, DbError> {
    let owners = owners(tx).await?;
    if owners.iter().any(|owner| *owner != without.uuid())
        || !current(tx, without.uuid()).await?.iter().any(Role::is_of_owners)
    {
        return Ok(Ok(()));
    }
    let message = "No owner would be left: make somebody else an owner first.";
    Ok(Err(UserError::new(code::LAST_OWNER, message)))
}

/// Takes all roles from a member who is removed or a key that is revoked. The caller has checked that this is allowed
/// and that an owner is left.
pub async fn clear(tx: &TenantTx, of: Assignee, origin: &Origin) -> Result<(), DbError> {
    lock(tx).await?;
    let before = current(tx, of.id()).await?;
    write(tx, of, &[], &before.iter().collect::<Vec<_>>(), origin).await
}

/// Users who are gone for good have no roles.
pub(crate) async fn forget(tx: &TenantTx, users: &[Uuid]) -> Result<(), DbError> {
    let sql = format!("DELETE FROM {}.role_assignment WHERE subject = ANY($1)", tx.scope().schema());
    tx.execute(&sql, &[&users]).await.map(drop)
}

/// Replaces one role by another for all its holders.
pub(super) async fn hand_over(tx: &TenantTx, from: &Role, to: &Role) -> Result<Vec<Note>, DbError> {
    let schema = tx.scope().schema();
    let sql = format!(
        "WITH gone AS (DELETE FROM {schema}.role_assignment WHERE role_id = $1 RETURNING subject), \
         made AS (INSERT INTO {schema}.role_assignment (subject, role_id) SELECT subject, $2 FROM gone \
                  ON CONFLICT DO NOTHING RETURNING subject) \
         SELECT gone.subject, made.subject IS NOT NULL, u.id IS NOT NULL FROM gone LEFT JOIN made USING (subject) \
         LEFT JOIN {schema}.users AS u ON u.id = gone.subject ORDER BY gone.subject"
    );
    let mut notes = Vec::new();
    for row in tx.query(&sql, &[&from.id, &to.id]).await? {
        let (subject, is_new, is_user): (Uuid, bool, bool) = (row.get(0), row.get(1), row.get(2));
        let kind = if is_user { "USER" } else { "API_KEY" };
        notes.push(Note::holder("taken", from, subject, kind));
        if is_new {
            notes.push(Note::holder("given", to, subject, kind));
        }
    }
    Ok(notes)
}

async fn is_there(tx: &TenantTx, user: UserId) -> Result<(), Refusal> {
    let sql = format!("SELECT FROM {}.users WHERE id = $1 AND deleted_at IS NULL", tx.scope().schema());
    if tx.query(&sql, &[&user.uuid()]).await?.is_empty() {
        return Err(UserError::new(code::NOT_FOUND, "There is no user with this id.").under("userId").into());
    }
    Ok(())
}

/// The roles of these ids, each once.
async fn named(held: &Held<'_>, ids: &[Uuid]) -> Result<Vec<Role>, Refusal> {
    let unique: BTreeSet<Uuid> = ids.iter().copied().collect();
    let found = find_all(held.tx, &unique.into_iter().collect::<Vec<_>>()).await?;
    let unknown = ids.iter().enumerate().filter(|(_, id)| !found.iter().any(|role| role.id == **id));
    let errors: Vec<UserError> = unknown
        .map(|(place, _)| {
            UserError::new(code::NOT_FOUND, "There is no role with this id.").under(place.to_string()).under("roleIds")
        })
        .collect();
    if errors.is_empty() { Ok(found) } else { Err(errors.into()) }
}

fn may_give(held: &Held<'_>, to: Assignee, given: &[&Role], ids: &[Uuid]) -> Result<(), UserError> {
    for role in given {
        if role.is_of_owners() && matches!(to, Assignee::ApiKey(_)) {
            let error = UserError::new(code::BEYOND_YOURS, "An API key is never an owner: give it another role.");
            return Err(at(error, ids, role));
        }
        held.may_hand_on(role).map_err(|error| at(error, ids, role))?;
    }
    Ok(())
}

/// An error about one of the roles that were asked for.
fn at(error: UserError, ids: &[Uuid], role: &Role) -> UserError {
    let place = ids.iter().position(|id| *id == role.id).unwrap_or_default();
    error.under(place.to_string()).under("roleIds")
}

async fn current(conn: &TenantConn, subject: Uuid) -> Result<Vec<Role>, DbError> {
    Ok(of_each(conn, &[subject]).await?.remove(&subject).unwrap_or_default())
}

/// The roles of the subjects that have any, active or not.
pub(crate) async fn of_each(conn: &TenantConn, subjects: &[Uuid]) -> Result<HashMap<Uuid, Vec<Role>>, DbError> {
    let sql = format!(
        "SELECT subject, role_id FROM {}.role_assignment WHERE subject = ANY($1) ORDER BY role_id",
        conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&subjects]).await?;
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.get(1)).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let roles = find_all(conn, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut of_each: HashMap<Uuid, Vec<Role>> = HashMap::new();
    for row in rows {
        let id: Uuid = row.get(1);
        of_each.entry(row.get(0)).or_default().extend(roles.iter().find(|role| role.id == id).cloned());
    }
    Ok(of_each)
}

/// Refuses what `after`, in the place of a role, would allow together with the other roles of its holders.
pub(super) async fn fits(held: &Held<'_>, role: &Role, after: &Role, argument: &str) -> Result<(), Refusal> {
    let sql = format!(
        "SELECT DISTINCT array_agg(role_id ORDER BY role_id) FROM {schema}.role_assignment \
         WHERE subject IN (SELECT subject FROM {schema}.role_assignment WHERE role_id = $1) GROUP BY subject",
        schema = held.tx.scope().schema()
    );
    for row in held.tx.query(&sql, &[&role.id]).await? {
        let before = find_all(held.tx, &row.get::<_, Vec<Uuid>>(0)).await?;
        let others = before.iter().filter(|other| other.id != role.id);
        let together: Vec<Role> = others.chain([after]).cloned().collect();
        held.may_combine(&before, &together).map_err(|error| error.under(argument))?;
    }
    Ok(())
}

async fn write(tx: &TenantTx, to: Assignee, given: &[&Role], taken: &[&Role], origin: &Origin) -> Result<(), DbError> {
    let (schema, subject, kind) = (tx.scope().schema(), to.id(), to.subject().kind());
    let ids = |roles: &[&Role]| roles.iter().map(|role| role.id).collect::<Vec<_>>();
    if !taken.is_empty() {
        let sql = format!("DELETE FROM {schema}.role_assignment WHERE subject = $1 AND role_id = ANY($2)");
        tx.execute(&sql, &[&subject, &ids(taken)]).await?;
    }
    if !given.is_empty() {
        let sql = format!(
            "INSERT INTO {schema}.role_assignment (subject, role_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING"
        );
        tx.execute(&sql, &[&subject, &ids(given)]).await?;
    }
    let taken = taken.iter().map(|role| Note::holder("taken", role, subject, kind));
    let given = given.iter().map(|role| Note::holder("given", role, subject, kind));
    note::enter(tx, origin, taken.chain(given).collect()).await
}
