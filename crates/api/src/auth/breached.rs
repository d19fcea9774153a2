//! Passwords that are known from breaches: a file that an operator provides, searched on disk.
//!
//! The file is that of Have I Been Pwned, sorted by hash: lines `<SHA-1 in upper-case hexadecimal>:<count>`. It has some 40 GB,
//! so it is searched by bisection: about 30 short reads.

use std::{fmt::Write as _, fs::File, io, os::unix::fs::FileExt as _, path::Path, sync::Arc};

use sha1::{Digest as _, Sha1};

const HASH: usize = 40;
/// A line with its count and end is shorter.
const LINE: usize = 80;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Breached {
    file: Arc<File>,
    length: u64,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableFile {
    #[error("the file of breached passwords cannot be read")]
    Read(#[from] io::Error),
    #[error("the file of breached passwords has no lines `<SHA-1 in upper-case hexadecimal>:<count>`")]
    Format,
}

impl Breached {
    pub fn open(path: &Path) -> Result<Self, UnusableFile> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let breached = Self { file: Arc::new(file), length };
        let first = breached.line_after(0)?.ok_or(UnusableFile::Format)?;
        if !first.1.iter().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte)) {
            return Err(UnusableFile::Format);
        }
        Ok(breached)
    }

    /// Reads the disk: for blocking threads.
    pub fn has(&self, password: &str) -> io::Result<bool> {
        let wanted = name_of(password);
        // The line wanted, if it is there, begins in `from..to`.
        let (mut from, mut to) = (0, self.length);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.line_after(middle)?.filter(|(start, _)| *start < to) {
                Some((start, hash)) => match hash[..].cmp(wanted.as_bytes()) {
                    std::cmp::Ordering::Equal => return Ok(true),
                    std::cmp::Ordering::Less => from = start + 1,
                    std::cmp::Ordering::Greater => to = middle,
                },
                None => to = middle,
            }
        }
        Ok(false)
    }

    /// The first line that begins at `at` or after it, and where.
    fn line_after(&self, at: u64) -> io::Result<Option<(u64, [u8; HASH])>> {
        // From the byte before: a line that begins exactly at `at` is told by the line end before it.
        let from = at.saturating_sub(1);
        let mut buffer = [0; 2 * LINE];
        let read = read_at_most(&self.file, &mut buffer, from)?;
        let bytes = &buffer[..read];
        let start = if at == 0 { Some(0) } else { bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1) };
        let hash = start.and_then(|start| bytes.get(start..start + HASH).map(|hash| (start, hash)));
        Ok(hash.and_then(|(start, hash)| Some((from + start as u64, hash.try_into().ok()?))))
    }
}

/// Its SHA-1, as the file writes it.
fn name_of(password: &str) -> String {
    Sha1::digest(password).iter().fold(String::with_capacity(HASH), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn read_at_most(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], at + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn of(passwords: &[String], end: &str) -> (tempfile::NamedTempFile, Breached) {
        let mut lines: Vec<String> = passwords
            .iter()
            .enumerate()
            .map(|(count, password)| format!("{}:{}{end}", name_of(password), count * count + 1))
            .collect();
        lines.sort();
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(lines.concat().as_bytes()).expect("written");
        let breached = Breached::open(file.path()).expect("usable");
        (file, breached)
    }

    #[test]
    fn every_password_of_the_file_is_found_and_no_other() {
        for (count, end) in [(1, "\r\n"), (2, "\n"), (3, "\r\n"), (500, "\r\n"), (501, "\n")] {
            let passwords: Vec<String> = (0..count).map(|number| format!("password {number}")).collect();
            let (_file, breached) = of(&passwords, end);
            for password in &passwords {
                assert!(breached.has(password).expect("readable"), "{password} of {count}");
            }
            for number in 0..500 {
                assert!(!breached.has(&format!("other {number}")).expect("readable"));
            }
        }
    }

    #[test]
    fn another_file_is_refused_at_once() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        assert!(matches!(Breached::open(file.path()), Err(UnusableFile::Format)));
        file.write_all(b"hunter2\npassword1\nand so on, more than a hash would be long\n").expect("written");
        assert!(matches!(Breached::open(file.path()), Err(UnusableFile::Format)));
        assert!(matches!(Breached::open(Path::new("/no/such/file")), Err(UnusableFile::Read(_))));
    }
}
