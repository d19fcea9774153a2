//! Values under one key become values under the other, so many records at a time.

use std::collections::HashMap;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    convert::{Converter, Taken},
    store::{self, Conversion},
};
use crate::{
    catalog::Object,
    record::{Stored, UserError},
    wire::JsonText,
};

const AT_A_TIME: i64 = 1_000;

/// What became of a page of records.
#[derive(Default)]
struct Page {
    /// With the kept form of the new value.
    converted: Vec<(Uuid, Json)>,
    left: Vec<(Uuid, Json, Option<UserError>)>,
}

/// Converts what is left to convert beyond the record `after`. Answers the last record of a full page, `None` at the end.
/// The records keep their version and their log: what they say is the same.
pub(super) async fn page(
    tx: &TenantTx,
    conversion: &Conversion,
    converter: &Converter<'_>,
    after: Uuid,
) -> Result<Option<Uuid>, DbError> {
    let schema = tx.scope().schema();
    let sql = format!(
        "SELECT id, custom->$2::text, deleted_at IS NULL FROM {} AS t WHERE id > $1 AND custom ? $2 AND NOT custom ? $3 \
         AND NOT EXISTS (SELECT FROM {schema}.metadata_conversion_failure AS l WHERE l.conversion = $4 AND l.record = t.id \
           AND l.value = t.custom->$2::text) ORDER BY id LIMIT {AT_A_TIME} FOR NO KEY UPDATE OF t",
        converter.object.rows(schema)
    );
    let rows = tx.query(&sql, &[&after, &conversion.old_key, &conversion.new_key, &conversion.id]).await?;
    let (mut page, mut claims) = (Page::default(), Vec::new());
    for row in &rows {
        let (record, kept, live): (Uuid, Json, bool) = (row.get(0), row.get(1), row.get(2));
        match converter.take(&kept) {
            Taken::Value(value) if converter.to.unique && live => claims.push((record, kept, value)),
            Taken::Value(value) => page.converted.push((record, value.to_custom())),
            Taken::Blank => page.left.push((record, kept, None)),
            Taken::Refused(error) => page.left.push((record, kept, Some(error))),
        }
    }
    claim(tx, conversion, converter, claims, &mut page).await?;
    let blank = page.left.iter().filter(|(.., error)| error.is_none()).count();
    let done = i64::try_from(page.converted.len() + blank).unwrap_or_default();
    write(tx, conversion, converter.object, page).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|read| read == AT_A_TIME);
    let last = rows.last().map(|row| row.get(0)).filter(|_| is_full);
    store::advance(tx, conversion.id, last.unwrap_or(Uuid::max()), done).await?;
    Ok(last)
}

/// Values that only one record may have go to the first.
async fn claim(
    tx: &TenantTx,
    conversion: &Conversion,
    converter: &Converter<'_>,
    claims: Vec<(Uuid, Json, Stored)>,
    page: &mut Page,
) -> Result<(), DbError> {
    if claims.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT u.place, t.id FROM unnest($1::jsonb[]) WITH ORDINALITY AS u(value, place) CROSS JOIN LATERAL \
         (SELECT id FROM {} AS t WHERE t.custom @> u.value AND t.deleted_at IS NULL LIMIT 1) AS t",
        converter.object.rows(tx.scope().schema())
    );
    let wanted = |value: &Stored| JsonText(json!({ &*conversion.new_key: value.to_custom() }).to_string());
    let values: Vec<_> = claims.iter().map(|(.., value)| wanted(value)).collect();
    let taken: HashMap<i64, Uuid> =
        tx.query(&sql, &[&values]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut holders = HashMap::new();
    for (place, (record, kept, value)) in (1..).zip(claims) {
        let custom = value.to_custom();
        let holder = taken.get(&place).copied().unwrap_or_else(|| *holders.entry(custom.to_string()).or_insert(record));
        if holder == record {
            page.converted.push((record, custom));
        } else {
            page.left.push((record, kept, Some(converter.duplicate(&value, holder))));
        }
    }
    Ok(())
}

async fn write(tx: &TenantTx, conversion: &Conversion, object: &Object, page: Page) -> Result<(), DbError> {
    let schema = tx.scope().schema();
    if !page.converted.is_empty() {
        let (records, values): (Vec<Uuid>, Vec<JsonText>) =
            page.converted.into_iter().map(|(record, value)| (record, JsonText(value.to_string()))).unzip();
        let sql = format!(
            "UPDATE {schema}.\"{}\" AS t SET custom = t.custom || jsonb_build_object($1::text, u.value) \
             FROM unnest($2::uuid[], $3::jsonb[]) AS u(id, value) WHERE t.id = u.id",
            object.table
        );
        tx.execute(&sql, &[&conversion.new_key, &records, &values]).await?;
        let sql =
            format!("DELETE FROM {schema}.metadata_conversion_failure WHERE conversion = $1 AND record = ANY($2)");
        tx.execute(&sql, &[&conversion.id, &records]).await?;
    }
    if page.left.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {schema}.metadata_conversion_failure (conversion, record, value, code, message) \
         SELECT $1, u.* FROM unnest($2::uuid[], $3::jsonb[], $4::text[], $5::text[]) AS u \
         ON CONFLICT (conversion, record) DO UPDATE SET value = excluded.value, code = excluded.code, message = excluded.message"
    );
    let records: Vec<Uuid> = page.left.iter().map(|(record, ..)| *record).collect();
    let values: Vec<JsonText> = page.left.iter().map(|(_, kept, _)| JsonText(kept.to_string())).collect();
    let error = |part: fn(&UserError) -> &str| -> Vec<Option<&str>> {
        page.left.iter().map(|(.., error)| error.as_ref().map(part)).collect()
    };
    let (codes, messages) = (error(|error| error.code), error(|error| &error.message));
    tx.execute(&sql, &[&conversion.id, &records, &values, &codes, &messages]).await.map(|_| ())
}

/// Forgets what was wrong with values that are not there any more, and counts what is. Answers how many do not convert.
pub(super) async fn settle(tx: &TenantTx, conversion: &Conversion, object: &Object) -> Result<i64, DbError> {
    let (schema, rows) = (tx.scope().schema(), object.rows(tx.scope().schema()));
    let sql = format!(
        "DELETE FROM {schema}.metadata_conversion_failure AS l WHERE conversion = $1 \
         AND NOT EXISTS (SELECT FROM {rows} AS t WHERE t.id = l.record AND t.custom->$2::text = l.value)"
    );
    tx.execute(&sql, &[&conversion.id, &conversion.old_key]).await?;
    let sql = format!(
        "WITH held AS (SELECT count(*) AS total FROM {rows} AS t WHERE custom ? $2), \
           lost AS (SELECT count(*) AS failed FROM {schema}.metadata_conversion_failure WHERE conversion = $1 AND message IS NOT NULL) \
         UPDATE {schema}.metadata_conversion SET total = held.total, done = held.total - lost.failed FROM held, lost WHERE id = $1 \
         RETURNING lost.failed"
    );
    let rows = tx.query(&sql, &[&conversion.id, &conversion.old_key]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}
