use std::collections::HashMap;

use super::cell::{self, Cells, Counts};
use crate::import::{
    bind::Pass,
    mapping::{Currency, Rule, Source, Step, Template},
    problem::Problem,
    reader::{Record, column},
};

/// Where a pass finds its columns in one file.
#[derive(Debug, Clone)]
pub struct Layout {
    pub header: Vec<String>,
    /// By slot.
    pub sources: Vec<From>,
    /// By slot, for money.
    pub currencies: Vec<Option<Money>>,
    pub rules: Vec<(usize, Rule)>,
    pub clean: Vec<(usize, HashMap<String, String>)>,
}

#[derive(Debug, Clone)]
pub enum From {
    Column(usize),
    Constant(String),
    Template(Vec<Template>, HashMap<String, usize>),
}

impl From {
    /// Whether it takes anything from this column.
    pub fn reads(&self, column: usize) -> bool {
        match self {
            Self::Column(at) => *at == column,
            Self::Constant(_) => false,
            Self::Template(_, places) => places.values().any(|at| *at == column),
        }
    }
}

#[derive(Debug, Clone)]
pub enum Money {
    Constant(String),
    Column(usize),
}

impl Layout {
    /// Finds the columns; refuses what is not in the header, all of it.
    pub fn of(pass: &Pass, header: &[String]) -> Result<Self, Vec<Problem>> {
        let mut finder = Finder { header, problems: Vec::new() };
        let layout = Self {
            header: header.to_vec(),
            sources: pass.slots.iter().map(|slot| finder.source(&slot.column.source)).collect(),
            currencies: pass.slots.iter().map(|slot| finder.money(slot.column.format.currency.as_ref())).collect(),
            rules: pass.step.keep.iter().map(|rule| (finder.column(rule.column()), rule.clone())).collect(),
            clean: pass.step.clean.iter().map(|(name, values)| (finder.column(name), values.clone())).collect(),
        };
        let Finder { mut problems, .. } = finder;
        problems.dedup_by(|one, other| one.column == other.column);
        if problems.is_empty() { Ok(layout) } else { Err(problems) }
    }

    /// The columns of the file that a step reads.
    pub fn wanted(step: &Step) -> Vec<&str> {
        let columns = step.columns.iter().flat_map(|column| {
            let currency = match &column.format.currency {
                Some(Currency::Column(name)) => Some(name.as_str()),
                _ => None,
            };
            column.source.columns().into_iter().chain(currency)
        });
        columns.chain(step.keep.iter().map(Rule::column)).chain(step.clean.keys().map(String::as_str)).collect()
    }

    /// What a message calls the source of a slot.
    pub fn source_name(&self, slot: usize) -> Option<&str> {
        match &self.sources[slot] {
            From::Column(at) => self.header.get(*at).map(String::as_str),
            _ => None,
        }
    }
}

struct Finder<'h> {
    header: &'h [String],
    problems: Vec<Problem>,
}

impl Finder<'_> {
    fn column(&mut self, name: &str) -> usize {
        column(self.header, name).unwrap_or_else(|problem| {
            self.problems.push(problem);
            0
        })
    }

    fn source(&mut self, source: &Source) -> From {
        match source {
            Source::Column(name) => From::Column(self.column(name)),
            Source::Constant(text) => From::Constant(text.clone()),
            Source::Template(templates) => {
                let places =
                    templates.iter().flat_map(Template::columns).map(|name| (name.to_owned(), self.column(name)));
                From::Template(templates.clone(), places.collect())
            }
        }
    }

    fn money(&mut self, currency: Option<&Currency>) -> Option<Money> {
        currency.map(|currency| match currency {
            Currency::Constant(code) => Money::Constant(code.clone()),
            Currency::Column(name) => Money::Column(self.column(name)),
        })
    }
}

impl Layout {
    /// What a row says for a slot, translated, for a look ahead.
    pub fn text(&self, pass: &Pass, record: &Record, slot: usize) -> String {
        let mut counts = Counts::new(pass.slots.len(), self.clean.len());
        let cells = Cells::of(record, self, &mut counts);
        if !cells.keeps(&self.rules) {
            return String::new();
        }
        cell::text(&cells, self, &pass.slots, slot, &mut counts).into_owned()
    }
}
