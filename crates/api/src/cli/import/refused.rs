use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use csv::Writer;
use rapport_domain::import::Refused;

use super::super::Failure;

/// The refused rows as files beside each other: mended there, they can be brought in with the same mapping.
pub struct RefusedRows {
    folder: PathBuf,
    files: HashMap<String, Kept>,
}

struct Kept {
    writer: Writer<File>,
    /// Several steps may read one file and refuse one row.
    lines: HashSet<u64>,
}

impl RefusedRows {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), files: HashMap::new() }
    }

    pub fn add(&mut self, row: &Refused<'_>) -> Result<(), Failure> {
        // Rows that the mapping itself holds are mended there.
        let Some(name) = row.file else {
            return Ok(());
        };
        if !self.files.contains_key(name) {
            let kept = Kept::begin(&self.folder, name, row.header)?;
            self.files.insert(name.to_owned(), kept);
        }
        let kept = self.files.get_mut(name).expect("it was put there");
        if !kept.lines.insert(row.record.line) {
            return Ok(());
        }
        let problems: Vec<String> = row.problems.iter().map(|problem| problem.message.clone()).collect();
        let mut values: Vec<String> = row.record.cells().map(str::to_owned).collect();
        values.resize(row.header.len(), String::new());
        values.push(problems.join(" "));
        kept.writer.write_record(&values)?;
        Ok(())
    }

    pub fn finish(self) -> Result<(), Failure> {
        for (_, mut kept) in self.files {
            kept.writer.flush()?;
        }
        Ok(())
    }
}

impl Kept {
    fn begin(folder: &Path, name: &str, header: &[String]) -> Result<Self, Failure> {
        let path = folder.join(name);
        let failed = |error: std::io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        let mut file = File::options().write(true).create_new(true).open(&path).map_err(failed)?;
        // The mark says UTF-8, whatever character set the mapping names for the file this one comes from.
        file.write_all("\u{feff}".as_bytes()).map_err(failed)?;
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
        writer.write_record(header.iter().map(String::as_str).chain(["error"]))?;
        Ok(Self { writer, lines: HashSet::new() })
    }
}
