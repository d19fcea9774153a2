//! Who may change which user records: nobody changes a user who has more rights. A workspace always has an owner who can
//! sign in.

use rapport_tenancy::{Subject, UserId};
use uuid::Uuid;

use super::{
    Error, UserError,
    change::Change,
    outcome::Tally,
    refusal::code,
    value::Stored,
    write::{Write, keep},
};
use crate::rights::{Giver, assign};

/// Refuses the changes of user records that the caller may not make, and leaves them out. `is_gone` tells which changes
/// take a user away.
pub(super) async fn check(
    write: Write<'_>,
    changes: &mut Vec<Change>,
    tally: &mut Tally,
    is_gone: impl Fn(&Change) -> bool,
) -> Result<(), Error> {
    if &*write.object.key() != "users" {
        return Ok(());
    }
    stay_within(write, changes, tally).await?;
    owners_stay(write, changes, tally, is_gone).await
}

/// Refuses to change users who have more rights than the caller.
async fn stay_within(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    if write.view.catalog.rights().is_everything() {
        return Ok(());
    }
    let caller = write.tx.scope().actor().user_id().map(UserId::uuid);
    let others = || changes.iter().map(|change| change.after.id).filter(|id| Some(*id) != caller);
    let roles = assign::of_each(write.tx, &others().collect::<Vec<_>>()).await?;
    if roles.is_empty() {
        return Ok(());
    }
    let giver = Giver::of(write.tx).await?;
    for change in changes.iter() {
        let refused = roles.get(&change.after.id).and_then(|roles| giver.may_edit(write.catalog, roles).err());
        if let (Some(row), Some(error)) = (change.row, refused) {
            tally.refuse(row, error.under("id"));
        }
    }
    keep(changes, tally);
    Ok(())
}

/// Only owners take an owner away, and never the last one.
async fn owners_stay(
    write: Write<'_>,
    changes: &mut Vec<Change>,
    tally: &mut Tally,
    is_gone: impl Fn(&Change) -> bool,
) -> Result<(), Error> {
    if !changes.iter().any(&is_gone) {
        return Ok(());
    }
    let owners = assign::owners(write.tx).await?;
    let gone: Vec<Uuid> = changes.iter().filter(|change| is_gone(change)).map(|change| change.after.id).collect();
    let asks_as_owner = match write.tx.scope().actor().subject {
        Subject::User(user) => owners.contains(&user.uuid()),
        Subject::ApiKey(_) => false,
        Subject::System => true,
    };
    let (code, message) = if !asks_as_owner {
        (code::BEYOND_YOURS, "They are an owner of the workspace: only another owner can do that.")
    } else if !owners.is_empty() && owners.iter().all(|owner| gone.contains(owner)) {
        (code::LAST_OWNER, "No owner would be left: make somebody else an owner first.")
    } else {
        return Ok(());
    };
    for row in changes.iter().filter(|change| owners.contains(&change.after.id)).filter_map(|change| change.row) {
        tally.refuse(row, UserError::new(code, message).under("id"));
    }
    keep(changes, tally);
    Ok(())
}

/// Whether a change deletes or deactivates a user who could act.
pub(super) fn stops(write: Write<'_>, change: &Change) -> bool {
    let active = write.object.position("active").or_else(|| write.object.position("activeStandard"));
    let is_active = |value: Option<&Stored>| value == Some(&Stored::Boolean(true));
    let was = active.is_none_or(|at| is_active(change.before(at)));
    let is = active.is_none_or(|at| is_active(change.after(at)));
    let was_there = change.before.as_ref().is_some_and(|before| !before.deleted);
    was_there && was && (change.after.deleted || !is)
}
