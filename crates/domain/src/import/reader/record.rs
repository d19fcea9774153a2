use std::ops::Range;

/// One row: its cells and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Physical line of its first cell, from 1.
    pub line: u64,
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Record {
    pub fn of(line: u64, cells: &[String]) -> Self {
        let mut record = Self { line, text: String::new(), ends: Vec::with_capacity(cells.len()) };
        for cell in cells {
            record.text.push_str(cell);
            record.ends.push(record.text.len());
        }
        record
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn range(&self, at: usize) -> Option<Range<usize>> {
        let end = *self.ends.get(at)?;
        Some(at.checked_sub(1).map_or(0, |before| self.ends[before])..end)
    }

    /// A cell, empty where the row has none.
    pub fn get(&self, at: usize) -> &str {
        self.range(at).map_or("", |range| &self.text[range])
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: its end, or half of a quote.
    Closed,
}

/// Cuts lines into cells by RFC 4180; forgiving about text after a closing quote.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    state: State,
    text: Vec<u8>,
    ends: Vec<usize>,
    quoted_since: u64,
    any_quote: bool,
}

impl Splitter {
    pub fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Start, text: Vec::new(), ends: Vec::new(), quoted_since: 0, any_quote: false }
    }

    pub fn start(&mut self) {
        self.state = State::Start;
        self.text.clear();
        self.ends.clear();
        self.any_quote = false;
    }

    /// Takes one line, its end included. True when the row ends with it.
    pub fn feed(&mut self, line: &[u8], terminator: u8, number: u64) -> bool {
        let body = line.strip_suffix(&[terminator]).unwrap_or(line);
        let body = if terminator == b'\n' { body.strip_suffix(b"\r").unwrap_or(body) } else { body };
        if self.state == State::Start && !body.contains(&b'"') {
            self.split_plain(body);
            return true;
        }
        for &byte in body {
            self.take(byte, number);
        }
        if self.state == State::Quoted {
            self.text.extend_from_slice(&line[body.len()..]);
            return false;
        }
        self.ends.push(self.text.len());
        true
    }

    fn split_plain(&mut self, body: &[u8]) {
        for (at, cell) in body.split(|&byte| byte == self.delimiter).enumerate() {
            debug_assert_eq!(at, self.ends.len());
            self.text.extend_from_slice(cell);
            self.ends.push(self.text.len());
        }
    }

    fn take(&mut self, byte: u8, number: u64) {
        let delimiter = byte == self.delimiter;
        self.state = match (self.state, byte) {
            (State::Start, b'"') => {
                self.quoted_since = number;
                self.any_quote = true;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Closed,
            (State::Closed, b'"') => {
                self.text.push(b'"');
                State::Quoted
            }
            (State::Start | State::Plain | State::Closed, _) if delimiter => {
                self.ends.push(self.text.len());
                State::Start
            }
            (State::Quoted, _) => {
                self.text.push(byte);
                State::Quoted
            }
            _ => {
                self.text.push(byte);
                State::Plain
            }
        };
    }

    pub fn is_quoted(&self) -> bool {
        self.state == State::Quoted
    }

    pub fn quoted_since(&self) -> u64 {
        self.quoted_since
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of the row so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Cells of the row so far.
    pub fn cells(&self) -> usize {
        self.ends.len()
    }

    /// The row, or `None` for a blank line.
    pub fn finish(&mut self, line: u64) -> Option<Record> {
        let blank = !self.any_quote && self.ends.len() == 1 && self.text.iter().all(u8::is_ascii_whitespace);
        if blank {
            return None;
        }
        let text = String::from_utf8_lossy(&self.text).into_owned();
        Some(Record { line, text, ends: std::mem::take(&mut self.ends) })
    }
}
