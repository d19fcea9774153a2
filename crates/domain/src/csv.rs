//! Lines of CSV files: RFC 4180, ended by CR LF.

use std::io;

use csv::{Terminator, WriterBuilder};

pub fn line(cells: impl IntoIterator<Item = String>) -> io::Result<String> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.into_iter().collect::<Vec<_>>())?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
