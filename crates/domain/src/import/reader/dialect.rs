use std::collections::HashSet;

use super::record::Splitter;

/// How a file separates cells and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// The last byte of a line: a line feed (after a carriage return or not), or a carriage return alone.
    pub terminator: u8,
}

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Dialect {
    /// The separator that finds most of the wanted columns in the header, then the one that finds most columns.
    pub fn of(sample: &[u8], said: Option<u8>, wanted: &[&str]) -> Self {
        let terminator = if !sample.contains(&b'\n') && sample.contains(&b'\r') { b'\r' } else { b'\n' };
        let delimiter = said.unwrap_or_else(|| guess(sample, terminator, wanted));
        Self { delimiter, terminator }
    }
}

fn guess(sample: &[u8], terminator: u8, wanted: &[&str]) -> u8 {
    let wanted: HashSet<&str> = wanted.iter().copied().collect();
    let sample = String::from_utf8_lossy(sample);
    let score = |delimiter: u8| {
        let header = header(sample.as_bytes(), terminator, delimiter);
        let found = header.iter().filter(|column| wanted.contains(column.as_str())).count();
        (found, header.len())
    };
    // `max_by_key` keeps the last of equals: the comma is asked last.
    CANDIDATES.into_iter().rev().max_by_key(|&delimiter| score(delimiter)).unwrap_or(b',')
}

fn header(sample: &[u8], terminator: u8, delimiter: u8) -> Vec<String> {
    let mut splitter = Splitter::new(delimiter);
    for line in sample.split_inclusive(|&byte| byte == terminator) {
        if splitter.feed(line, terminator, 0) {
            if let Some(record) = splitter.finish(0) {
                return record.cells().map(|cell| cell.trim().to_owned()).collect();
            }
            splitter.start();
        }
    }
    Vec::new()
}
