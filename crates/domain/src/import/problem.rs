use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a mapping, a file or a row was refused, for whoever asked. Never holds anything internal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// One of [`code`], or a code of the record engine.
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// Physical line of the file, from 1. A row that goes over several lines is named by its first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    pub message: String,
}

/// The stable codes of what an import can refuse. Values that the record engine refuses keep its codes.
pub mod code {
    /// The mapping is not TOML, or says something that cannot be.
    pub const INVALID_MAPPING: &str = "INVALID_MAPPING";
    pub const FILE_NOT_FOUND: &str = "FILE_NOT_FOUND";
    pub const FILE_UNREADABLE: &str = "FILE_UNREADABLE";
    /// No header, or no rows where some are needed.
    pub const FILE_EMPTY: &str = "FILE_EMPTY";
    /// The file ends inside a row.
    pub const FILE_TRUNCATED: &str = "FILE_TRUNCATED";
    /// A quote opens a value and nothing closes it.
    pub const UNCLOSED_QUOTE: &str = "UNCLOSED_QUOTE";
    pub const NUL_BYTE: &str = "NUL_BYTE";
    /// Bytes that the declared charset does not have.
    pub const INVALID_CHARSET: &str = "INVALID_CHARSET";
    pub const MISSING_COLUMN: &str = "MISSING_COLUMN";
    pub const DUPLICATE_COLUMN: &str = "DUPLICATE_COLUMN";
    pub const ROW_TOO_LONG: &str = "ROW_TOO_LONG";
    pub const TOO_FEW_COLUMNS: &str = "TOO_FEW_COLUMNS";
    pub const TOO_MANY_COLUMNS: &str = "TOO_MANY_COLUMNS";
    pub const INVALID_NUMBER: &str = "INVALID_NUMBER";
    pub const INVALID_DATE: &str = "INVALID_DATE";
    pub const INVALID_CURRENCY: &str = "INVALID_CURRENCY";
    pub const INVALID_BOOLEAN: &str = "INVALID_BOOLEAN";
    pub const INVALID_JSON: &str = "INVALID_JSON";
    pub const UNKNOWN_OPTION: &str = "UNKNOWN_OPTION";
    /// A row without a value for its natural key.
    pub const MISSING_KEY: &str = "MISSING_KEY";
    /// Two rows of a file with the same natural key.
    pub const DUPLICATE_KEY: &str = "DUPLICATE_KEY";
    pub const RELATED_NOT_FOUND: &str = "RELATED_NOT_FOUND";
    pub const RELATED_AMBIGUOUS: &str = "RELATED_AMBIGUOUS";
    pub const FORBIDDEN: &str = "FORBIDDEN";
    /// The import would write over a file that it reads.
    pub const OUTPUT_IS_INPUT: &str = "OUTPUT_IS_INPUT";
    pub const OUTPUT_NOT_WRITABLE: &str = "OUTPUT_NOT_WRITABLE";
    /// The log does not hold the values of encrypted fields: they cannot be brought back.
    pub const ENCRYPTED: &str = "ENCRYPTED";
    /// The server could not go on.
    pub const FAILED: &str = "FAILED";
    /// The disk of the database is full.
    pub const STORAGE_FULL: &str = "STORAGE_FULL";
    /// The database was lost, or cannot write, and did not come back in time.
    pub const UNAVAILABLE: &str = "UNAVAILABLE";
    /// The record was changed or taken by someone else while the row was written.
    pub const CONFLICT: &str = "CONFLICT";
}

impl Problem {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), file: None, line: None, column: None, message: message.into() }
    }

    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.into());
        self
    }

    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = Vec::new();
        before.extend(self.file.clone());
        before.extend(self.line.map(|line| format!("line {line}")));
        before.extend(self.column.as_ref().map(|column| format!("column {column}")));
        if before.is_empty() {
            write!(out, "{} ({})", self.message, self.code)
        } else {
            write!(out, "{}: {} ({})", before.join(", "), self.message, self.code)
        }
    }
}

impl std::error::Error for Problem {}

/// The known name that looks most like `wanted`, if one is near.
pub(super) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|&(distance, name)| distance <= 1 + name.chars().count() / 4)
        .min()
        .map(|(_, name)| name)
}

/// ` Did you mean `x`?`, or nothing.
pub(crate) fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_and_what() {
        let problem = Problem::new(code::INVALID_NUMBER, "`abc` is not a number.")
            .in_file("a.csv")
            .at_line(12)
            .in_column("price");
        assert_eq!(problem.to_string(), "a.csv, line 12, column price: `abc` is not a number. (INVALID_NUMBER)");
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_name_that_was_meant() {
        assert_eq!(nearest("employes", ["employees", "revenue"]), Some("employees"));
        assert_eq!(nearest("colour", ["employees", "revenue"]), None);
    }
}
