use std::io::{self, Write};

use super::{
    observe::{Observer, Refused},
    problem::Problem,
};

/// Refused rows as CSV: what is wrong, then the row as it was, ready to be put right and brought in again.
///
/// The columns of all files stand side by side, each once, so that one file holds the rows of several.
pub struct ErrorFile {
    out: csv::Writer<Box<dyn Write + Send>>,
    columns: Vec<String>,
    rows: u64,
    failed: Option<io::Error>,
}

const ABOUT: [&str; 5] = ["file", "line", "code", "column", "message"];

impl ErrorFile {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: csv::Writer::from_writer(out), columns: Vec::new(), rows: 0, failed: None }
    }

    /// Keeps the first failure: an import does not end because its error file cannot be written.
    fn note(&mut self, written: Result<(), csv::Error>) {
        if let Err(error) = written {
            self.failed.get_or_insert_with(|| error.into());
        }
    }

    /// How many rows it holds.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        self.failed.map_or(Ok(self.rows), Err)
    }
}

impl Observer for ErrorFile {
    /// Writes the header.
    fn begins(&mut self, files: &[(Option<&str>, &[String])]) -> Result<(), Problem> {
        for column in files.iter().filter(|(file, _)| file.is_some()).flat_map(|(_, header)| header.iter()) {
            if !self.columns.contains(column) {
                self.columns.push(column.clone());
            }
        }
        let header: Vec<&str> = ABOUT.into_iter().chain(self.columns.iter().map(String::as_str)).collect();
        let written = self.out.write_record(header);
        self.note(written);
        Ok(())
    }

    fn refused(&mut self, row: &Refused<'_>) {
        let line = row.record.line.to_string();
        let cell =
            |column: &String| row.header.iter().position(|name| name == column).map_or("", |at| row.record.get(at));
        for problem in row.problems {
            let about = [
                row.file.unwrap_or_default(),
                line.as_str(),
                problem.code.as_str(),
                problem.column.as_deref().unwrap_or_default(),
                problem.message.as_str(),
            ];
            let written = self.out.write_record(about.into_iter().chain(self.columns.iter().map(cell)));
            self.note(written);
        }
        self.rows += 1;
    }
}
