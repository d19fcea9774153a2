//! The mapping file: which columns of which files become which fields of which records.
//!
//! Everything that can be said about it without a catalog and without the files is checked here, all
//! of it at once, each with its key and line. `docs/import.md` is its reference.

mod column;
mod document;
mod format;
mod step;
mod template;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::document::Document;
pub use self::{
    format::{Currency, DateForm, Format, in_zone},
    template::Template,
};
use super::problem::Problem;

/// A mapping, read and sound in itself.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Custom fields to make where they are missing, before anything else.
    pub fields: Vec<NewField>,
    pub steps: Vec<Step>,
}

/// A custom field that the import needs.
#[derive(Debug, Clone)]
pub struct NewField {
    pub line: u64,
    pub object: String,
    pub name: String,
    pub label: String,
    /// Name of the type in the metadata API: `SELECT`.
    pub type_name: String,
    pub options: Options,
}

/// Where the options of a select come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    None,
    Listed(Vec<String>),
    /// Every value that the steps put into the field.
    FromValues,
}

/// One pass over one file (or over rows written in the mapping), making records of one object.
#[derive(Debug, Clone)]
pub struct Step {
    /// Unique name for the report: the file's or object's, unless said.
    pub name: String,
    pub line: u64,
    pub object: String,
    pub from: From,
    /// Fields that tell whether a row's record is there already.
    pub match_on: Vec<String>,
    /// Rows that repeat a natural key are the same thing, not a mistake.
    pub distinct: bool,
    /// Values of columns to read as others, before anything else uses them.
    pub clean: HashMap<String, HashMap<String, String>>,
    pub keep: Vec<Rule>,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone)]
pub enum From {
    File(File),
    Rows(Rows),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    /// `None`: a byte order mark decides, else UTF-8.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// `None`: found out from the file.
    pub delimiter: Option<u8>,
}

/// Rows in the mapping itself; keys are columns.
#[derive(Debug, Clone)]
pub struct Rows {
    pub header: Vec<String>,
    /// Line in the mapping, values in the order of the header.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// A row is read only if this holds.
#[derive(Debug, Clone)]
pub enum Rule {
    NotBlank(String),
    OneOf(String, Vec<String>),
    NoneOf(String, Vec<String>),
}

/// How one field gets its value.
#[derive(Debug, Clone)]
pub struct Column {
    pub line: u64,
    /// Field of the object; a part of an address is `address.country`.
    pub field: String,
    pub source: Source,
    /// Values to read as others.
    pub values: HashMap<String, String>,
    /// What an empty cell means.
    pub default: Option<String>,
    pub unmatched: Unmatched,
    pub invalid: Invalid,
    pub empty: Empty,
    pub relation: Relation,
    pub format: Format,
}

#[derive(Debug, Clone)]
pub enum Source {
    Column(String),
    Constant(String),
    /// The first one whose columns all have a value.
    Template(Vec<Template>),
}

/// A value that is no option of a select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmatched {
    Error,
    Empty,
    /// It is the column's default.
    Default,
    Create,
}

/// A value that is no number, date, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    Error,
    Empty,
}

/// What an empty cell does to a record that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    Keep,
    Clear,
}

/// A related record is found by one of its fields.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    /// Field of the related object; none is the one that names its records.
    pub by: Option<String>,
    pub missing: Missing,
    /// Further conditions: field (or relation, by its name field) and value.
    pub within: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    #[default]
    Error,
    Empty,
    Create,
}

impl Mapping {
    /// Reads a mapping; `name` is what messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let document = Document::new(name, text);
        let mapping = document.root().map(|root| {
            let mapping = Self {
                fields: root.sections("field").iter().map(step::new_field).collect(),
                steps: root.sections("step").iter().map(step::read).collect(),
            };
            root.done();
            if mapping.steps.is_empty() {
                root.refuse("A mapping needs at least one [[step]].");
            }
            mapping
        });
        match (mapping, document.into_problems()) {
            (Some(mapping), problems) if problems.is_empty() => Ok(mapping.with_unique_names()),
            (_, problems) => Err(problems),
        }
    }

    /// The files that it reads, each once, in order.
    pub fn files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        for step in &self.steps {
            if let From::File(file) = &step.from
                && !files.contains(&file.name.as_str())
            {
                files.push(&file.name);
            }
        }
        files
    }

    fn with_unique_names(mut self) -> Self {
        let mut seen = HashMap::new();
        for step in &mut self.steps {
            let times = seen.entry(step.name.clone()).and_modify(|times| *times += 1).or_insert(1);
            if *times > 1 {
                step.name = format!("{} ({times})", step.name);
            }
        }
        self
    }
}

impl Source {
    /// The columns of the file that it reads.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(name) => vec![name],
            Self::Constant(_) => Vec::new(),
            Self::Template(templates) => templates.iter().flat_map(Template::columns).collect(),
        }
    }
}

impl Rule {
    pub fn column(&self) -> &str {
        match self {
            Self::NotBlank(column) | Self::OneOf(column, _) | Self::NoneOf(column, _) => column,
        }
    }
}
