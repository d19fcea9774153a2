//! How the fields of an object stand on the page of a record: in sections, in order.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rapport_tenancy::{DbError, TenantConn, TenantTx};
use serde_json::Value as Json;

use super::{
    Answer,
    held::{Done, Held, Refusal},
    input::text_error,
};
use crate::{
    catalog::object::Section,
    record::{Origin, UserError, code, shown},
};

const MOST_SECTIONS: usize = 50;
const LABEL: usize = 100;

/// Arranges the fields of an object. Those that are in no section come last, as they were made.
pub async fn arrange_fields(
    tx: &TenantTx,
    origin: &Origin,
    object: &str,
    sections: &[Json],
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        let (mut read, mut errors, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        if sections.len() > MOST_SECTIONS {
            let message = format!("A page has at most {MOST_SECTIONS} sections, this has {}.", sections.len());
            return Err(UserError::new(code::LIMIT_REACHED, message).under("sections").into());
        }
        for (at, section) in sections.iter().enumerate() {
            let mut refuse = |path: &[&str], error: UserError| {
                let error = path.iter().rev().fold(error, |error, step| error.under(*step));
                errors.push(error.under(at.to_string()).under("sections"));
            };
            let label = section.get("label").and_then(Json::as_str).map(str::trim).filter(|label| !label.is_empty());
            if let Some(error) = label.and_then(|label| text_error(label, LABEL)) {
                refuse(&["label"], error);
            }
            let names = section.get("fields").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let mut fields: Vec<Arc<str>> = Vec::with_capacity(names.len());
            for (place, name) in names.iter().enumerate() {
                let place = place.to_string();
                match name.as_str().and_then(|name| object.field(name)) {
                    None => {
                        let message = format!("{} has no field {}.", object.label, shown(name));
                        refuse(&["fields", &place], UserError::new(code::UNKNOWN_FIELD, message));
                    }
                    Some(field) if !seen.insert(field.name.clone()) => {
                        let message = format!("`{}` is there twice.", field.name);
                        refuse(&["fields", &place], UserError::new(code::DUPLICATE, message));
                    }
                    Some(field) => fields.push(field.name.clone()),
                }
            }
            read.push(Section { label: label.map(Into::into), fields });
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        write(tx, &object.name, &read).await?;
        Ok(Done::object(object.clone()))
    }
    .await;
    held.finish(done).await
}

/// Has the layout follow a field that has another name now.
pub(super) async fn rename(held: &Held<'_>, object: &str, from: &str, to: &str) -> Result<(), DbError> {
    let Some(sections) = held.registry.layouts.get(object) else { return Ok(()) };
    let mut sections = sections.clone();
    for name in sections.iter_mut().flat_map(|section| &mut section.fields) {
        if **name == *from {
            *name = to.into();
        }
    }
    write(held.tx, object, &sections).await
}

async fn write(tx: &TenantTx, object: &str, sections: &[Section]) -> Result<(), DbError> {
    let schema = tx.scope().schema();
    if sections.is_empty() {
        let sql = format!("DELETE FROM {schema}.metadata_layout WHERE object = $1");
        return tx.execute(&sql, &[&object]).await.map(|_| ());
    }
    let sql = format!(
        "INSERT INTO {schema}.metadata_layout (object, sections) VALUES ($1, $2) ON CONFLICT (object) DO UPDATE SET sections = excluded.sections"
    );
    let sections = serde_json::to_value(sections).unwrap_or_default();
    tx.execute(&sql, &[&object, &sections]).await.map(|_| ())
}

pub(super) async fn read(conn: &TenantConn) -> Result<HashMap<String, Vec<Section>>, DbError> {
    let sql = format!("SELECT object, sections FROM {}.metadata_layout", conn.scope().schema());
    let rows = conn.query(&sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), serde_json::from_value(row.get(1)).unwrap_or_default())).collect())
}
