use std::io;
use std::path::PathBuf;

/// Why an embedded server is not there. Each reads as one line and says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {}", path.display())]
    File {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "the data directory {} is in use by process {holder}: stop that one, or name another folder in RAPPORT_DATA_DIR",
        path.display()
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "the data directory {} belongs to PostgreSQL {found} and this is PostgreSQL {expected}: move the folder away, or run that version yourself and name it in RAPPORT_DATABASE_URL",
        path.display()
    )]
    OtherVersion { path: PathBuf, found: String, expected: u32 },
    #[error(
        "the password of the database in {} is lost ({} is missing): move the folder away to start anew",
        data.display(),
        password.display()
    )]
    PasswordLost { data: PathBuf, password: PathBuf },
    #[error(
        "there are no PostgreSQL binaries for {os}-{arch}: run PostgreSQL 15 or newer yourself and name it in RAPPORT_DATABASE_URL"
    )]
    Platform { os: &'static str, arch: &'static str },
    #[error("no system PostgreSQL found below /usr/lib/postgresql: install the package `postgresql`")]
    NoSystemPostgres,
    #[error("cannot run `{program}`: install it, or run PostgreSQL yourself and name it in RAPPORT_DATABASE_URL")]
    Tool {
        program: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("`{command}` failed: {reason}")]
    Failed { command: String, reason: String },
    #[error("{server} did not start: {reason} (log: {})", log.display())]
    Start { server: &'static str, reason: String, log: PathBuf },
    #[error(
        "PostgreSQL does not run as root, and neither a user namespace (`unshare --user`) nor another user (`setpriv`) is possible here: {reason}; run as an ordinary user, or name a server in RAPPORT_DATABASE_URL"
    )]
    Root { reason: String },
}

impl Error {
    pub(super) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}
