//! CSV files as rows of text: any usual charset, separator and line end, read as a stream.
//!
//! A file that is broken as a file (cut inside a quote, NUL bytes, another charset) is refused with the line;
//! a row with too few or too many cells is the caller's to refuse.

mod charset;
mod dialect;
mod files;
mod record;
#[cfg(test)]
mod tests;

use std::io::{BufRead, Read};

use self::{dialect::Dialect, record::Splitter};
pub use self::{files::Files, record::Record};
use super::{
    mapping::File,
    problem::{Problem, code, did_you_mean},
};

/// The longest row, in bytes: beyond it a quote was left open.
const LONGEST_ROW: usize = 1 << 20;

pub struct Reader {
    name: String,
    input: Box<dyn BufRead + Send>,
    dialect: Dialect,
    header: Vec<String>,
    line: u64,
    /// Bytes of (decoded) text before the current line.
    offset: usize,
    raw: Vec<u8>,
    splitter: Splitter,
    utf8: bool,
}

impl Reader {
    /// Opens a file and reads its header. `wanted` are columns that it should have: they help to find the separator.
    pub fn open(files: &Files, file: &File, wanted: &[&str]) -> Result<Self, Problem> {
        let opened = charset::open(files.open(&file.name)?, file).map_err(|problem| problem.in_file(&file.name))?;
        let dialect = Dialect::of(&opened.sample, file.delimiter, wanted);
        let mut reader = Self {
            name: file.name.clone(),
            input: opened.text,
            dialect,
            header: Vec::new(),
            line: 0,
            offset: 0,
            raw: Vec::new(),
            splitter: Splitter::new(dialect.delimiter),
            utf8: opened.declared_utf8,
        };
        let header = reader
            .next()?
            .ok_or_else(|| Problem::new(code::FILE_EMPTY, "The file has no header.").in_file(&file.name))?;
        reader.header = header.cells().map(|cell| cell.trim().to_owned()).collect();
        Ok(reader)
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row that is not blank.
    pub fn next(&mut self) -> Result<Option<Record>, Problem> {
        loop {
            let start = self.line + 1;
            self.splitter.start();
            let ended = loop {
                match self.physical_line()? {
                    None => break false,
                    Some(()) if self.splitter.feed(&self.raw, self.dialect.terminator, self.line) => break true,
                    Some(()) if self.splitter.len() > LONGEST_ROW => return Err(self.unclosed("within a megabyte")),
                    Some(()) => {}
                }
            };
            if self.splitter.is_quoted() {
                return Err(self.unclosed("before the file ends"));
            }
            if !ended && self.splitter.is_empty() {
                return Ok(None);
            }
            let unfinished = self.raw.last() != Some(&self.dialect.terminator);
            let Some(record) = self.splitter.finish(start) else { continue };
            if unfinished && record.len() < self.header.len() {
                let message = format!(
                    "The file ends inside this row: {} of {} columns. It seems to have been cut.",
                    record.len(),
                    self.header.len()
                );
                return Err(self.problem(code::FILE_TRUNCATED, message).at_line(start));
            }
            return Ok(Some(record));
        }
    }

    /// Reads one line into `raw`, checked.
    fn physical_line(&mut self) -> Result<Option<()>, Problem> {
        self.offset += self.raw.len();
        self.raw.clear();
        let longest = u64::try_from(LONGEST_ROW).unwrap_or(u64::MAX);
        let read = Read::by_ref(&mut self.input).take(longest).read_until(self.dialect.terminator, &mut self.raw);
        let read = read.map_err(|error| charset::problem(error).in_file(&self.name).at_line(self.line + 1))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if read == LONGEST_ROW && !self.splitter.is_quoted() {
            return Err(self.problem(code::ROW_TOO_LONG, "A row is longer than a megabyte.".into()));
        }
        if let Some(at) = self.raw.iter().position(|&byte| byte == 0) {
            let message = format!(
                "There is a NUL byte at position {} of this line: the file is damaged, or its charset is UTF-16.",
                at + 1
            );
            return Err(self.problem(code::NUL_BYTE, message).in_column(self.column_at(at)));
        }
        if let Err(error) = std::str::from_utf8(&self.raw) {
            return Err(self.not_utf8(error.valid_up_to()));
        }
        Ok(Some(()))
    }

    fn not_utf8(&self, at: usize) -> Problem {
        let byte = self.raw.get(at).copied().unwrap_or_default();
        let advice = if self.utf8 {
            ""
        } else {
            " It looks like windows-1252; say `charset = \"windows-1252\"`, or what it is."
        };
        let message = format!(
            "The byte 0x{byte:02X} at position {} of this line (byte {} of the file) is not UTF-8.{advice}",
            at + 1,
            self.offset + at
        );
        self.problem(code::INVALID_CHARSET, message).in_column(self.column_at(at))
    }

    fn unclosed(&self, when: &str) -> Problem {
        let message = format!("A quote opens a value on this line and is not closed {when}.");
        self.problem(code::UNCLOSED_QUOTE, message).at_line(self.splitter.quoted_since())
    }

    fn problem(&self, code: &str, message: String) -> Problem {
        Problem::new(code, message).in_file(&self.name).at_line(self.line)
    }

    /// The column that a byte of the current line belongs to, as far as that can be told.
    fn column_at(&self, at: usize) -> String {
        let column =
            self.raw[..at].split(|&byte| byte == self.dialect.delimiter).skip(1).count() + self.splitter.cells();
        self.header.get(column).cloned().unwrap_or_else(|| (column + 1).to_string())
    }
}

/// Where a column stands in a header.
pub fn column(header: &[String], name: &str) -> Result<usize, Problem> {
    let mut places = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(Problem::new(code::DUPLICATE_COLUMN, "The header has this column more than once.")
            .at_line(1)
            .in_column(name)),
        (None, _) => {
            let hint = did_you_mean(name, header.iter().map(String::as_str));
            let message = format!("The header has no such column; it has {}.{hint}", header.join(", "));
            Err(Problem::new(code::MISSING_COLUMN, message).at_line(1).in_column(name))
        }
    }
}
