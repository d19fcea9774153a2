use std::collections::{BTreeMap, HashMap};

use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, Input, Mode, Origin, RowResult, UserError, acyclic,
    change::{Change, Record, input_name},
    column, create as creation, input,
    lock::Locks,
    outcome::Tally,
    refusal::code,
    secret::{self, Given, Secrets},
    unique,
    update::{self, Wanted},
    value::Stored,
    write::Write,
};
use crate::{
    catalog::{Object, Storage},
    plan::Sql,
    rights::{Action, View},
    wire::JsonText,
};

/// Updates the live record that has the same values in all fields of `match_on`, or creates one.
#[tracing::instrument(name = "record.upsert", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = inputs.len()))]
pub async fn upsert(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    inputs: &[Input],
    match_on: &[&str],
    mode: Mode,
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    let write = Write::new(tx, view, object, origin);
    let allowed = write.tally_of_new(inputs.len(), mode).and_then(|_| write.tally(Action::Update, inputs.len(), mode));
    let mut tally = match allowed {
        Ok(tally) => tally,
        Err(refused) => return Ok(refused.finish()),
    };
    let object = write.object;
    let keys = match keys(write, match_on) {
        Ok(keys) => keys,
        Err(error) => {
            tally.refuse_all(&error);
            return Ok(tally.finish());
        }
    };
    let (mut rows, secrets) = rows(write, inputs, &keys, &mut tally).await?;
    if tally.is_lost() {
        return Ok(tally.finish());
    }
    write.plan_for(rows.len()).await?;
    let mut locks = Locks::default();
    // Writers of the same value of an indexed unique column meet at its index; the others would both create.
    let meet_at_index = keys.iter().any(|at| unique::is_indexed(&object.fields()[*at]));
    for row in &rows {
        unique::want_locks(tx, object, &row.given.values, &mut locks);
        acyclic::want_locks(tx, object, &row.given.values, &mut locks);
        if meet_at_index {
            continue;
        }
        locks.want(tx, object, keys.iter().zip(&row.key).map(|(at, stored)| (&*object.fields()[*at], stored)));
    }
    locks.take(tx).await?;
    // A second time for records that someone else creates between the look and the insert.
    for last in [false, true] {
        let found = matches(write, &keys, &rows).await?;
        let (known, new): (Vec<_>, Vec<_>) =
            refuse_ambiguous(rows, &found, &mut tally).into_iter().partition(|row| found.contains_key(&row.at));
        let wanted = known.into_iter().map(|row| Wanted {
            row: row.at,
            id: found[&row.at][0],
            given: row.given,
            if_version: None,
        });
        update::apply(write, &secrets, wanted.collect(), &mut tally).await?;
        rows = create(write, &secrets, new, &mut tally, last).await?;
        if rows.is_empty() || tally.is_lost() {
            break;
        }
    }
    Ok(tally.finish())
}

/// Of several records that match, this many are named.
const NAMED: usize = 5;

/// One row of the batch, with its values of the fields to match on.
struct Row {
    at: usize,
    given: Given,
    key: Vec<Stored>,
}

/// Positions of the fields to match on.
fn keys(write: Write<'_>, match_on: &[&str]) -> Result<Vec<usize>, UserError> {
    let object = write.object;
    if match_on.is_empty() {
        return Err(UserError::new(code::REQUIRED, "Say which fields to match on.").under("matchOn"));
    }
    let mut keys = Vec::new();
    for (place, name) in match_on.iter().enumerate() {
        let here = |error: UserError| error.under(place.to_string()).under("matchOn");
        let at = input::field_named(write, name).map_err(here)?;
        let field = &object.fields()[at];
        let is_seen = write.seen().and_then(|seen| seen.field(&field.name)).is_some_and(|field| field.is_comparable());
        if !field.kind.is_matchable() || !is_seen {
            return Err(here(UserError::invalid(format!(
                "Records cannot be matched on {}.",
                field.label.to_lowercase()
            ))));
        }
        if !keys.contains(&at) {
            keys.push(at);
        }
    }
    Ok(keys)
}

/// Reads the inputs; refuses those without a value to match on, and those that would match the same record.
async fn rows(
    write: Write<'_>,
    inputs: &[Input],
    keys: &[usize],
    tally: &mut Tally,
) -> Result<(Vec<Row>, Secrets), Error> {
    let Write { tx, object, .. } = write;
    let mut rows: Vec<Row> = Vec::with_capacity(inputs.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut read = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        let (values, errors) = input::read(write, input);
        tally.refuse_for(at, errors);
        read.push(values);
    }
    let secrets = Secrets::of(tx, object, read.iter()).await?;
    for (at, values) in read.into_iter().enumerate() {
        let given = secrets.conceal(object, values)?;
        let mut key = Vec::with_capacity(keys.len());
        for wanted in keys {
            let field = &object.fields()[*wanted];
            match given.values.iter().find(|(position, _)| position == wanted) {
                Some((_, Some(stored))) => key.push(stored.clone()),
                _ if tally.is_refused(at) => {}
                _ => tally.refuse(
                    at,
                    UserError::new(code::REQUIRED, format!("{} is needed to match on.", field.label))
                        .under(input_name(field)),
                ),
            }
        }
        if tally.is_refused(at) {
            continue;
        }
        let text: Vec<String> = key.iter().map(|stored| stored.to_custom().to_string()).collect();
        if let Some(first) = seen.insert(text.join(","), at) {
            let message = format!("Row {first} of this batch matches on the same values.");
            tally.refuse(at, UserError::new(code::DUPLICATE, message).under(input_name(&object.fields()[keys[0]])));
            continue;
        }
        rows.push(Row { at, given, key });
    }
    Ok((rows, secrets))
}

/// The live records that each row matches.
async fn matches(write: Write<'_>, keys: &[usize], rows: &[Row]) -> Result<BTreeMap<usize, Vec<Uuid>>, Error> {
    let object = write.object;
    let (mut arrays, mut names, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    let mut bound: Vec<column::Parameter> = Vec::new();
    for (place, at) in keys.iter().enumerate() {
        let field = &object.fields()[*at];
        let values = || rows.iter().map(move |row| &row.key[place]);
        let (array_type, condition) = match &field.storage {
            Storage::Custom(key) => {
                let documents = values().map(|stored| JsonText(secret::containment(field, key, stored).to_string()));
                bound.push(Box::new(documents.collect::<Vec<_>>()));
                ("jsonb[]", format!("t.custom @> u.k{place}"))
            }
            Storage::Column(name) => {
                bound.push(column::array(&field.kind, values().map(Some)));
                (column::array_type(&field.kind), format!("t.\"{name}\" = u.k{place}{}", column::cast(&field.kind)))
            }
            Storage::Money { .. } | Storage::Elsewhere => continue,
        };
        arrays.push(format!("${}::{array_type}", bound.len()));
        names.push(format!("k{place}"));
        conditions.push(condition);
    }
    let mut guard = Sql::behind(write.tx.scope().schema(), write.view, bound.len());
    let sql = format!(
        "SELECT u.place, t.id FROM unnest({}) WITH ORDINALITY AS u({}, place) CROSS JOIN LATERAL \
         (SELECT id FROM {} AS t WHERE {} AND t.deleted_at IS NULL LIMIT {NAMED}) AS t ORDER BY t.id",
        arrays.join(", "),
        names.join(", "),
        guard.rows(object),
        conditions.join(" AND ")
    );
    let mut parameters: Vec<&(dyn rapport_tenancy::ToSql + Sync)> = bound.iter().map(|value| &**value as _).collect();
    parameters.extend(guard.params());
    let mut found: BTreeMap<usize, Vec<Uuid>> = BTreeMap::new();
    for answer in write.tx.query(&sql, &parameters).await? {
        let place: i64 = answer.get(0);
        if let Some(row) = usize::try_from(place - 1).ok().and_then(|place| rows.get(place)) {
            found.entry(row.at).or_default().push(answer.get(1));
        }
    }
    Ok(found)
}

fn refuse_ambiguous(rows: Vec<Row>, found: &BTreeMap<usize, Vec<Uuid>>, tally: &mut Tally) -> Vec<Row> {
    let ambiguous = |row: &Row| found.get(&row.at).is_some_and(|ids| ids.len() > 1);
    let (refused, good): (Vec<_>, Vec<_>) = rows.into_iter().partition(ambiguous);
    for row in refused {
        let ids: Vec<String> = found[&row.at].iter().map(Uuid::to_string).collect();
        let message = format!("Several records match: {}.", ids.join(", "));
        tally.refuse(row.at, UserError::new(code::CONFLICT, message));
    }
    good
}

/// Creates the rows that match nothing; answers those that someone else created meanwhile, unless this is the last try.
async fn create(
    write: Write<'_>,
    secrets: &Secrets,
    rows: Vec<Row>,
    tally: &mut Tally,
    last: bool,
) -> Result<Vec<Row>, Error> {
    if rows.is_empty() || tally.is_lost() {
        return Ok(Vec::new());
    }
    let changes = rows.iter().map(|row| {
        let mut change = Change::creation(row.at, Record::new(write.object, Uuid::now_v7()));
        secrets.give(write.object, &mut change, row.given.clone())?;
        Ok(change)
    });
    let taken = creation::insert_some(write, changes.collect::<Result<_, Error>>()?, tally).await?;
    if last {
        creation::explain(write, &taken, tally).await?;
        return Ok(Vec::new());
    }
    Ok(rows.into_iter().filter(|row| taken.iter().any(|change| change.row == Some(row.at))).collect())
}
