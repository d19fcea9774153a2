//! A workspace always has an owner who can sign in: the user of the last owner stays, and stays active. Only owners
//! take owners away.

use rapport_tenancy::Subject;
use uuid::Uuid;

use super::{
    Error, UserError,
    change::Change,
    outcome::Tally,
    refusal::code,
    value::Stored,
    write::{Write, keep},
};
use crate::rights::assign;

/// Refuses the changes that would take away an owner who has to stay, and leaves them out. `gone` tells which changes
/// take a user away.
pub(super) async fn check(
    write: Write<'_>,
    changes: &mut Vec<Change>,
    tally: &mut Tally,
    is_gone: impl Fn(&Change) -> bool,
) -> Result<(), Error> {
    if &*write.object.key() != "users" || !changes.iter().any(&is_gone) {
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
