//! Mutations of records: the write and what is told of it in one transaction.

use std::{collections::HashMap, slice, sync::Arc};

use rapport_domain::{
    plan::{self, Step, Unreadable, Written},
    query::{Arg, Keyed, Variables},
    record::{self, Mode, Origin, Outcome, RowResult, UserError},
    rights::View,
};
use rapport_tenancy::{TenantDb, TenantTx};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    code,
    failure::Failure,
    lower::{BatchPart, ErrorPart, PayloadPart, Write},
    names::Verb,
};

/// The most records that one mutation touches.
const MOST_ROWS: usize = 1_000;

/// Does what the mutation says, and answers with its payload as JSON.
pub async fn run(
    write: &Write,
    db: &TenantDb,
    view: View<'_>,
    variables: &Variables,
    origin: &Origin,
) -> Result<Written, Failure> {
    let tx = db.begin().await?;
    let run = Run { write, tx: &tx, view, variables, origin };
    match run.outcome().await {
        Ok((out, Keep::All)) => {
            tx.commit().await?;
            Ok(out)
        }
        outcome => {
            let undone = run.looked_for();
            tx.rollback().await;
            // The log lost with the rest what the mutation looked for, and its answer tells something of that.
            if let Some(filter) = undone {
                plan::note_filter(&*db.session().await?, view, &write.object, &filter, origin).await?;
            }
            outcome.map(|(out, _)| out)
        }
    }
}

/// What becomes of a mutation that ran.
enum Keep {
    All,
    Nothing,
}

struct Run<'r> {
    write: &'r Write,
    tx: &'r TenantTx,
    view: View<'r>,
    variables: &'r Variables,
    origin: &'r Origin,
}

impl Run<'_> {
    async fn outcome(&self) -> Result<(Written, Keep), Failure> {
        let results = self.act().await?;
        let lost = results.iter().any(|row| row.outcome == Outcome::NotApplied)
            || (self.is_atomic()? && results.iter().any(|row| row.outcome == Outcome::Refused));
        let mut out = Written { json: Vec::with_capacity(512), unreadable: Vec::new() };
        self.payload(&results, lost, &mut out).await?;
        Ok((out, if lost { Keep::Nothing } else { Keep::All }))
    }

    /// The filter of a mutation that has one.
    fn looked_for(&self) -> Option<Value> {
        matches!(self.write.verb, Verb::UpdateMany).then(|| self.write.args.filter.resolve(self.variables)).flatten()
    }

    async fn act(&self) -> Result<Vec<RowResult>, Failure> {
        let (tx, view, object, origin) = (self.tx, self.view, &*self.write.object, self.origin);
        let args = &self.write.args;
        let mode = if self.is_atomic()? { Mode::Atomic } else { Mode::Partial };
        Ok(match self.write.verb {
            Verb::Create => {
                record::create(tx, view, object, &[self.input(&args.input, "input")?], mode, origin).await?
            }
            Verb::CreateMany => {
                let rows = record::create(tx, view, object, &self.inputs()?, mode, origin).await?;
                in_batch(rows)
            }
            Verb::UpsertMany => {
                let keys = self.match_on()?;
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let rows = record::upsert(tx, view, object, &self.inputs()?, &keys, mode, origin).await?;
                in_batch(rows)
            }
            Verb::Update => {
                let input = self.input(&args.input, "input")?;
                let version = match args.if_version.resolve(self.variables) {
                    None | Some(Value::Null) => None,
                    Some(value) => Some(int(&value, "ifVersion")?),
                };
                vec![record::update(tx, view, object, self.id()?, &input, version, origin).await?]
            }
            Verb::UpdateMany => {
                let filter = args.filter.resolve(self.variables).unwrap_or_default();
                let ids = plan::matching_ids(tx, view, object, &filter, MOST_ROWS, origin).await?;
                let input = self.input(&args.input, "input")?;
                record::update_many(tx, view, object, &ids, &input, origin).await?
            }
            Verb::Delete => record::delete(tx, view, object, &[self.id()?], origin).await?,
            Verb::Restore => record::restore(tx, view, object, &[self.id()?], origin).await?,
            Verb::Destroy => record::destroy(tx, view, object, &[self.id()?], origin).await?,
            Verb::Get | Verb::List | Verb::Aggregate => Vec::new(),
        })
    }

    fn is_atomic(&self) -> Result<bool, Failure> {
        match self.write.args.atomic.resolve(self.variables) {
            None | Some(Value::Null) => Ok(true),
            Some(Value::Bool(atomic)) => Ok(atomic),
            Some(_) => Err(wrong("atomic", "needs true or false")),
        }
    }

    fn id(&self) -> Result<Uuid, Failure> {
        let id = self.write.args.id.resolve(self.variables);
        let id = id.as_ref().and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
        id.ok_or_else(|| wrong("id", "is not an id"))
    }

    fn input(&self, arg: &Arg, name: &str) -> Result<Map<String, Value>, Failure> {
        match arg.resolve(self.variables) {
            Some(Value::Object(input)) => Ok(input),
            _ => Err(wrong(name, "needs an object")),
        }
    }

    fn inputs(&self) -> Result<Vec<Map<String, Value>>, Failure> {
        let inputs = match self.write.args.inputs.resolve(self.variables) {
            Some(Value::Array(inputs)) => inputs,
            // The language takes one value for a list of one.
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(wrong("inputs", "needs a list")),
        };
        if inputs.len() > MOST_ROWS {
            return Err(wrong(
                "inputs",
                &format!("has {} rows; {MOST_ROWS} go at once, more as an import", inputs.len()),
            ));
        }
        let input = |(at, input)| match input {
            Value::Object(input) => Ok(input),
            _ => Err(wrong(&format!("inputs.{at}"), "needs an object")),
        };
        inputs.into_iter().enumerate().map(input).collect()
    }

    fn match_on(&self) -> Result<Vec<String>, Failure> {
        let fields = match self.write.args.match_on.resolve(self.variables) {
            Some(Value::Array(fields)) => fields,
            Some(one @ Value::String(_)) => vec![one],
            _ => Vec::new(),
        };
        let names: Vec<String> = fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect();
        if names.is_empty() || names.len() != fields.len() {
            return Err(wrong("matchOn", "needs at least one field"));
        }
        Ok(names)
    }

    async fn payload(&self, results: &[RowResult], lost: bool, out: &mut Written) -> Result<(), Failure> {
        if !self.write.verb.is_batch() {
            let Some(row) = results.first() else {
                return Err(Failure::new(code::INTERNAL, code::INTERNAL_MESSAGE));
            };
            let records = self.records(&self.write.payload, &[], results, lost).await?;
            result(&self.write.payload, row, lost, &records, &[], out);
            return Ok(());
        }
        out.json.push(b'{');
        for (at, part) in self.write.batch.iter().enumerate() {
            key(&mut out.json, at, &part.key);
            match &part.what {
                BatchPart::Constant(text) => json(&mut out.json, text),
                BatchPart::Results(parts) => {
                    let records = self.records(parts, slice::from_ref(&part.key), results, lost).await?;
                    out.json.push(b'[');
                    for (at, row) in results.iter().enumerate() {
                        if at > 0 {
                            out.json.push(b',');
                        }
                        result(parts, row, lost, &records, &[Step::Key(part.key.clone()), Step::Index(at)], out);
                    }
                    out.json.push(b']');
                }
            }
        }
        out.json.push(b'}');
        Ok(())
    }

    /// The records that each part asks for, in the order of the parts: one statement a part, however many rows. The
    /// parts stand below `path`.
    async fn records(
        &self,
        parts: &[Keyed<PayloadPart>],
        path: &[Arc<str>],
        results: &[RowResult],
        lost: bool,
    ) -> Result<Vec<HashMap<Uuid, Written>>, Failure> {
        let ids: Vec<Uuid> = results.iter().filter_map(|result| result.id.filter(|_| !lost)).collect();
        let mut records = Vec::new();
        for part in parts {
            records.push(match &part.what {
                PayloadPart::Record(plan) if !ids.is_empty() => {
                    let read = plan.run_for(self.tx, self.view.viewer, &ids, self.variables, self.origin).await;
                    read.map_err(|error| error.below(slice::from_ref(&part.key)).below(path))?
                }
                _ => HashMap::new(),
            });
        }
        Ok(records)
    }
}

fn result(
    parts: &[Keyed<PayloadPart>],
    row: &RowResult,
    lost: bool,
    records: &[HashMap<Uuid, Written>],
    path: &[Step],
    written: &mut Written,
) {
    let id = row.id.filter(|_| !lost);
    let Written { json: out, unreadable } = written;
    out.push(b'{');
    for (at, part) in parts.iter().enumerate() {
        key(out, at, &part.key);
        match &part.what {
            PayloadPart::Constant(text) => json(out, text),
            PayloadPart::Id => json(out, &id),
            PayloadPart::Outcome => json(out, row.outcome.as_str()),
            PayloadPart::Record(_) => match id.and_then(|id| records[at].get(&id)) {
                Some(record) => {
                    out.extend_from_slice(&record.json);
                    let path = || path.iter().cloned().chain([Step::Key(part.key.clone())]);
                    let below = |value: &Unreadable| Unreadable {
                        path: path().chain(value.path.iter().cloned()).collect(),
                        ..value.clone()
                    };
                    unreadable.extend(record.unreadable.iter().map(below));
                }
                None => out.extend_from_slice(b"null"),
            },
            PayloadPart::UserErrors(parts) => user_errors(parts, &row.user_errors, out),
        }
    }
    out.push(b'}');
}

fn user_errors(parts: &[Keyed<ErrorPart>], errors: &[UserError], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, error) in errors.iter().enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        if at > 0 {
            out.push(b'{');
        }
        for (at, part) in parts.iter().enumerate() {
            key(out, at, &part.key);
            match &part.what {
                ErrorPart::Constant(text) => json(out, text),
                ErrorPart::Code => json(out, error.code),
                ErrorPart::Field => json(out, &error.field),
                ErrorPart::Message => json(out, &error.message),
            }
        }
        out.push(b'}');
    }
    out.push(b']');
}

fn in_batch(rows: Vec<RowResult>) -> Vec<RowResult> {
    rows.into_iter().enumerate().map(|(at, row)| row.in_batch("inputs", at)).collect()
}

fn int(value: &Value, at: &str) -> Result<i32, Failure> {
    value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| wrong(at, "needs a whole number"))
}

fn wrong(at: &str, message: &str) -> Failure {
    Failure { argument: Some(at.to_owned()), ..Failure::new(code::BAD_USER_INPUT, format!("`{at}` {message}.")) }
}

fn key(out: &mut Vec<u8>, at: usize, key: &str) {
    if at > 0 {
        out.push(b',');
    }
    json(out, key);
    out.push(b':');
}

fn json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("writing to a vector cannot fail");
}
