//! A step of a mapping bound to the catalog: every field it names is there and may be written by the caller.

mod slot;
mod target;

use std::sync::Arc;

pub use self::{
    slot::{Place, Slot},
    target::Target,
};
use super::{
    mapping::{Column, From, Mapping, Missing, Step},
    problem::{Problem, code, did_you_mean},
};
use crate::{
    catalog::{Catalog, Kind, Object},
    rights::Action,
};

/// One pass over the rows of a step. A step whose rows point to rows of the same step takes two: a child may come
/// before its parent.
#[derive(Debug, Clone)]
pub struct Pass {
    pub name: String,
    pub step: Arc<Step>,
    pub object: Arc<Object>,
    pub slots: Vec<Slot>,
    /// Positions in `slots` of the natural key.
    pub keys: Vec<usize>,
    /// The second of two passes: only rows that point somewhere count.
    pub relations_only: bool,
}

impl Pass {
    /// The file that it reads; none for rows in the mapping.
    pub fn file(&self) -> Option<&str> {
        match &self.step.from {
            From::File(file) => Some(&file.name),
            From::Rows(_) => None,
        }
    }

    /// Whether what becomes of a row does not depend on the rows before it, so that several batches can be written at the
    /// same time: one unique column tells the records, nothing else must be unique, and no related record is created.
    pub fn is_free_of_order(&self) -> bool {
        let by_column = |slot: &Slot| slot.field.unique && !slot.field.is_custom();
        let is_key = |at: usize| self.keys == [at];
        self.slots.iter().enumerate().all(|(at, slot)| {
            let creates = slot.target.as_ref().is_some_and(|target| target.missing == Missing::Create);
            !creates && if is_key(at) { by_column(slot) } else { !slot.field.unique }
        }) && self.keys.len() == 1
    }

    /// The natural key as the record engine takes it.
    pub fn match_on(&self) -> Vec<&str> {
        self.keys.iter().map(|&key| self.slots[key].input.as_str()).collect()
    }
}

/// Binds every step, or says all that is wrong.
pub fn bind(mapping: &Mapping, name: &str, catalog: &Catalog) -> Result<Vec<Pass>, Vec<Problem>> {
    let (mut passes, mut problems) = (Vec::new(), Vec::new());
    for step in &mapping.steps {
        match passes_of(step, catalog) {
            Ok(of_step) => passes.extend(of_step),
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| problem.in_file(name))),
        }
    }
    if problems.is_empty() { Ok(passes) } else { Err(problems) }
}

fn passes_of(step: &Step, catalog: &Catalog) -> Result<Vec<Pass>, Vec<Problem>> {
    let object = object(step, catalog).map_err(|problem| vec![problem])?;
    let (mut slots, mut problems) = (Vec::new(), Vec::new());
    for column in &step.columns {
        match slot::bind(column, &object, catalog) {
            Ok(slot) => slots.push(slot),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(repeated(&step.columns));
    problems.extend(
        slots.iter().filter(|slot| step.match_on.contains(&slot.column.field) && !slot.field.kind.is_matchable()).map(
            |slot| {
                let message = format!("Records cannot be matched on `{}`.", slot.column.field);
                Problem::new(code::INVALID_MAPPING, message).at_line(slot.column.line)
            },
        ),
    );
    let keys: Vec<_> =
        step.match_on.iter().filter_map(|field| slots.iter().position(|slot| slot.column.field == *field)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let whole = Pass {
        name: step.name.clone(),
        step: Arc::new(step.clone()),
        object: object.clone(),
        slots,
        keys,
        relations_only: false,
    };
    Ok(split(whole))
}

fn object(step: &Step, catalog: &Catalog) -> Result<Arc<Object>, Problem> {
    let here = |code, message: String| Problem::new(code, format!("`{}`: {message}", step.name)).at_line(step.line);
    let object = catalog.object(&step.object).ok_or_else(|| {
        let hint = did_you_mean(&step.object, catalog.objects().iter().map(|object| &*object.name));
        here(code::INVALID_MAPPING, format!("there is no object `{}`.{hint}", step.object))
    })?;
    let granted = catalog.granted(object);
    if granted.import && granted.create && !granted.reach(Action::Update).is_none() {
        Ok(object.clone())
    } else {
        let message = format!("you may not import {}.", object.label_plural.to_lowercase());
        Err(here(code::FORBIDDEN, message))
    }
}

fn repeated(columns: &[Column]) -> Vec<Problem> {
    let twice = |(at, column): (usize, &Column)| {
        columns[..at].iter().any(|before| before.field == column.field).then(|| {
            let message = format!("`{}` is filled twice.", column.field);
            Problem::new(code::INVALID_MAPPING, message).at_line(column.line)
        })
    };
    columns.iter().enumerate().filter_map(twice).collect()
}

/// Relations to the step's own object wait for a second pass, when all of its rows are there.
fn split(whole: Pass) -> Vec<Pass> {
    let own = |slot: &Slot| slot.target.as_ref().is_some_and(|target| target.object.name == whole.object.name);
    let waits: Vec<bool> =
        whole.slots.iter().enumerate().map(|(at, slot)| own(slot) && !whole.keys.contains(&at)).collect();
    if !waits.contains(&true) {
        return vec![whole];
    }
    let part = |keep: &dyn Fn(usize) -> bool| {
        let places: Vec<usize> = (0..whole.slots.len()).filter(|&at| keep(at)).collect();
        Pass {
            slots: places.iter().map(|&at| whole.slots[at].clone()).collect(),
            keys: whole.keys.iter().filter_map(|key| places.iter().position(|at| at == key)).collect(),
            ..whole.clone()
        }
    };
    let first = part(&|at| !waits[at]);
    let mut second = part(&|at| waits[at] || whole.keys.contains(&at));
    let names: Vec<&str> =
        whole.slots.iter().zip(&waits).filter(|(_, waits)| **waits).map(|(slot, _)| &*slot.field.name).collect();
    second.name = format!("{}: {}", whole.name, names.join(", "));
    second.relations_only = true;
    vec![first, second]
}

/// Whether an import can fill fields of this kind.
fn is_importable(kind: &Kind) -> bool {
    !matches!(kind, Kind::Many { .. } | Kind::Id)
}
