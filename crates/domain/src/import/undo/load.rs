use std::collections::{HashMap, HashSet};

use rapport_tenancy::{DbError, TenantConn};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    catalog::{Kind, Object, Source},
    plan,
    record::Input,
    rights::View,
};

/// A record that an import wrote.
#[derive(Debug, Clone)]
pub struct Touched {
    pub object: String,
    pub id: Uuid,
    /// After the import was done with it.
    pub version: i32,
    pub created: bool,
}

/// How a record stands now.
pub struct Standing {
    pub version: i32,
    pub deleted: bool,
}

/// What an import wrote, the last first.
pub async fn touched(conn: &TenantConn, import: Uuid) -> Result<Vec<Touched>, DbError> {
    let sql = format!(
        "SELECT object, record_id, max(version), bool_or(type LIKE '%.created') FROM {}.event WHERE import_id = $1 AND record_id IS NOT NULL \
         GROUP BY object, record_id ORDER BY min(id) DESC",
        conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&import]).await?;
    let version = |row: &rapport_tenancy::Row| row.get::<_, Option<i32>>(2).unwrap_or_default();
    Ok(rows
        .iter()
        .map(|row| Touched { object: row.get(0), id: row.get(1), version: version(row), created: row.get(3) })
        .collect())
}

/// Locks the records until the transaction ends.
pub async fn standing(
    conn: &TenantConn,
    object: &Object,
    group: &[Touched],
) -> Result<HashMap<Uuid, Standing>, DbError> {
    let ids: Vec<Uuid> = group.iter().map(|record| record.id).collect();
    let sql = format!(
        "SELECT id, version, deleted_at IS NOT NULL FROM {} AS t WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        object.rows(conn.scope().schema())
    );
    let rows = conn.query(&sql, &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get(0), Standing { version: row.get(1), deleted: row.get(2) })).collect())
}

/// Which of the records others point to, and what those are called, where whoever undoes sees all of them. Records that go as
/// well do not count.
pub async fn needed(
    conn: &TenantConn,
    view: View<'_>,
    object: &Object,
    ids: &[Uuid],
    going: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, String>, DbError> {
    let mut needed = HashMap::new();
    for from in view.catalog.whole().objects() {
        for field in from.fields() {
            let points_here = matches!(&field.kind, Kind::One(target) if *target == object.name);
            let pointer = plan::pointer(field, "t").filter(|_| points_here && field.source != Source::System);
            let Some(pointer) = pointer else { continue };
            let sql = format!(
                "SELECT id, {pointer} FROM {} AS t WHERE {pointer} = ANY($1) AND deleted_at IS NULL",
                from.rows(conn.scope().schema())
            );
            let named = view.catalog.shows_all(&from.name, &field.name);
            let name = if named { &from.label_plural } else { "Other records" };
            for row in conn.query(&sql, &[&ids]).await? {
                let own = from.name == object.name && going.contains(&row.get::<_, Uuid>(0));
                if !own {
                    needed.insert(row.get(1), name.to_owned());
                }
            }
        }
    }
    Ok(needed)
}

/// What the changed fields of records held before the import, as inputs; and the records with an encrypted field whose value
/// before is not known, with its label: the log does not have it.
pub async fn before(
    conn: &TenantConn,
    object: &Object,
    import: Uuid,
    ids: &[Uuid],
) -> Result<(HashMap<Uuid, Input>, HashMap<Uuid, String>), DbError> {
    let sql = format!(
        "SELECT record_id, before FROM {}.event WHERE import_id = $1 AND object = $2 AND record_id = ANY($3) AND before IS NOT NULL ORDER BY id DESC",
        conn.scope().schema()
    );
    let mut inputs: HashMap<Uuid, Input> = HashMap::new();
    let mut sealed = HashMap::new();
    for row in conn.query(&sql, &[&import, &&*object.name, &ids]).await? {
        let Json::Object(before) = row.get::<_, Json>(1) else { continue };
        let input = inputs.entry(row.get(0)).or_default();
        // The oldest comes last and has the last word.
        for (name, value) in before.into_iter().filter(|(name, _)| is_written(object, name)) {
            match object.field(&name).filter(|field| field.encrypted && !value.is_null()) {
                Some(field) => {
                    input.remove(&name);
                    sealed.insert(row.get(0), field.label.to_string());
                }
                None => {
                    input.insert(name, value);
                }
            }
        }
    }
    Ok((inputs, sealed))
}

fn is_written(object: &Object, name: &str) -> bool {
    let field = object.field(name).or_else(|| object.field_by_id_name(name));
    field.is_some_and(|field| field.source == Source::Caller)
}
