use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rapport_tenancy::{LocalMasterKeys, MasterKeys};
use secrecy::zeroize::Zeroizing;

use super::{setting::Setting, source::Source};

pub static KEY: Setting = Setting {
    name: "RAPPORT_MASTER_KEY",
    default: None,
    expected: "32 random bytes in base64, as of `openssl rand -base64 32`",
    about: "wraps the keys of encrypted fields; without one no field can be encrypted, and none can be read",
};

pub static FILE: Setting = Setting {
    name: "RAPPORT_MASTER_KEY_FILE",
    default: None,
    expected: "a file with one or more lines `id:base64`",
    about: "the same from a file: the first line is used from now on, the others open what they wrapped before",
};

/// In the data directory, for `rapport dev` and the commands beside it.
const NAME: &str = "master-key";

/// The keys that wrap those of encrypted fields.
#[derive(Debug, Clone)]
pub struct MasterKey {
    pub keys: Option<Arc<dyn MasterKeys>>,
    place: PathBuf,
}

impl MasterKey {
    pub(super) fn read(source: &mut Source, data_dir: &Path) -> Self {
        let place = data_dir.join(NAME);
        if source.is_set(&KEY) && source.is_set(&FILE) {
            source.complain(FILE.name, &format!("to be unset where {} is set", KEY.name));
        }
        let key = source.checked(&KEY, |value| LocalMasterKeys::parse(value).map_err(|wrong| wrong.to_string()));
        let file = source.checked(&FILE, |path| read(Path::new(path)));
        let mut keys = key.or(file);
        if keys.is_none() && !source.is_set(&KEY) && !source.is_set(&FILE) && place.exists() {
            match read(&place) {
                Ok(read) => keys = Some(read),
                Err(wrong) => source.complain(place.display(), &format!("{}; {wrong}", FILE.expected)),
            }
        }
        Self { keys: keys.map(|keys| Arc::new(keys) as Arc<dyn MasterKeys>), place }
    }

    /// Makes one in the data directory, readable by its owner alone, where there is none at all.
    pub fn ensure(&mut self) -> io::Result<()> {
        if self.keys.is_some() {
            return Ok(());
        }
        if let Some(folder) = self.place.parent() {
            fs::create_dir_all(folder)?;
        }
        let line = LocalMasterKeys::generate();
        // Whole or not at all, and never over one that is there.
        let temporary = self.place.with_extension(format!("{}.new", std::process::id()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&temporary, &self.place);
        fs::remove_file(&temporary)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let keys = read(&self.place).map_err(io::Error::other)?;
        self.keys = Some(Arc::new(keys));
        Ok(())
    }
}

fn read(path: &Path) -> Result<LocalMasterKeys, String> {
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| format!("it cannot be read ({error})"))?;
    LocalMasterKeys::parse(&text).map_err(|wrong| wrong.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn of(data_dir: &Path, variables: &'static [(&'static str, &'static str)]) -> (MasterKey, Option<String>) {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let mut source = Source::open(None, find);
        let read = MasterKey::read(&mut source, data_dir);
        (read, source.finish(&[&KEY, &FILE]).err().map(|invalid| invalid.to_string()))
    }

    #[test]
    fn one_is_made_once_for_its_owner_alone_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut first, wrong) = of(folder.path(), &[]);
        assert!(first.keys.is_none() && wrong.is_none());
        first.ensure().expect("a key");
        let made = first.keys.expect("a key");
        let rights = fs::metadata(folder.path().join(NAME)).expect("a file").permissions().mode();
        assert_eq!(rights & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let (mut again, _) = of(folder.path(), &[]);
        again.ensure().expect("the key");
        assert_eq!(again.keys.expect("the key").current(), made.current());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let wrong = of(folder.path(), &[("RAPPORT_MASTER_KEY", "hunter2")]).1.expect("refused");
        assert!(
            wrong.contains("RAPPORT_MASTER_KEY: expected 32 random bytes") && !wrong.contains("hunter2"),
            "{wrong}"
        );
        let wrong = of(folder.path(), &[("RAPPORT_MASTER_KEY_FILE", "/no/such/file")]).1.expect("refused");
        assert!(wrong.contains("it cannot be read"), "{wrong}");
        let both = &[
            ("RAPPORT_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("RAPPORT_MASTER_KEY_FILE", "/no/such/file"),
        ];
        assert!(of(folder.path(), both).1.expect("refused").contains("to be unset where RAPPORT_MASTER_KEY is set"));
        let (read, wrong) = of(folder.path(), &both[..1]);
        assert!(read.keys.is_some() && wrong.is_none(), "{wrong:?}");
    }
}
