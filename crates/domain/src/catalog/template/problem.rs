use std::fmt;

use crate::record::UserError;

/// Why a template was refused, and where in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One of [`code`], or a code of the registry.
    pub code: &'static str,
    /// Path in the file: `["field", "3", "inverse"]`.
    pub path: Vec<String>,
    /// Line and column, from 1; `None` where it is about no place.
    pub place: Option<(usize, usize)>,
    pub message: String,
}

/// The stable codes of what only templates can do wrong.
pub mod code {
    /// What refers to something refers to itself in the end.
    pub const CYCLE: &str = "CYCLE";
    /// Not TOML.
    pub const INVALID_TEMPLATE: &str = "INVALID_TEMPLATE";
    /// Written by a release that says more than this one understands.
    pub const NEWER_FORMAT: &str = "NEWER_FORMAT";
}

impl Problem {
    pub(super) fn of(error: UserError, place: Option<(usize, usize)>) -> Self {
        let UserError { code, field, message } = error;
        Self { code, path: field, place, message }
    }

    /// The path as people write it: `field[3].inverse`.
    pub fn field(&self) -> String {
        self.path.iter().fold(String::new(), |path, step| match step.parse::<usize>() {
            Ok(at) => format!("{path}[{at}]"),
            Err(_) if path.is_empty() => step.clone(),
            Err(_) => format!("{path}.{step}"),
        })
    }
}

/// On one line: `12:1 CYCLE field[3].inverse: …`, for whoever puts the name of the file before it.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(out, "{line}:{column}: ")?;
        }
        let between = if self.path.is_empty() { "" } else { " " };
        write!(out, "{}{between}{}: {}", self.code, self.field(), self.message.replace('\n', " "))
    }
}
