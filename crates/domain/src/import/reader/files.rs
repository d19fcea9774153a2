use std::{collections::HashMap, fs, io::Read, path::PathBuf, sync::Arc};

use bytes::Bytes;

use crate::import::problem::{Problem, code, did_you_mean};

/// Where the files of a mapping are.
#[derive(Debug, Clone)]
pub enum Files {
    /// On this machine.
    Folder(PathBuf),
    /// Sent along, by name.
    Given(Arc<HashMap<String, Bytes>>),
}

impl Files {
    pub fn given(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        Self::Given(Arc::new(files.into_iter().collect()))
    }

    pub fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, Problem> {
        match self {
            Self::Folder(folder) => {
                let file = fs::File::open(folder.join(name)).map_err(|error| unreadable(name, &error))?;
                if file.metadata().is_ok_and(|about| about.is_dir()) {
                    return Err(Problem::new(code::FILE_UNREADABLE, "This is a folder, not a file.").in_file(name));
                }
                Ok(Box::new(file))
            }
            Self::Given(files) => {
                if let Some(content) = files.get(name) {
                    Ok(Box::new(std::io::Cursor::new(content.clone())))
                } else {
                    let hint = did_you_mean(name, files.keys().map(String::as_str));
                    Err(Problem::new(
                        code::FILE_NOT_FOUND,
                        format!("The mapping reads this file, and it was not sent.{hint}"),
                    )
                    .in_file(name))
                }
            }
        }
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    let problem = match error.kind() {
        std::io::ErrorKind::NotFound => Problem::new(code::FILE_NOT_FOUND, "There is no such file."),
        std::io::ErrorKind::PermissionDenied => Problem::new(code::FILE_UNREADABLE, "The file may not be read."),
        kind => Problem::new(code::FILE_UNREADABLE, format!("The file cannot be read: {kind}.")),
    };
    problem.in_file(name)
}
