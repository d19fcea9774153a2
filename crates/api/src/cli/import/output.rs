use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rapport_domain::import::{Observer, Problem, code};

use crate::cli::Failure;

/// A file about the rows of an import. It is written beside its place and moved there when it is whole, so that what
/// was there before stays until there is something better.
pub struct Output<F> {
    path: PathBuf,
    make: fn(Box<dyn Write + Send>) -> F,
    file: Option<F>,
}

impl<F: Observer> Output<F> {
    pub fn new(path: &Path, make: fn(Box<dyn Write + Send>) -> F) -> Self {
        Self { path: path.to_owned(), make, file: None }
    }

    /// Opens the file.
    pub fn begins(&mut self, files: &[(Option<&str>, &[String])]) -> Result<(), Problem> {
        let file = File::create(partial(&self.path)).map_err(|error| {
            let message = format!("This file cannot be written: {error}.");
            Problem::new(code::OUTPUT_NOT_WRITABLE, message).in_file(&self.path.to_string_lossy())
        })?;
        self.file.insert((self.make)(Box::new(file))).begins(files)
    }

    pub fn get(&mut self) -> Option<&mut F> {
        self.file.as_mut()
    }

    /// Puts the file in its place; answers how many rows it holds.
    pub fn finish(mut self, finish: impl FnOnce(F) -> io::Result<u64>) -> Result<u64, Failure> {
        let Some(file) = self.file.take() else { return Ok(0) };
        let moved = finish(file).and_then(|rows| fs::rename(partial(&self.path), &self.path).map(|()| rows));
        moved.map_err(|error| {
            let _ = fs::remove_file(partial(&self.path));
            Failure::new(format!("cannot write {}: {error}", self.path.display()))
        })
    }
}

impl<F> Drop for Output<F> {
    /// Of an import that did not begin after all, nothing stays.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(partial(&self.path));
        }
    }
}

/// Where the file grows.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// What is wrong with writing to `outputs` while `inputs` are read: no two of them may be the same.
pub fn check(outputs: &[(&str, &Path)], inputs: &[PathBuf]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, (option, path)) in outputs.iter().enumerate() {
        let refuse = |message: String| Problem::new(code::OUTPUT_IS_INPUT, message).in_file(&path.to_string_lossy());
        let is_read = |path: &Path| inputs.iter().any(|input| is_same(path, input));
        if is_read(path) || is_read(&partial(path)) {
            problems.push(refuse(format!("The import reads this file; name another one in {option}.")));
        }
        if let Some((other, _)) = outputs[..at].iter().find(|(_, other)| is_same(path, other)) {
            problems.push(refuse(format!("{option} and {other} need a file each.")));
        }
    }
    problems
}

/// By name or, whatever their names are, on the disk.
fn is_same(one: &Path, other: &Path) -> bool {
    let on_disk = |path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
    let by_name = |path: &Path| std::path::absolute(path).ok();
    by_name(one) == by_name(other) || on_disk(one).is_some_and(|place| on_disk(other) == Some(place))
}
