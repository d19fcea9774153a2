use std::io::{self, Write};

use uuid::Uuid;

use super::{
    observe::{Observer, Settled},
    problem::Problem,
};

/// What became of each row, as CSV.
pub struct OutcomeFile {
    out: csv::Writer<Box<dyn Write + Send>>,
    rows: u64,
    failed: Option<io::Error>,
}

const HEADER: [&str; 6] = ["file", "line", "step", "outcome", "id", "codes"];

impl OutcomeFile {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: csv::Writer::from_writer(out), rows: 0, failed: None }
    }

    /// How many rows it holds; or the first failure, for which no import ends early.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        self.failed.map_or(Ok(self.rows), Err)
    }

    fn write(&mut self, record: [&str; 6]) {
        if let Err(error) = self.out.write_record(record) {
            self.failed.get_or_insert_with(|| error.into());
        }
    }
}

impl Observer for OutcomeFile {
    fn begins(&mut self, _: &[(Option<&str>, &[String])]) -> Result<(), Problem> {
        self.write(HEADER);
        Ok(())
    }

    fn settled(&mut self, row: &Settled<'_>) {
        let Settled { step, file, line, outcome, record, problems } = *row;
        let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        codes.dedup();
        let mut id = Uuid::encode_buffer();
        let id = record.map_or("", |record| record.hyphenated().encode_lower(&mut id));
        self.write([file.unwrap_or_default(), &line.to_string(), step, outcome.as_str(), id, &codes.join(" ")]);
        self.rows += 1;
    }
}
