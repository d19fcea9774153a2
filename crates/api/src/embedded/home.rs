use std::fs::{self, File, Permissions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::identity::Identity;
use super::{Error, Progress};
use crate::config::Embedded;

/// How long the data of a run is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The next start finds it again; one run at a time.
    Always,
    /// It goes with the run; any number of runs beside each other.
    ForThisRun,
}

/// Where the servers of one run keep their files, held by this process alone.
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    shared: PathBuf,
    keep: Keep,
    identity: Identity,
    _lock: File,
}

impl Home {
    /// Makes or finds the folder and takes it. Everything stays in `data_dir`, unless we are root
    /// and the user who runs PostgreSQL cannot get there (see [`Identity`]): then it is a folder of
    /// its own in `/var/lib`, named after `data_dir`.
    pub fn open(settings: &Embedded, keep: Keep, progress: &Progress) -> Result<Self, Error> {
        let identity = Identity::detect(settings.root)?;
        let data_dir = &settings.data_dir;
        make_folder(data_dir)?;
        let shared = shared(data_dir, &identity)?;
        if !identity.reaches(data_dir) {
            progress.say(format!(
                "PostgreSQL does not run as root and its user cannot reach {}: it lives in {}",
                data_dir.display(),
                shared.display()
            ));
            make_folder(&shared)?;
        }
        let dir = match keep {
            Keep::Always => shared.clone(),
            Keep::ForThisRun => {
                remove_left_behind(&shared);
                shared.join(format!("{RUN}{}", std::process::id()))
            }
        };
        make_folder(&dir)?;
        let lock = take(&dir)?;
        Ok(Self { dir, shared, keep, identity, _lock: lock })
    }

    /// Where [`Home::open`] would keep what is kept. Makes nothing.
    pub fn place(settings: &Embedded) -> Result<PathBuf, Error> {
        if !settings.data_dir.exists() {
            return Ok(settings.data_dir.clone());
        }
        shared(&settings.data_dir, &Identity::detect(settings.root)?)
    }

    /// The files of this run.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What all runs share: the installed binaries.
    pub(super) fn shared(&self) -> &Path {
        &self.shared
    }

    pub(super) fn keep(&self) -> Keep {
        self.keep
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.keep == Keep::ForThisRun {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

const RUN: &str = "run-";
const LOCK: &str = "lock";

/// Makes a folder that others may pass through: what is private in it says so itself.
fn make_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(Error::file("make the folder", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(Error::file("set the rights of", path))
}

/// The lock is the kernel's: it goes when its process ends, however it ends.
fn take(dir: &Path) -> Result<File, Error> {
    let path = dir.join(LOCK);
    let mut lock = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(Error::file("write", &path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = lock.read_to_string(&mut holder);
            return Err(Error::InUse { path: dir.to_owned(), holder: holder.trim().to_owned() });
        }
        Err(TryLockError::Error(source)) => {
            return Err(Error::file("lock", &path)(source));
        }
    }
    lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id())).map_err(Error::file("write", &path))?;
    Ok(lock)
}

fn remove_left_behind(shared: &Path) {
    let Ok(entries) = fs::read_dir(shared) else {
        return;
    };
    for entry in entries.flatten() {
        let is_run = entry.file_name().to_string_lossy().starts_with(RUN);
        let lock = entry.path().join(LOCK);
        // One that was only just made has no lock file yet; it is another's to remove.
        let ended = File::options().write(true).open(lock).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_run && ended {
            super::postgres::end_left_behind(&entry.path());
            super::redis::end_left_behind(&entry.path());
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The data directory, in full, or the folder that stands for it.
fn shared(data_dir: &Path, identity: &Identity) -> Result<PathBuf, Error> {
    let data_dir = fs::canonicalize(data_dir).map_err(Error::file("find", data_dir))?;
    Ok(if identity.reaches(&data_dir) { data_dir } else { elsewhere(&data_dir) })
}

fn elsewhere(data_dir: &Path) -> PathBuf {
    let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
    let name = URL_SAFE_NO_PAD.encode(&digest[..6]);
    Path::new("/var/lib").join(format!("rapport-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_run_at_a_time_and_is_free_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path()).unwrap();
        let second = take(folder.path()).unwrap_err();
        assert!(second.to_string().contains(&format!("in use by process {}", std::process::id())));
        drop(first);
        take(folder.path()).unwrap();
    }

    #[test]
    fn what_an_ended_run_left_is_removed_and_a_running_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (ended, running) = (folder.path().join("run-1"), folder.path().join("run-2"));
        fs::create_dir_all(&ended).unwrap();
        fs::create_dir_all(&running).unwrap();
        drop(take(&ended).unwrap());
        let _lock = take(&running).unwrap();
        remove_left_behind(folder.path());
        assert!(!ended.exists());
        assert!(running.exists());
    }
}
