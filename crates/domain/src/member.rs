//! Who may come in, as far as it is the tenant's data: the member's user record and what they may do.
//!
//! The control plane says the same of the membership and the sessions. Whoever shuts somebody out begins here and ends
//! there, whoever lets somebody in begins there and ends here: cut off in between, nobody is in who should not be.

use std::collections::{HashMap, HashSet};

use rapport_tenancy::{DbError, Subject, TenantConn, TenantTx, UserId};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    catalog::{Catalog, registry::Registry},
    record::{self, Origin, UserError, code},
    rights::{self, Administration, View, owners},
};

/// A member's user record, as a list of members shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub team: Option<(Uuid, String)>,
}

/// How a member goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// For now: their roles stay and allow nothing.
    Deactivated,
    /// For good: roles and what was shared with them go. Their user record stays, with the records that it owns.
    Removed,
    /// For good, of their own will.
    Left,
}

/// The user records of members, by id.
pub async fn profiles(conn: &TenantConn, users: &[Uuid]) -> Result<HashMap<Uuid, Profile>, DbError> {
    let sql = format!(
        "SELECT u.id, u.name, t.id, t.name FROM {schema}.users AS u \
         LEFT JOIN {schema}.team AS t ON t.id = u.team_id AND t.deleted_at IS NULL WHERE u.id = ANY($1)",
        schema = conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&users]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let team = row.get::<_, Option<Uuid>>(2).zip(row.get(3));
            (row.get(0), Profile { name: row.get(1), team })
        })
        .collect())
}

/// Who is shut out for now.
pub async fn suspended(conn: &TenantConn) -> Result<HashSet<Uuid>, DbError> {
    let sql = format!("SELECT user_id FROM {}.suspended_member", conn.scope().schema());
    Ok(conn.query(&sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// Shuts a member out: for every transaction that begins after this one they have no rights. Done again it changes
/// nothing.
#[tracing::instrument(name = "member.shut_out", skip_all, fields(tenant.id = %tx.scope().tenant(), user.id = %user))]
pub async fn shut_out(
    tx: &TenantTx,
    user: UserId,
    going: Going,
    origin: &Origin,
) -> Result<Option<UserError>, record::Error> {
    owners::hold(tx).await?;
    if let Some(refused) = refusal(tx, user, going).await? {
        return Ok(Some(refused));
    }
    if let Some(refused) = owners::spare(tx, user).await? {
        return Ok(Some(refused));
    }
    // While whoever asks has their rights still: they may be the one who leaves.
    set_active(tx, user, false, origin).await?;
    let (schema, id) = (tx.scope().schema(), user.uuid());
    match going {
        Going::Deactivated => {
            let suspend = format!("INSERT INTO {schema}.suspended_member (user_id) VALUES ($1) ON CONFLICT DO NOTHING");
            tx.execute(&suspend, &[&id]).await?;
        }
        Going::Removed | Going::Left => {
            for what in [
                "role_assignment WHERE subject",
                "record_share WHERE NOT is_team AND grantee",
                "suspended_member WHERE user_id",
            ] {
                tx.execute(&format!("DELETE FROM {schema}.{what} = $1"), &[&id]).await?;
            }
        }
    }
    Ok(None)
}

/// Lets a member in again, with the roles that they have kept.
#[tracing::instrument(name = "member.let_in", skip_all, fields(tenant.id = %tx.scope().tenant(), user.id = %user))]
pub async fn let_in(tx: &TenantTx, user: UserId, origin: &Origin) -> Result<Option<UserError>, record::Error> {
    owners::hold(tx).await?;
    if let Some(refused) = may_manage(tx).await? {
        return Ok(Some(refused));
    }
    if let Some(refused) = of_owners(tx, user).await? {
        return Ok(Some(refused));
    }
    set_active(tx, user, true, origin).await?;
    let free = format!("DELETE FROM {}.suspended_member WHERE user_id = $1", tx.scope().schema());
    tx.execute(&free, &[&user.uuid()]).await?;
    Ok(None)
}

/// Refuses those who may not manage members.
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
    match may_manage(tx).await? {
        Some(refused) => Ok(Some(refused)),
        None => of_owners(tx, user).await,
    }
}

/// Owners are for owners to let in and out.
async fn of_owners(tx: &TenantTx, user: UserId) -> Result<Option<UserError>, DbError> {
    let actor = tx.scope().actor();
    let asks_as_owner = match actor.subject {
        Subject::System => true,
        Subject::ApiKey(_) => false,
        Subject::User(asker) => owners::is_owner(tx, asker.uuid()).await?,
    };
    let beyond = !asks_as_owner && owners::is_owner(tx, user.uuid()).await?;
    let message = "They are an owner of the workspace: only another owner can do that.";
    Ok(beyond.then(|| UserError::new(code::BEYOND_YOURS, message)))
}

/// Their user record says so too, and the log. One that is in the bin or gone stays so.
async fn set_active(tx: &TenantTx, user: UserId, active: bool, origin: &Origin) -> Result<(), record::Error> {
    let catalog = Catalog::with(&Registry::read(tx).await?);
    let Some(object) = catalog.object("User") else { return Ok(()) };
    let Json::Object(input) = json!({ "active": active }) else { return Ok(()) };
    record::update(tx, View::of_system(&catalog), object, user.uuid(), &input, None, origin).await?;
    Ok(())
}
