//! Related records by the names that rows give them.

use std::collections::{BTreeSet, HashMap};

use rapport_tenancy::{DbError, TenantTx, ToSql};
use uuid::Uuid;

use super::bind::Target;
use crate::{
    catalog::{Field, Storage, types::Shape},
    plan::Sql,
    rights::View,
};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    One(Uuid),
    None,
    Several,
}

/// Names that are known already. Only records that are there are remembered, and only so many.
#[derive(Debug, Default)]
pub struct Known(HashMap<usize, HashMap<String, Uuid>>);

const REMEMBERED: usize = 200_000;

impl Known {
    /// Finds the records of the names that slot `slot` gives.
    pub async fn find(
        &mut self,
        tx: &TenantTx,
        view: View<'_>,
        slot: usize,
        target: &Target,
        names: BTreeSet<&str>,
    ) -> Result<HashMap<String, Found>, DbError> {
        let known = self.0.entry(slot).or_default();
        let (old, new): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| known.contains_key(*name));
        let mut found: HashMap<String, Found> =
            old.into_iter().map(|name| (name.to_owned(), Found::One(known[name]))).collect();
        if !new.is_empty() {
            let looked_up = look_up(tx, view, target, &new).await?;
            if known.len() + looked_up.len() > REMEMBERED {
                known.clear();
            }
            for (name, one) in looked_up {
                if let Found::One(id) = one {
                    known.insert(name.clone(), id);
                }
                found.insert(name, one);
            }
        }
        Ok(found)
    }

    pub fn remember(&mut self, slot: usize, name: &str, id: Uuid) {
        self.0.entry(slot).or_default().insert(name.to_owned(), id);
    }

    /// After a rollback nothing is certain.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// Names of people and companies are compared without regard to case where that finds nothing exact.
async fn look_up(
    tx: &TenantTx,
    view: View<'_>,
    target: &Target,
    names: &[&str],
) -> Result<HashMap<String, Found>, DbError> {
    let schema = tx.scope().schema();
    let kind = &target.by.kind;
    let names: Vec<(&str, String)> =
        names.iter().map(|name| (*name, kind.operand(name).unwrap_or_else(|| (*name).to_owned()))).collect();
    let normal: Vec<&str> = names.iter().map(|(_, normal)| normal.as_str()).collect();
    let value = value_of(&target.by);
    let by_name = target.by.name == target.object.name_field && matches!(target.by.storage, Storage::Column(_));
    let join = if by_name { format!("{value} COLLATE rapport.ci = k.name") } else { format!("{value} = k.name") };
    let mut conditions = String::new();
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&normal];
    let mut guard = Sql::behind(schema, view, 1 + target.within.len());
    for within in &target.within {
        params.push(&within.value);
        let place = params.len();
        let column = value_of(&within.field);
        let condition = match &within.through {
            None => format!(" AND {column} = ${place}"),
            Some((object, named_by)) => format!(
                " AND {column} IN (SELECT t.id::text FROM {} AS t WHERE t.deleted_at IS NULL AND {} = ${place})",
                guard.rows(object),
                value_of(named_by)
            ),
        };
        conditions.push_str(&condition);
    }
    let sql = format!(
        "SELECT k.name, t.id, {value} = k.name FROM unnest($1::text[]) AS k(name) JOIN {} AS t ON {join} \
         WHERE t.deleted_at IS NULL{conditions}",
        guard.rows(&target.object)
    );
    params.extend(guard.params());
    let mut matches: HashMap<String, (Vec<Uuid>, Vec<Uuid>)> = HashMap::new();
    for row in tx.query(&sql, &params).await? {
        let (exact, alike) = matches.entry(row.get(0)).or_default();
        if row.get(2) { exact.push(row.get(1)) } else { alike.push(row.get(1)) }
    }
    let found = |name: &str| match matches.get(name).map(|(exact, alike)| if exact.is_empty() { alike } else { exact })
    {
        Some(ids) if ids.len() == 1 => Found::One(ids[0]),
        Some(_) => Found::Several,
        None => Found::None,
    };
    Ok(names.iter().map(|(name, normal)| ((*name).to_owned(), found(normal))).collect())
}

/// The field as a text that names can be compared with.
fn value_of(field: &Field) -> String {
    match &field.storage {
        Storage::Column(column) if field.kind.shape() == Shape::Text => {
            format!("t.\"{column}\"")
        }
        Storage::Column(column) => format!("t.\"{column}\"::text"),
        Storage::Custom(key) => format!("t.custom->>'{}'", key.replace('\'', "''")),
        Storage::Money { .. } | Storage::Elsewhere => "NULL::text".into(),
    }
}
