use std::collections::HashMap;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    super::{
        Registry,
        held::{Held, Refusal},
    },
    convert::{Converter, Taken},
    target::{self, Target},
};
use crate::{
    catalog::Catalog,
    record::{Origin, UserError},
    rights,
};

const AT_A_TIME: i64 = 5_000;

/// What a conversion would do to the records as they are now.
#[derive(Debug, Default)]
pub struct Preview {
    pub total: i64,
    pub convertible: i64,
    pub failing: i64,
    /// The first of those that fail.
    pub failures: Vec<Failure>,
    pub user_errors: Vec<UserError>,
}

#[derive(Debug)]
pub struct Failure {
    pub record: Uuid,
    pub value: String,
    pub code: &'static str,
    pub message: String,
}

/// Converts every value and keeps none. Others change the registry meanwhile.
pub async fn preview(
    tx: &TenantTx,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
    most: usize,
) -> Result<Preview, DbError> {
    let registry = Registry::read(tx).await?;
    let catalog = Catalog::with(&registry).into();
    let rights = rights::load(tx).await?.rights;
    let held = Held { tx, origin: &Origin::default(), registry, catalog, version: 0, rights };
    match look(&held, object, name, input, most).await {
        Ok(preview) => Ok(preview),
        Err(Refusal::Error(user_errors)) => Ok(Preview { user_errors, ..Preview::default() }),
        Err(Refusal::Database(error)) => Err(error),
    }
}

async fn look(
    held: &Held<'_>,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
    most: usize,
) -> Result<Preview, Refusal> {
    let Target { object, row, before, after } = target::read(held, object, name, input).await?;
    let mut preview = Preview::default();
    let Some(converter) = Converter::new(object, row, &before, &after) else { return Ok(preview) };
    let sql = format!(
        "SELECT id, custom->$2::text, deleted_at IS NULL FROM {} AS t WHERE id > $1 AND custom ? $2 ORDER BY id LIMIT {AT_A_TIME}",
        object.rows(held.tx.scope().schema())
    );
    let (mut last, mut holders) = (Uuid::nil(), HashMap::new());
    loop {
        let rows = held.tx.query(&sql, &[&last, &row.key]).await?;
        for found in &rows {
            let (record, kept, live): (Uuid, Json, bool) = (found.get(0), found.get(1), found.get(2));
            last = record;
            preview.total += 1;
            let error = match converter.take(&kept) {
                Taken::Refused(error) => Some(error),
                Taken::Value(value) if converter.to.unique && live => {
                    let holder = *holders.entry(value.to_custom().to_string()).or_insert(record);
                    (holder != record).then(|| converter.duplicate(&value, holder))
                }
                Taken::Value(_) | Taken::Blank => None,
            };
            let Some(error) = error else {
                preview.convertible += 1;
                continue;
            };
            preview.failing += 1;
            if preview.failures.len() < most {
                let UserError { code, message, .. } = error;
                preview.failures.push(Failure { record, value: before.shown(&kept), code, message });
            }
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < AT_A_TIME {
            return Ok(preview);
        }
    }
}
