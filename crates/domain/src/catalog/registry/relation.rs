//! Relations between objects: a field that points to one record, and the list at its other end.

use serde_json::{Map, Value as Json, json};

use super::{
    FieldRow,
    create::read as read_field,
    held::{Done, Held, Refusal},
    input::Reader,
    name,
};
use crate::{
    catalog::{Object, field::sentence_case},
    record::{UserError, code, shown},
};

pub(super) fn is_relation(type_name: &str) -> bool {
    matches!(type_name, "USER" | "RELATION")
}

/// Takes what the input says of a relation into the row.
pub(super) fn read(reader: &mut Reader<'_>, held: &Held<'_>, object: &Object, row: &mut FieldRow) {
    if !is_relation(&row.type_name) {
        refuse_parts(reader, &["target", "inverse", "inverseLabel"]);
        return;
    }
    let Some(target) = target(reader, held, row) else { return };
    if let Some(error) = name::relation_refusal(held, object, &row.name).filter(|_| !row.name.is_empty()) {
        reader.refuse("name", error);
    }
    row.settings.target = (row.type_name == "RELATION").then(|| target.name.to_string());
    row.settings.inverse = inverse(reader, held, object, target, &row.name, None);
    row.settings.inverse_label = reader.label("inverseLabel");
    if row.settings.inverse.is_none() && reader.value("inverseLabel").is_some() && reader.value("inverse").is_none() {
        reader.refuse("inverseLabel", UserError::invalid("There is no `inverse` that it would be the label of."));
    }
}

/// Refuses what only relations have.
pub(super) fn refuse_parts(reader: &mut Reader<'_>, keys: &[&str]) {
    for key in keys {
        if reader.value(key).is_some() {
            reader.refuse(key, UserError::invalid(format!("Only a relation has `{key}`.")));
        }
    }
}

/// The name of the list at the other end, where one is wanted. `own` is its present one.
pub(super) fn inverse(
    reader: &mut Reader<'_>,
    held: &Held<'_>,
    object: &Object,
    target: &Object,
    name: &str,
    own: Option<&str>,
) -> Option<String> {
    let wanted = reader.text("inverse")?;
    let same = target.name == object.name && wanted.eq_ignore_ascii_case(name);
    let error = name::refusal(held, target, wanted, own).or_else(|| {
        same.then(|| UserError::new(code::NAME_TAKEN, "The two ends of a relation need names that differ."))
    });
    match error {
        Some(error) => {
            reader.refuse("inverse", error);
            None
        }
        None => Some(wanted.to_owned()),
    }
}

fn target<'h>(reader: &mut Reader<'_>, held: &'h Held<'_>, row: &FieldRow) -> Option<&'h Object> {
    if row.type_name == "USER" {
        if reader.value("target").is_some_and(|target| target != "User") {
            reader.refuse(
                "target",
                UserError::invalid("A field of type USER points to a User. Use RELATION for others."),
            );
        }
        return held.catalog.object("User").map(|object| &**object);
    }
    let Some(name) = reader.text("target") else {
        if reader.value("target").is_none() {
            reader.refuse(
                "target",
                UserError::new(code::REQUIRED, "A relation needs the object that it points to: `target`."),
            );
        }
        return None;
    };
    let target = held.catalog.object(name);
    if target.is_none() {
        let message = format!("There is no object {} that a relation could point to.", shown(&name.into()));
        reader.refuse("target", UserError::new(code::NOT_FOUND, message));
    }
    target.map(|object| &**object)
}

/// A relation to many is the other end of one to one: `{ name: "memberships", target: "Membership", many: true, inverse: "member" }`
/// of Contact makes the field `member` of Membership.
pub(super) async fn create_from_other_side(
    held: &Held<'_>,
    object: &Object,
    input: &Map<String, Json>,
) -> Result<Done, Refusal> {
    let text = |key: &str| input.get(key).and_then(Json::as_str);
    let needed = |key: &str, message: &str| UserError::new(code::REQUIRED, message).under(key).under("input");
    if text("type") != Some("RELATION") {
        return Err(UserError::invalid("Only a RELATION can be to many.").under("many").under("input").into());
    }
    let target =
        text("target").ok_or_else(|| needed("target", "A relation needs the object that it points to: `target`."))?;
    let inverse = text("inverse").ok_or_else(|| {
        needed(
            "inverse",
            "A relation to many is kept by its other side: say what the field there is called, in `inverse`.",
        )
    })?;
    let other = held.catalog.object(target).ok_or_else(|| {
        let message = format!("There is no object {} that a relation could point to.", shown(&target.into()));
        UserError::new(code::NOT_FOUND, message).under("target").under("input")
    })?;
    let name = text("name").ok_or_else(|| needed("name", "A field needs a name."))?;
    let mut turned = Map::new();
    turned.insert("name".into(), json!(inverse));
    turned.insert("type".into(), json!("RELATION"));
    turned.insert("target".into(), json!(object.name));
    turned.insert("inverse".into(), json!(name));
    let label = text("label").map_or_else(|| sentence_case(name), str::to_owned);
    turned.insert("inverseLabel".into(), json!(label));
    for (from, to) in
        [("inverseLabel", "label"), ("description", "description"), ("help", "help"), ("restricted", "restricted")]
    {
        if let Some(value) = input.get(from) {
            turned.insert(to.into(), value.clone());
        }
    }
    let mut row = read_field(held, other, &turned).map_err(turned_back)?;
    super::create::check_indexes(held, other, &row).await?;
    row.changed_in = held.next_version();
    row.insert(held.tx).await?;
    Ok(Done {
        object: held.catalog.object(&object.name).cloned(),
        field: row.inverse().map(|(_, field)| field.into()),
        changed: true,
    })
}

/// Errors about one side are about what the caller said of the other.
fn turned_back(errors: Vec<UserError>) -> Vec<UserError> {
    let turn = |mut error: UserError| {
        if let Some(key) = error.field.get_mut(1) {
            match key.as_str() {
                "name" => *key = "inverse".into(),
                "inverse" => *key = "name".into(),
                "label" => *key = "inverseLabel".into(),
                "inverseLabel" => *key = "label".into(),
                _ => {}
            }
        }
        error
    };
    errors.into_iter().map(turn).collect()
}
