use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::setting::Setting;

type Environment = Box<dyn Fn(&str) -> Option<String>>;

/// Where settings come from, and what was wrong with them so far.
pub struct Source {
    environment: Environment,
    file: BTreeMap<String, String>,
    path: Option<PathBuf>,
    problems: Vec<Problem>,
}

/// One wrong setting. The value is left out: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, or the file and its key.
    pub at: String,
    pub expected: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<Problem>);

impl std::error::Error for InvalidSettings {}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("these settings cannot be used")?;
        for problem in &self.0 {
            write!(formatter, "\n  {}: expected {}", problem.at, problem.expected)?;
        }
        Ok(())
    }
}

impl Source {
    pub fn open(file: Option<&Path>, environment: impl Fn(&str) -> Option<String> + 'static) -> Self {
        let mut source = Self {
            environment: Box::new(environment),
            file: BTreeMap::new(),
            path: file.map(Path::to_owned),
            problems: Vec::new(),
        };
        if let Some(path) = file {
            match std::fs::read_to_string(path) {
                Ok(text) => source.read_file(path, &text),
                Err(error) => source.complain(path.display(), &format!("a file that can be read ({error})")),
            }
        }
        source
    }

    fn read_file(&mut self, path: &Path, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
                return self.complain(format!("{}, line {line}", path.display()), "TOML: key = value");
            }
        };
        for (key, value) in table {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                _ => {
                    self.complain(format!("{}: {key}", path.display()), "a text or a whole number");
                    continue;
                }
            };
            self.file.insert(key, value);
        }
    }

    /// The value, or the default where it is not set or wrong.
    pub fn get<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Option<T>) -> T {
        self.optional(setting, &parse)
            .or_else(|| setting.default.and_then(&parse))
            .expect("a setting that is always there has a default that can be read")
    }

    /// The value, or `None` where it is not set or wrong.
    pub fn optional<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (at, value) = self.raw(setting)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.complain(at, setting.expected);
        }
        parsed
    }

    /// The same for a value of which it can be told what is wrong with it.
    pub fn checked<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let (at, value) = self.raw(setting)?;
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(wrong) => {
                self.complain(at, &format!("{}; {wrong}", setting.expected));
                None
            }
        }
    }

    /// Whether it is set to something, right or wrong.
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.raw(setting).is_some()
    }

    /// Something is wrong at this place.
    pub fn complain(&mut self, at: impl fmt::Display, expected: &str) {
        self.problems.push(Problem { at: at.to_string(), expected: expected.to_owned() });
    }

    /// All problems at once, a name in the file that means nothing among them.
    pub fn finish(mut self, known: &[&Setting]) -> Result<(), InvalidSettings> {
        if let Some(path) = self.path.clone() {
            let unknown: Vec<_> =
                self.file.keys().filter(|key| !known.iter().any(|setting| setting.key() == **key)).cloned().collect();
            for key in unknown {
                self.complain(format!("{}: {key}", path.display()), "a setting that `rapport serve --help` lists");
            }
        }
        if self.problems.is_empty() { Ok(()) } else { Err(InvalidSettings(self.problems)) }
    }

    /// An empty variable counts as unset, so that a deployment can pass on what it does not have.
    fn raw(&self, setting: &Setting) -> Option<(String, String)> {
        if let Some(value) = (self.environment)(setting.name).filter(|value| !value.is_empty()) {
            return Some((setting.name.to_owned(), value));
        }
        let value = self.file.get(&setting.key())?;
        let path = self.path.as_ref().map(|path| path.display().to_string());
        Some((format!("{}: {}", path.unwrap_or_default(), setting.key()), value.clone()))
    }

    /// Whether the environment holds the variable with nothing in it.
    pub fn is_empty(&self, setting: &Setting) -> bool {
        (self.environment)(setting.name).is_some_and(|value| value.is_empty())
    }
}
