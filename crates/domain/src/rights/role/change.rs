use rapport_tenancy::{BuiltInRole, TenantTx};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{COLUMNS, MOST, Role, RoleInput, find_all, holders, input};
use crate::{
    catalog::registry::Refusal,
    record::{Origin, UserError, code},
    rights::{
        Administration, RoleRights, assign,
        held::{Answer, Held, told},
        note::{self, Note},
    },
    wire::JsonText,
};

/// Makes a role of the tenant's own.
pub async fn create(tx: &TenantTx, input: &RoleInput, origin: &Origin) -> Answer<Role> {
    let held = &Held::of(tx).await?;
    let done: Result<Role, Refusal> = async {
        held.allowed(Administration::Roles)?;
        let wanted = read(held, None, input)?;
        insert(held, wanted, origin).await
    }
    .await;
    told(done)
}

/// Makes a role that allows what another one does.
pub async fn copy(tx: &TenantTx, id: Uuid, name: &str, origin: &Origin) -> Answer<Role> {
    let held = &Held::of(tx).await?;
    let done: Result<Role, Refusal> = async {
        held.allowed(Administration::Roles)?;
        let role = existing(held, id).await?;
        let name = input::name(Some(name))?;
        held.within_own(&role.rights).map_err(|error| error.under("id"))?;
        let wanted = Wanted { name, description: role.description, rights: role.rights };
        insert(held, wanted, origin).await
    }
    .await;
    told(done)
}

/// Changes a role of the tenant's own. With `if_version`, only where nobody has changed it since.
pub async fn update(
    tx: &TenantTx,
    id: Uuid,
    input: &RoleInput,
    if_version: Option<i32>,
    origin: &Origin,
) -> Answer<Role> {
    let held = &Held::of(tx).await?;
    let done: Result<Role, Refusal> = async {
        held.allowed(Administration::Roles)?;
        let before = own(held, id).await?;
        if let Some(version) = if_version.filter(|version| *version != before.version) {
            let message =
                format!("The role is at version {} now, not {version}: someone changed it since.", before.version);
            return Err(UserError::new(code::VERSION_CONFLICT, message).under("ifVersion").into());
        }
        // Callers cannot take away rights that they do not have, either.
        held.within_own(&before.rights).map_err(|error| error.under("id"))?;
        let wanted = read(held, Some(&before), input)?;
        if (&wanted.name, &wanted.description, &wanted.rights) == (&before.name, &before.description, &before.rights) {
            return Ok(before);
        }
        free(held, &wanted.name, Some(id)).await?;
        assign::fits(held, &before, &Role { rights: wanted.rights.clone(), ..before.clone() }, "input").await?;
        let sql = format!(
            "UPDATE {}.role SET name = $2, description = $3, rights = $4, version = version + 1, updated_at = now() \
             WHERE id = $1 RETURNING {COLUMNS}",
            tx.scope().schema()
        );
        let row = tx.query(&sql, &[&id, &wanted.name, &wanted.description, &kept(&wanted.rights)]).await?;
        let Some(after) = row.first().map(Role::read) else { return Err(gone().into()) };
        note::enter(tx, origin, vec![Note::role("updated", &after).between(logged(&before), logged(&after))]).await?;
        Ok(after)
    }
    .await;
    told(done)
}

/// Removes a role. Its holders get `replace_with` instead; without that, a role with holders stays.
pub async fn delete(tx: &TenantTx, id: Uuid, replace_with: Option<Uuid>, origin: &Origin) -> Answer<Role> {
    let held = &Held::of(tx).await?;
    let done: Result<Role, Refusal> = async {
        held.allowed(Administration::Roles)?;
        let role = own(held, id).await?;
        held.within_own(&role.rights).map_err(|error| error.under("id"))?;
        let mut notes = Vec::new();
        match replace_with {
            Some(other) => {
                let other = replacement(held, id, other).await?;
                assign::fits(held, &role, &other, "replaceWith").await?;
                notes = assign::hand_over(tx, &role, &other).await?;
            }
            None => match holders(tx, id).await? {
                0 => {}
                holders => {
                    let who = if holders == 1 { "One has".into() } else { format!("{holders} have") };
                    let message =
                        format!("{who} this role: give them another one first, or say which in `replaceWith`.");
                    return Err(UserError::new(code::ROLE_IN_USE, message).under("id").into());
                }
            },
        }
        tx.execute(&format!("DELETE FROM {}.role WHERE id = $1", tx.scope().schema()), &[&id]).await?;
        notes.push(Note::role("deleted", &role).between(logged(&role), Map::new()));
        note::enter(tx, origin, notes).await?;
        Ok(role)
    }
    .await;
    told(done)
}

struct Wanted {
    name: String,
    description: Option<String>,
    rights: RoleRights,
}

/// The wanted role, checked: it allows nothing that the caller may not do.
fn read(held: &Held<'_>, before: Option<&Role>, given: &RoleInput) -> Result<Wanted, Vec<UserError>> {
    let mut errors = Vec::new();
    let name = match (before, &given.name) {
        (Some(before), None) => Ok(before.name.clone()),
        (_, name) => input::name(name.as_deref()),
    };
    let described = before.and_then(|before| before.description.as_deref());
    let description = input::description(&given.description, described);
    let rights = before.map(|role| role.rights.clone()).unwrap_or_default();
    let rights = input::rights(&held.catalog, rights, given).and_then(|rights| match held.within_own(&rights) {
        Ok(()) => Ok(rights),
        Err(error) => Err(vec![error]),
    });
    let name = name.map_err(|error| errors.push(error)).ok();
    let description = description.map_err(|error| errors.push(error)).ok();
    let rights = rights.map_err(|refused| errors.extend(refused)).ok();
    match (name, description, rights) {
        (Some(name), Some(description), Some(rights)) => Ok(Wanted { name, description, rights }),
        _ => Err(errors.into_iter().map(|error| error.under("input")).collect()),
    }
}

async fn insert(held: &Held<'_>, wanted: Wanted, origin: &Origin) -> Result<Role, Refusal> {
    let tx = held.tx;
    let schema = tx.scope().schema();
    let count = tx.query(&format!("SELECT count(*) FROM {schema}.role WHERE key IS NULL"), &[]).await?;
    let count: i64 = count.first().map_or(0, |row| row.get(0));
    if usize::try_from(count).is_ok_and(|count| count >= MOST) {
        let message = format!("There are {count} roles, and there can be {MOST} besides those of Rapport.");
        return Err(UserError::new(code::LIMIT_REACHED, message).into());
    }
    free(held, &wanted.name, None).await?;
    let sql = format!(
        "INSERT INTO {schema}.role (id, name, description, rights) VALUES ($1, $2, $3, $4) RETURNING {COLUMNS}"
    );
    let id = Uuid::now_v7();
    let rows = tx.query(&sql, &[&id, &wanted.name, &wanted.description, &kept(&wanted.rights)]).await?;
    let Some(role) = rows.first().map(Role::read) else { return Err(gone().into()) };
    note::enter(tx, origin, vec![Note::role("created", &role).between(Map::new(), logged(&role))]).await?;
    Ok(role)
}

/// Refuses the name of another role, whatever the case.
async fn free(held: &Held<'_>, name: &str, but: Option<Uuid>) -> Result<(), Refusal> {
    let sql = format!(
        "SELECT name FROM {}.role WHERE lower(name) = lower($1) AND id IS DISTINCT FROM $2",
        held.tx.scope().schema()
    );
    let rows = held.tx.query(&sql, &[&name, &but]).await?;
    let Some(taken) = rows.first().map(|row| row.get::<_, String>(0)) else { return Ok(()) };
    let error = UserError::new(code::NAME_TAKEN, format!("There is a role {taken} already.")).under("name");
    Err(error.under("input").into())
}

async fn existing(held: &Held<'_>, id: Uuid) -> Result<Role, Refusal> {
    Ok(find_all(held.tx, &[id]).await?.pop().ok_or_else(gone)?)
}

/// A role that can change.
async fn own(held: &Held<'_>, id: Uuid) -> Result<Role, Refusal> {
    let role = existing(held, id).await?;
    if role.built_in.is_none() {
        return Ok(role);
    }
    let message =
        format!("{} comes with Rapport and stays as it is: make a copy, with `copyRole`, and change that.", role.name);
    Err(UserError::new(code::BUILT_IN, message).under("id").into())
}

async fn replacement(held: &Held<'_>, gone: Uuid, id: Uuid) -> Result<Role, Refusal> {
    let here = |error: UserError| Refusal::from(error.under("replaceWith"));
    let role = find_all(held.tx, &[id]).await?.pop().filter(|role| role.id != gone);
    let role = role.ok_or_else(|| here(UserError::new(code::NOT_FOUND, "There is no other role with this id.")))?;
    if role.built_in == Some(BuiltInRole::Owner) {
        let message = "The role of owners is given to one at a time, with `setRoles`.";
        return Err(here(UserError::invalid(message)));
    }
    held.may_hand_on(&role).map_err(here)?;
    Ok(role)
}

fn gone() -> UserError {
    UserError::new(code::NOT_FOUND, "There is no role with this id.").under("id")
}

fn kept(rights: &RoleRights) -> JsonText {
    JsonText(serde_json::to_string(rights).unwrap_or_default())
}

/// The role as the log keeps it: by keys, which stay what they are.
fn logged(role: &Role) -> Map<String, Json> {
    let Role { name, description, rights, .. } = role;
    let rights = serde_json::to_value(rights).unwrap_or_default();
    match json!({"name": name, "description": description, "rights": rights}) {
        Json::Object(fields) => fields,
        _ => Map::new(),
    }
}
