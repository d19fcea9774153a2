use std::{cell::RefCell, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::import::problem::{Problem, code, did_you_mean};

type Table<'t> = Spanned<DeTable<'t>>;

/// A TOML text that remembers where everything stands and collects what is wrong with it.
pub(super) struct Document<'t> {
    name: &'t str,
    text: &'t str,
    table: Option<Table<'t>>,
    problems: RefCell<Vec<Problem>>,
}

/// One table of a document. Each key that is asked for is known; [`Section::done`] refuses the others.
pub(super) struct Section<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    path: String,
    line: u64,
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its key and place.
pub(super) struct Entry<'d> {
    pub document: &'d Document<'d>,
    pub key: String,
    pub path: String,
    pub line: u64,
    pub value: &'d DeValue<'d>,
}

impl<'t> Document<'t> {
    pub fn new(name: &'t str, text: &'t str) -> Self {
        let mut problems = Vec::new();
        let table = DeTable::parse(text)
            .map_err(|error| {
                let line = error.span().map_or(1, |span| line_at(text, span.start));
                let message =
                    format!("This is not TOML: {}.", error.message().lines().next().unwrap_or("it cannot be read"));
                problems.push(Problem::new(code::INVALID_MAPPING, message).in_file(name).at_line(line));
            })
            .ok();
        Self { name, text, table, problems: RefCell::new(problems) }
    }

    pub fn root<'d>(&'d self) -> Option<Section<'d>>
    where
        't: 'd,
    {
        let table = self.table.as_ref()?;
        Some(Section {
            document: self,
            table: table.get_ref(),
            path: String::new(),
            line: 1,
            asked: RefCell::default(),
        })
    }

    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }

    fn line(&self, span: &Range<usize>) -> u64 {
        line_at(self.text, span.start)
    }

    fn refuse(&self, line: u64, message: String) {
        self.problems.borrow_mut().push(Problem::new(code::INVALID_MAPPING, message).in_file(self.name).at_line(line));
    }
}

impl<'d> Section<'d> {
    pub fn line(&self) -> u64 {
        self.line
    }

    pub fn refuse(&self, message: &str) {
        let place = if self.path.is_empty() { String::new() } else { format!("`{}`: ", self.path) };
        self.document.refuse(self.line, format!("{place}{message}"));
    }

    /// Everything in the table, in the order written.
    pub fn entries(&self) -> Vec<Entry<'d>> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries.into_iter().map(|(key, value)| self.entry(key, value)).collect()
    }

    fn entry(&self, key: &'d Spanned<std::borrow::Cow<'d, str>>, value: &'d Spanned<DeValue<'d>>) -> Entry<'d> {
        let name = key.get_ref().to_string();
        let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
        Entry {
            document: self.document,
            key: name,
            path,
            line: self.document.line(&key.span()),
            value: value.get_ref(),
        }
    }

    pub fn get(&self, key: &'static str) -> Option<Entry<'d>> {
        self.asked.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| self.entry(name, value))
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        self.get(key)?.text()
    }

    /// A text that has to be there.
    pub fn needs(&self, key: &'static str, what: &str) -> String {
        if let Some(entry) = self.get(key) {
            return entry.text().unwrap_or_default();
        }
        self.refuse(&format!("`{key}` is missing: {what}."));
        String::new()
    }

    pub fn flag(&self, key: &'static str) -> bool {
        self.get(key).is_some_and(|entry| entry.flag().unwrap_or_default())
    }

    pub fn list(&self, key: &'static str) -> Vec<String> {
        self.get(key).and_then(|entry| entry.list()).unwrap_or_default()
    }

    /// One of a few words, the first of which is what holds when nothing is said.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> T {
        let said = self.get(key).and_then(|entry| entry.one_of(words));
        said.unwrap_or(words[0].1)
    }

    pub fn section(&self, key: &'static str) -> Option<Section<'d>> {
        self.get(key)?.section()
    }

    /// An array of tables, `[[key]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'d>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = entry.value else {
            entry.refuse(&format!("expected [[{key}]] sections"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let line = self.document.line(&item.span());
            let named = Entry {
                document: self.document,
                key: key.into(),
                path: format!("{key} {}", at + 1),
                line,
                value: item.get_ref(),
            };
            sections.extend(named.section());
        }
        sections
    }

    /// Refuses the keys that nobody asked for.
    pub fn done(&self) {
        let asked = self.asked.borrow();
        for entry in self.entries() {
            if !asked.contains(&entry.key.as_str()) {
                let hint = did_you_mean(&entry.key, asked.iter().copied());
                self.document.refuse(entry.line, format!("`{}` is not a key that is known here.{hint}", entry.path));
            }
        }
    }
}

impl<'d> Entry<'d> {
    pub fn refuse(&self, expected: &str) {
        self.document.refuse(self.line, format!("`{}`: {expected}.", self.path));
    }

    fn expected<T>(&self, what: &str) -> Option<T> {
        self.refuse(&format!("expected {what}, found {}", article(self.value.type_str())));
        None
    }

    pub fn text(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.expected("a text in quotes"),
        }
    }

    /// A constant of a cell: a text, a number, true or false.
    pub fn scalar(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            DeValue::Datetime(moment) => Some(moment.to_string()),
            _ => self.expected("a text, a number, a date, true or false"),
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.expected("true or false"),
        }
    }

    /// A text, or a list of texts.
    pub fn list(&self) -> Option<Vec<String>> {
        match self.value {
            DeValue::Array(_) => Some(self.items().iter().filter_map(Self::scalar).collect()),
            DeValue::String(text) => Some(vec![text.to_string()]),
            _ => self.expected("a text or a list of texts"),
        }
    }

    pub fn items(&self) -> Vec<Entry<'d>> {
        let DeValue::Array(items) = self.value else { return Vec::new() };
        let item = |at: usize, value: &'d Spanned<DeValue<'d>>| Entry {
            document: self.document,
            key: self.key.clone(),
            path: format!("{}[{at}]", self.path),
            line: self.document.line(&value.span()),
            value: value.get_ref(),
        };
        items.iter().enumerate().map(|(at, value)| item(at, value)).collect()
    }

    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let said = self.text()?;
        let found = words.iter().find(|(word, _)| *word == said).map(|&(_, value)| value);
        if found.is_none() {
            let all: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.refuse(&format!("expected {}, found `{said}`", all.join(" or ")));
        }
        found
    }

    pub fn section(&self) -> Option<Section<'d>> {
        match self.value {
            DeValue::Table(table) => Some(Section {
                document: self.document,
                table,
                path: self.path.clone(),
                line: self.line,
                asked: RefCell::default(),
            }),
            _ => self.expected("a table"),
        }
    }
}

fn article(type_name: &str) -> String {
    let vowel = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {type_name}", if vowel { "an" } else { "a" })
}

fn line_at(text: &str, offset: usize) -> u64 {
    1 + text.as_bytes()[..offset.min(text.len())].split(|&byte| byte == b'\n').skip(1).count() as u64
}
