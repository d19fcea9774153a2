//! Names of a tenant's own fields and objects: what GraphQL takes and nothing else has.

use super::{State, held::Held};
use crate::{
    catalog::Object,
    record::{UserError, code, shown},
};

/// Words of filters, which stand beside fields there.
const RESERVED: [&str; 3] = ["and", "or", "not"];
const LONGEST: usize = 63;

/// Why a field of `object` cannot be called `name`; `own` is the field's present name, if it has one.
pub(super) fn refusal(held: &Held<'_>, object: &Object, name: &str, own: Option<&str>) -> Option<UserError> {
    if !is_shaped(name, char::is_lowercase) {
        let message = format!(
            "{} is not a field's name: it starts with a small letter, goes on with letters and digits, and has at most {LONGEST} of them.",
            shown(&name.into())
        );
        return Some(UserError::new(code::INVALID_NAME, message));
    }
    let taken = |message: String| Some(UserError::new(code::NAME_TAKEN, message));
    if RESERVED.contains(&name) {
        return taken(format!("`{name}` is a word of filters."));
    }
    if own == Some(name) {
        return None;
    }
    for holder in holders(held, object).filter(|holder| Some(&*holder.name) != own) {
        if holder.name == name {
            return taken(match holder.what {
                Standing::Live => format!("{} has a field `{name}` already.", object.label),
                Standing::Archived => {
                    format!(
                        "{} has a field `{name}` already. It is archived: restore it, or delete it first.",
                        object.label
                    )
                }
                Standing::Standard => format!("{} has a standard field `{name}` already.", object.label),
            });
        }
        if holder.name.eq_ignore_ascii_case(name) {
            return taken(format!("`{name}` differs from the field `{}` in nothing but case.", holder.name));
        }
        if holder.is_relation && format!("{}Id", holder.name) == name {
            return taken(format!("`{name}` is the id of `{}`.", holder.name));
        }
    }
    None
}

/// Why a relation cannot be called `name`: its id needs one as well.
pub(super) fn relation_refusal(held: &Held<'_>, object: &Object, name: &str) -> Option<UserError> {
    let id = format!("{name}Id");
    holders(held, object).find(|holder| holder.name.eq_ignore_ascii_case(&id)).map(|holder| {
        let message =
            format!("A relation `{name}` is written as `{id}`, and {} has a field `{}`.", object.label, holder.name);
        UserError::new(code::NAME_TAKEN, message)
    })
}

struct Holder {
    name: String,
    what: Standing,
    is_relation: bool,
}

#[derive(Clone, Copy)]
enum Standing {
    Standard,
    Live,
    Archived,
}

/// Every name of a field that the object has, shown or archived, and the lists that relations give it.
fn holders(held: &Held<'_>, object: &Object) -> impl Iterator<Item = Holder> {
    let standard = object.fields().iter().filter(|field| !field.is_custom()).map(|field| Holder {
        name: field.name.to_string(),
        what: Standing::Standard,
        is_relation: field.id_name().is_some(),
    });
    let what = |state| if state == State::Live { Standing::Live } else { Standing::Archived };
    let own = held.rows_of(&object.name).map(move |row| Holder {
        name: row.name.clone(),
        what: what(row.state),
        is_relation: matches!(row.type_name.as_str(), "USER" | "RELATION"),
    });
    let rows = held.registry.fields.iter().filter(|row| row.state != State::Deleted);
    let inverse = rows.filter_map(move |row| {
        let (target, field) = row.inverse()?;
        (*object.name == target).then(|| Holder {
            name: field.name.to_string(),
            what: what(row.state),
            is_relation: false,
        })
    });
    standard.chain(own).chain(inverse).collect::<Vec<_>>().into_iter()
}

/// Why an object cannot have these names. `taken` knows what else the graph calls by such names.
pub(super) fn object_refusals(held: &Held<'_>, object: &Object, taken: &Taken<'_>) -> Vec<(&'static str, UserError)> {
    let mut refusals = Vec::new();
    if !is_shaped(&object.name, char::is_uppercase) {
        let message = format!(
            "{} is not an object's name: it starts with a capital, goes on with letters and digits, and has at most {LONGEST} of them.",
            shown(&(&*object.name).into())
        );
        refusals.push(("name", UserError::new(code::INVALID_NAME, message)));
    }
    if !is_shaped(&object.plural, char::is_lowercase) {
        let message = format!(
            "{} is not a plural: it has nothing but letters and digits, at most {LONGEST} of them, and starts with a letter.",
            shown(&(&*object.plural).into())
        );
        refusals.push(("plural", UserError::new(code::INVALID_NAME, message)));
    }
    if !refusals.is_empty() {
        return refusals;
    }
    if object.singular.eq_ignore_ascii_case(&object.plural) {
        let message = "The plural must differ from the name: one is for one record, the other for several.";
        refusals.push(("plural", UserError::new(code::NAME_TAKEN, message)));
    }
    let standard = held.catalog.objects().iter().filter(|known| known.custom.is_none());
    let known = standard.map(|known| (known.name.to_string(), known.plural.to_string(), false));
    let rows = held.registry.objects.iter().filter(|row| row.state != State::Deleted && !row.standard);
    let own = rows.map(|row| (row.name.clone(), row.plural.clone(), row.state == State::Archived));
    for (name, plural, archived) in known.chain(own) {
        let hint = if archived { " It is archived: restore it, or delete it first." } else { "" };
        for (key, wanted) in [("name", &*object.name), ("plural", &*object.plural)] {
            if [&name, &plural].into_iter().any(|known| known.eq_ignore_ascii_case(wanted)) {
                let message = format!("There is an object {name}, {plural}, already.{hint}");
                refusals.push((key, UserError::new(code::NAME_TAKEN, message)));
            }
        }
    }
    if let (true, Some(name)) = (refusals.is_empty(), taken(object)) {
        let message = format!("The graph has a `{name}` already, which this object would be called by as well.");
        refusals.push(("name", UserError::new(code::NAME_TAKEN, message)));
    }
    refusals
}

/// The first of the names that an object brings to the graph which something else has.
pub type Taken<'t> = dyn Fn(&Object) -> Option<String> + Sync + 't;

fn is_shaped(name: &str, first: impl Fn(char) -> bool) -> bool {
    name.len() <= LONGEST
        && name.chars().next().is_some_and(|letter| letter.is_ascii() && first(letter))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
