use std::{borrow::Cow, collections::HashMap};

use serde_json::Value as Json;

use super::layout::{From, Layout, Money};
use crate::{
    catalog::types::cell::Cell,
    import::{
        bind::{Place, Slot},
        mapping::{Invalid, Rule, Unmatched},
        problem::{Problem, code},
        reader::Record,
    },
    record,
};

/// A row with its cells trimmed and cleaned.
pub(super) struct Cells<'r> {
    record: &'r Record,
    cleaned: Vec<(usize, &'r str)>,
}

impl<'r> Cells<'r> {
    pub fn of(record: &'r Record, layout: &'r Layout, counts: &mut Counts) -> Self {
        let mut cleaned = Vec::new();
        for (at, (column, values)) in layout.clean.iter().enumerate() {
            let raw = record.get(*column).trim();
            if let Some(read_as) = values.get(raw) {
                Counts::count(&mut counts.cleaned[at], raw);
                cleaned.push((*column, read_as.trim()));
            }
        }
        Self { record, cleaned }
    }

    pub fn get(&self, column: usize) -> &'r str {
        let cleaned = self.cleaned.iter().find(|(at, _)| *at == column).map(|&(_, text)| text);
        cleaned.unwrap_or_else(|| self.record.get(column).trim())
    }

    pub fn keeps(&self, rules: &[(usize, Rule)]) -> bool {
        rules.iter().all(|(column, rule)| {
            let value = self.get(*column);
            match rule {
                Rule::NotBlank(_) => !value.is_empty(),
                Rule::OneOf(_, values) => values.iter().any(|one| one == value),
                Rule::NoneOf(_, values) => !values.iter().any(|one| one == value),
            }
        })
    }

    fn source(&self, from: &'r From) -> Cow<'r, str> {
        match from {
            From::Column(at) => Cow::Borrowed(self.get(*at)),
            From::Constant(text) => Cow::Borrowed(text),
            From::Template(templates, places) => {
                let value = |name: &str| places.get(name).map(|at| self.get(*at)).filter(|text| !text.is_empty());
                Cow::Owned(templates.iter().find_map(|template| template.fill(value)).unwrap_or_default())
            }
        }
    }
}

/// What a cell says, before it is a value of a kind.
pub(super) fn text<'r>(
    cells: &Cells<'r>,
    layout: &'r Layout,
    slots: &'r [Slot],
    at: usize,
    counts: &mut Counts,
) -> Cow<'r, str> {
    let slot = &slots[at];
    let mut text = cells.source(&layout.sources[at]);
    if text.is_empty() {
        counts.empty[at] += u64::from(matches!(layout.sources[at], From::Column(_)));
    } else if let Some(read_as) = slot.column.values.get(&*text) {
        Counts::count(&mut counts.translated[at], &text);
        text = Cow::Borrowed(read_as);
    }
    match &slot.column.default {
        Some(default) if text.is_empty() => Cow::Borrowed(default),
        _ => text,
    }
}

/// A text that is not empty as a value; `None` where the mapping says that what cannot be read is left out.
pub(super) fn value(
    cells: &Cells,
    layout: &Layout,
    slot: &Slot,
    at: usize,
    text: &str,
    counts: &mut Counts,
) -> Result<Option<Json>, Problem> {
    let currency = layout.currencies[at].as_ref().map(|money| match money {
        Money::Constant(code) => code.as_str(),
        Money::Column(column) => cells.get(*column),
    });
    let read = |text: &str| {
        let cell = Cell { text, format: &slot.column.format, options: &slot.options, currency };
        match slot.field.kind.value().filter(|_| slot.place == Place::Whole) {
            Some(value) => value.read(&cell),
            None => Ok(Json::from(text)),
        }
    };
    match read(text) {
        Ok(value) => Ok(Some(value)),
        Err(problem) if problem.code == code::UNKNOWN_OPTION && slot.column.unmatched == Unmatched::Default => {
            Counts::count(&mut counts.translated[at], text);
            let default = slot.column.default.as_deref().unwrap_or_default();
            read(default).map(Some)
        }
        Err(problem) => {
            let left_out = if problem.code == code::UNKNOWN_OPTION {
                slot.column.unmatched == Unmatched::Empty
            } else {
                slot.column.invalid == Invalid::Empty
            };
            if !left_out {
                return Err(untold(slot, problem));
            }
            Counts::count(&mut counts.left_out[at], text);
            Ok(None)
        }
    }
}

/// A report is kept: it does not repeat what an encrypted field was given.
fn untold(slot: &Slot, problem: Problem) -> Problem {
    if !slot.field.encrypted {
        return problem;
    }
    Problem { message: format!("Expected {}.", record::expected(&slot.field.kind)), ..problem }
}

/// How often what was not as it should be; by slot, or by cleaned column.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub cleaned: Vec<HashMap<String, u64>>,
    pub translated: Vec<HashMap<String, u64>>,
    pub left_out: Vec<HashMap<String, u64>>,
    pub empty: Vec<u64>,
}

/// Beyond so many different values of a column they are counted together, under this name.
const DIFFERENT: usize = 500;
const OTHERS: &str = "…";

impl Counts {
    pub(super) fn new(slots: usize, cleaned: usize) -> Self {
        Self {
            cleaned: vec![HashMap::new(); cleaned],
            translated: vec![HashMap::new(); slots],
            left_out: vec![HashMap::new(); slots],
            empty: vec![0; slots],
        }
    }

    fn count(counts: &mut HashMap<String, u64>, value: &str) {
        let value = if counts.len() < DIFFERENT || counts.contains_key(value) { value } else { OTHERS };
        match counts.get_mut(value) {
            Some(count) => *count += 1,
            None => {
                counts.insert(value.to_owned(), 1);
            }
        }
    }
}
