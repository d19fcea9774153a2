//! Rows of a pass as drafts, read beside the writing of those before.

use tokio::sync::mpsc::Sender;

use super::{
    bind::Pass,
    fill::{Filler, Layout, Read},
    mapping::{File, From, Rows},
    problem::Problem,
    reader::{Files, Reader, Record},
    report::Flaw,
    row::Row,
};

/// Rows written by one transaction.
const DRAFTS: usize = 1_000;

/// Some rows of a pass, one after the other.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Where the first stands among the rows of the pass, from 0.
    pub first: u64,
    pub rows: Vec<Row>,
    drafts: usize,
}

pub enum Message {
    Rows(Chunk),
    End(End),
}

pub enum End {
    /// All rows are read.
    Whole(Vec<Flaw>),
    /// The file changed since it was looked at, or cannot be read any more.
    Broken(Problem),
}

/// Reads all rows of a pass. Blocks; ends early when nobody listens any more.
pub fn feed(pass: Pass, layout: Layout, files: &Files, sender: &Sender<Message>) {
    let from = pass.step.from.clone();
    let mut filler = Filler::new(pass, layout);
    let read = match &from {
        From::File(file) => from_file(&mut filler, file, files, sender),
        From::Rows(rows) => Ok(inline(&mut filler, rows, sender)),
    };
    let last = match read {
        Ok(Some(())) => End::Whole(filler.flaws()),
        Ok(None) => return,
        Err(problem) => End::Broken(problem),
    };
    let _ = sender.blocking_send(Message::End(last));
}

fn from_file(filler: &mut Filler, file: &File, files: &Files, sender: &Sender<Message>) -> Result<Option<()>, Problem> {
    let mut reader = Reader::open(files, file, &Layout::wanted(&filler.pass.step))?;
    let mut chunk = Chunk::default();
    while let Some(record) = reader.next()? {
        chunk.take(filler, record);
        if chunk.is_full() && sender.blocking_send(Message::Rows(chunk.next())).is_err() {
            return Ok(None);
        }
    }
    Ok(sender.blocking_send(Message::Rows(chunk)).ok())
}

fn inline(filler: &mut Filler, rows: &Rows, sender: &Sender<Message>) -> Option<()> {
    let mut chunk = Chunk::default();
    for (line, cells) in &rows.rows {
        chunk.take(filler, Record::of(*line, cells));
    }
    sender.blocking_send(Message::Rows(chunk)).ok()
}

impl Chunk {
    fn take(&mut self, filler: &mut Filler, record: Record) {
        let line = record.line;
        self.rows.push(match filler.read(record) {
            Read::Draft(draft) => {
                self.drafts += 1;
                Row::Draft(draft)
            }
            Read::Skipped => Row::Skipped(line),
            Read::Idle => Row::Idle(line),
            Read::Repeated => Row::Repeated(line),
            Read::Refused(record, problems) => Row::Refused(record, problems),
        });
    }

    fn is_full(&self) -> bool {
        self.drafts >= DRAFTS || self.rows.len() >= 10 * DRAFTS
    }

    /// Hands over what it holds, and goes on behind it.
    fn next(&mut self) -> Self {
        let first = self.first + self.rows.len() as u64;
        std::mem::replace(self, Self { first, ..Self::default() })
    }
}
