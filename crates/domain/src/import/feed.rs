//! Rows of a pass as drafts, read beside the writing of those before.

use tokio::sync::mpsc::Sender;

use super::{
    bind::Pass,
    fill::{Draft, Filler, Layout, Read},
    mapping::{File, From, Rows},
    problem::Problem,
    reader::{Files, Reader, Record},
    report::{Counts, Flaw},
};

/// Rows written by one transaction.
const ROWS: usize = 1_000;

/// Some rows of a file and what they come to.
#[derive(Debug, Default)]
pub struct Chunk {
    pub drafts: Vec<Draft>,
    pub refused: Vec<(Record, Vec<Problem>)>,
    /// Without the outcomes of drafts.
    pub counts: Counts,
}

pub enum Message {
    Rows(Chunk),
    /// All rows are read.
    End(Vec<Flaw>),
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
        Ok(Some(())) => Message::End(filler.flaws()),
        Ok(None) => return,
        Err(problem) => Message::Broken(problem),
    };
    let _ = sender.blocking_send(last);
}

fn from_file(filler: &mut Filler, file: &File, files: &Files, sender: &Sender<Message>) -> Result<Option<()>, Problem> {
    let mut reader = Reader::open(files, file, &Layout::wanted(&filler.pass.step))?;
    let mut chunk = Chunk::default();
    while let Some(record) = reader.next()? {
        chunk.take(filler, record);
        if chunk.is_full() && sender.blocking_send(Message::Rows(std::mem::take(&mut chunk))).is_err() {
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
        self.counts.read += 1;
        match filler.read(record) {
            Read::Draft(draft) => self.drafts.push(draft),
            Read::Skipped => self.counts.skipped += 1,
            Read::Idle => {}
            Read::Repeated => self.counts.repeated += 1,
            Read::Refused(record, problems) => {
                self.counts.refused += 1;
                self.refused.push((record, problems));
            }
        }
    }

    fn is_full(&self) -> bool {
        self.drafts.len() >= ROWS || self.counts.read >= 10 * ROWS as u64
    }
}
