use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use serde_json::{Map, Value as Json, json};

use super::{
    cell::{self, Cells, Counts},
    layout::Layout,
};
use crate::import::{
    bind::{Pass, Place, Slot},
    mapping::Empty,
    problem::{Problem, code},
    reader::Record,
    report::Flaw,
};

/// A row on its way to become a record: its relations are still names.
#[derive(Debug, Clone)]
pub struct Draft {
    pub record: Record,
    pub input: Map<String, Json>,
    /// Slot and name of each related record.
    pub related: Vec<(usize, String)>,
}

/// What a row of a file comes to.
#[derive(Debug)]
pub enum Read {
    Draft(Draft),
    /// A rule of the mapping leaves it out.
    Skipped,
    /// It points to nothing, in a pass that is about relations alone.
    Idle,
    /// The same natural key as a row before, in a step that takes each once.
    Repeated,
    Refused(Record, Vec<Problem>),
}

/// Turns the rows of one file into drafts.
pub struct Filler {
    pub pass: Pass,
    pub layout: Layout,
    counts: Counts,
    /// Line of the first row with a natural key, by two hashes of it.
    seen: HashMap<(u64, u64), u64>,
    hashers: (RandomState, RandomState),
}

impl Filler {
    pub fn new(pass: Pass, layout: Layout) -> Self {
        let counts = Counts::new(pass.slots.len(), layout.clean.len());
        Self { pass, layout, counts, seen: HashMap::new(), hashers: <(RandomState, RandomState)>::default() }
    }

    pub fn read(&mut self, record: Record) -> Read {
        if let Some(problem) = self.misshapen(&record) {
            return Read::Refused(record, vec![problem]);
        }
        let Self { pass, layout, counts, .. } = self;
        let cells = Cells::of(&record, layout, counts);
        if !cells.keeps(&layout.rules) {
            return Read::Skipped;
        }
        let mut making = Making::default();
        for at in 0..pass.slots.len() {
            making.fill(&cells, layout, pass, at, counts);
        }
        if pass.relations_only && making.related.iter().all(|(slot, _)| pass.keys.contains(slot)) {
            return Read::Idle;
        }
        if making.problems.is_empty()
            && let Some(first) = self.repeats(&making, record.line)
        {
            if self.pass.step.distinct {
                return Read::Repeated;
            }
            making
                .problems
                .push(self.key_problem(code::DUPLICATE_KEY, format!("Line {first} has the same natural key.")));
        }
        let Making { input, related, problems } = making;
        if problems.is_empty() {
            Read::Draft(Draft { record, input, related })
        } else {
            Read::Refused(record, problems)
        }
    }

    fn misshapen(&self, record: &Record) -> Option<Problem> {
        let (has, wants) = (record.len(), self.layout.header.len());
        match has.cmp(&wants) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Less => Some((code::TOO_FEW_COLUMNS, &self.layout.header[has])),
            std::cmp::Ordering::Greater => Some((code::TOO_MANY_COLUMNS, self.layout.header.last()?)),
        }
        .map(|(code, column)| {
            Problem::new(code, format!("The row has {has} columns, the header {wants}.")).in_column(column)
        })
    }

    /// The line of a row before this one with the same natural key.
    fn repeats(&mut self, making: &Making, line: u64) -> Option<u64> {
        let mut key = String::new();
        for &slot in &self.pass.keys {
            match making.related.iter().find(|(at, _)| *at == slot) {
                Some((_, name)) => key.push_str(name),
                None => key
                    .push_str(&making.input.get(&self.pass.slots[slot].input).map(Json::to_string).unwrap_or_default()),
            }
            key.push('\u{1f}');
        }
        let hashes = (self.hashers.0.hash_one(&key), self.hashers.1.hash_one(&key));
        match self.seen.entry(hashes) {
            std::collections::hash_map::Entry::Occupied(seen) => Some(*seen.get()),
            std::collections::hash_map::Entry::Vacant(new) => {
                new.insert(line);
                None
            }
        }
    }

    fn key_problem(&self, code: &str, message: String) -> Problem {
        let column = self.pass.keys.first().and_then(|&key| self.layout.source_name(key));
        column.into_iter().fold(Problem::new(code, message), Problem::in_column)
    }

    /// What was not as it should be in the rows so far, in the order of the mapping.
    pub fn flaws(&self) -> Vec<Flaw> {
        let column =
            |slot: usize| self.layout.source_name(slot).unwrap_or(&self.pass.slots[slot].column.field).to_owned();
        let mut flaws = Vec::new();
        // A second pass reads the same cells again.
        let second = self.pass.relations_only;
        for ((at, values), counts) in self.layout.clean.iter().zip(&self.counts.cleaned).filter(|_| !second) {
            let name = self.layout.header.get(*at).cloned().unwrap_or_default();
            if self.feeds_encrypted(*at) {
                flaws.extend(untold(counts).map(|rows| Flaw::read_as(&name, ENCRYPTED, ENCRYPTED, rows)));
                continue;
            }
            flaws.extend(sorted(counts).map(|(from, rows)| Flaw::read_as(&name, from, &values[from], rows)));
        }
        for (at, slot) in self.pass.slots.iter().enumerate().filter(|(at, _)| !second || !self.pass.keys.contains(at)) {
            if slot.field.encrypted {
                let read_as = untold(&self.counts.translated[at]);
                flaws.extend(read_as.map(|rows| Flaw::read_as(&column(at), ENCRYPTED, ENCRYPTED, rows)));
                let left_out = untold(&self.counts.left_out[at]);
                flaws.extend(left_out.map(|rows| Flaw::left_out(&column(at), ENCRYPTED, rows)));
                if self.counts.empty[at] > 0 {
                    flaws.push(Flaw::empty(&column(at), self.counts.empty[at]));
                }
                continue;
            }
            let values = &slot.column.values;
            let translated = sorted(&self.counts.translated[at]);
            flaws.extend(translated.map(|(from, rows)| {
                Flaw::read_as(
                    &column(at),
                    from,
                    values.get(from).or(slot.column.default.as_ref()).map_or("", String::as_str),
                    rows,
                )
            }));
            flaws.extend(
                sorted(&self.counts.left_out[at]).map(|(value, rows)| Flaw::left_out(&column(at), value, rows)),
            );
            if self.counts.empty[at] > 0 {
                flaws.push(Flaw::empty(&column(at), self.counts.empty[at]));
            }
        }
        flaws
    }

    /// Whether an encrypted field is filled from this column.
    fn feeds_encrypted(&self, column: usize) -> bool {
        let fed = self.pass.slots.iter().zip(&self.layout.sources);
        fed.filter(|(slot, _)| slot.field.encrypted).any(|(_, from)| from.reads(column))
    }
}

/// What stands for a value of an encrypted field in a report, which is kept.
const ENCRYPTED: &str = "(encrypted)";

/// How many rows there were, whatever they held.
fn untold(counts: &HashMap<String, u64>) -> Option<u64> {
    Some(counts.values().sum()).filter(|rows| *rows > 0)
}

fn sorted(counts: &HashMap<String, u64>) -> impl Iterator<Item = (&str, u64)> {
    let mut counts: Vec<_> = counts.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    counts.into_iter()
}

#[derive(Default)]
struct Making {
    input: Map<String, Json>,
    related: Vec<(usize, String)>,
    problems: Vec<Problem>,
}

impl Making {
    fn fill(&mut self, cells: &Cells, layout: &Layout, pass: &Pass, at: usize, counts: &mut Counts) {
        let slot = &pass.slots[at];
        let text = cell::text(cells, layout, &pass.slots, at, counts);
        let in_column = |problem: Problem| problem.in_column(layout.source_name(at).unwrap_or(&slot.column.field));
        if text.is_empty() {
            if pass.keys.contains(&at) {
                let message =
                    format!("The row has no `{}`, which tells its record from the others.", slot.column.field);
                self.problems.push(in_column(Problem::new(code::MISSING_KEY, message)));
            } else if slot.column.empty == Empty::Clear && slot.place == Place::Whole {
                self.input.insert(slot.input.clone(), Json::Null);
            }
        } else if slot.target.is_some() {
            self.related.push((at, text.into_owned()));
        } else {
            match cell::value(cells, layout, slot, at, &text, counts) {
                Ok(Some(value)) => self.put(slot, value),
                Ok(None) => {}
                Err(problem) => self.problems.push(in_column(problem)),
            }
        }
    }

    fn put(&mut self, slot: &Slot, value: Json) {
        match &slot.place {
            Place::Whole => {
                self.input.insert(slot.input.clone(), value);
            }
            Place::Part(part) => {
                let whole = self.input.entry(slot.input.clone()).or_insert_with(|| json!({}));
                whole[part.as_str()] = value;
            }
        }
    }
}
