//! Members, as far as they are the tenant's data: the user record of a member and its roles.
//!
//! The control plane has the membership and the sessions. Locking a member out begins here and ends there; letting one
//! in begins there and ends here. So a crash in between leaves nobody in who should be out.

use std::collections::HashMap;

use rapport_tenancy::{DbError, TenantConn, TenantTx, UserId};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    catalog::{Catalog, registry::Registry},
    record::{self, Origin, UserError, code},
    rights::{
        self, Administration, Giver, View,
        assign::{self, Assignee},
        share::{self, Grantee},
    },
};

/// A member's user record, as a list of members shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// A user who is inactive or in the bin has no rights.
    pub active: bool,
    pub team: Option<(Uuid, String)>,
}

/// How a member goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// For now: the roles stay and allow nothing.
    Deactivated,
    /// For good: roles and shares go. The user record stays, with the records that it owns.
    Removed,
    /// For good, by their own decision.
    Left,
}

/// The user records of members, by id.
pub async fn profiles(conn: &TenantConn, users: &[Uuid]) -> Result<HashMap<Uuid, Profile>, DbError> {
    let sql = format!(
        "SELECT u.id, u.name, u.active AND u.deleted_at IS NULL, t.id, t.name FROM {schema}.users AS u \
         LEFT JOIN {schema}.team AS t ON t.id = u.team_id AND t.deleted_at IS NULL WHERE u.id = ANY($1)",
        schema = conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&users]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let team = row.get::<_, Option<Uuid>>(3).zip(row.get(4));
            (row.get(0), Profile { name: row.get(1), active: row.get(2), team })
        })
        .collect())
}

/// Locks a member out: the member has no rights in every transaction that begins after this one. Done again it changes
/// nothing.
#[tracing::instrument(name = "member.shut_out", skip_all, fields(tenant.id = %tx.scope().tenant(), user.id = %user))]
pub async fn shut_out(
    tx: &TenantTx,
    user: UserId,
    going: Going,
    origin: &Origin,
) -> Result<Option<UserError>, record::Error> {
    if let Some(refused) = refusal(tx, user, going).await? {
        return Ok(Some(refused));
    }
    // The record first, then the lock of rights: the order in which the record engine takes them.
    set_active(tx, user, false, origin).await?;
    if let Err(refused) = assign::leaves_an_owner(tx, user).await? {
        return Ok(Some(refused));
    }
    // Read under the lock: it cannot change any more.
    if going != Going::Left
        && let Some(refused) = beyond(tx, user).await?
    {
        return Ok(Some(refused));
    }
    if going != Going::Deactivated {
        assign::clear(tx, Assignee::User(user), origin).await?;
        share::end_all(tx, Grantee::User(user.uuid()), origin).await?;
    }
    Ok(None)
}

/// Lets a member in again, with the roles that were kept.
#[tracing::instrument(name = "member.let_in", skip_all, fields(tenant.id = %tx.scope().tenant(), user.id = %user))]
pub async fn let_in(tx: &TenantTx, user: UserId, origin: &Origin) -> Result<Option<UserError>, record::Error> {
    if let Some(refused) = may_manage(tx).await? {
        return Ok(Some(refused));
    }
    set_active(tx, user, true, origin).await?;
    rights::lock(tx).await?;
    Ok(beyond(tx, user).await?)
}

/// Refuses those who may not end a member's sessions: who may not shut them out.
pub async fn may_end_sessions(tx: &TenantTx, user: UserId) -> Result<Option<UserError>, DbError> {
    match may_manage(tx).await? {
        None => beyond(tx, user).await,
        refused => Ok(refused),
    }
}

/// Refuses callers who may not manage members.
pub async fn may_manage(conn: &TenantConn) -> Result<Option<UserError>, DbError> {
    let may = rights::load(conn).await?.rights.may(Administration::Members);
    let message = format!("You may not {}.", Administration::Members.deed());
    Ok((!may).then(|| UserError::new(code::FORBIDDEN, message)))
}

async fn refusal(tx: &TenantTx, user: UserId, going: Going) -> Result<Option<UserError>, DbError> {
    let asker = tx.scope().actor().user_id();
    match going {
        Going::Left if asker == Some(user) => return Ok(None),
        Going::Left => return Ok(Some(UserError::new(code::FORBIDDEN, "Only they themselves can leave."))),
        Going::Deactivated if asker == Some(user) => {
            let message = "You cannot shut yourself out: leave the workspace instead.";
            return Ok(Some(UserError::new(code::YOURSELF, message)));
        }
        Going::Deactivated | Going::Removed => {}
    }
    may_manage(tx).await
}

/// Refuses to lock out, or let in, a member who has more rights than the caller.
async fn beyond(tx: &TenantTx, user: UserId) -> Result<Option<UserError>, DbError> {
    if tx.scope().actor().user_id() == Some(user) {
        return Ok(None);
    }
    let roles = assign::of_each(tx, &[user.uuid()]).await?.remove(&user.uuid()).unwrap_or_default();
    let catalog = Catalog::with(&Registry::read(tx).await?);
    Ok(Giver::of(tx).await?.may_admit(&catalog, &roles).err())
}

/// The user record decides. A record that is in the bin or gone stays so.
async fn set_active(tx: &TenantTx, user: UserId, active: bool, origin: &Origin) -> Result<(), record::Error> {
    let catalog = Catalog::with(&Registry::read(tx).await?);
    let Some(object) = catalog.objects().iter().find(|object| &*object.key() == "users") else { return Ok(()) };
    let Some(field) = object.field_by_key("active") else { return Ok(()) };
    let input = Map::from_iter([(field.name.to_string(), Json::Bool(active))]);
    record::update(tx, View::of_system(&catalog), object, user.uuid(), &input, None, origin).await?;
    Ok(())
}
