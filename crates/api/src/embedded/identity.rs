use std::fs;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

use super::Error;
use crate::config::env;

/// As whom the servers run. PostgreSQL refuses root, so root needs another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// As the user who started us.
    Own,
    /// In a user namespace where root has another number; files stay root's.
    Namespace,
    /// As another user of this machine; the files of the cluster are theirs.
    User { name: String, uid: u32, gid: u32 },
}

/// How root is to run the servers (`RAPPORT_EMBEDDED_ROOT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Unshare,
    Setpriv,
}

const NAMESPACE: [&str; 4] = ["--user", "--map-user=1000", "--map-group=1000", "--"];

impl Identity {
    /// What works here, of what root wishes.
    pub fn detect(wish: Option<Root>) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        if wish != Some(Root::Setpriv) && Self::Namespace.works() {
            return Ok(Self::Namespace);
        }
        if wish == Some(Root::Unshare) {
            return Err(Error::Root { reason: "`unshare --user` is refused".to_owned() });
        }
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .ok_or_else(|| Error::Root { reason: "there is neither a user `postgres` nor `nobody`".to_owned() })?;
        let identity = Self::User { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() };
        if identity.works() { Ok(identity) } else { Err(Error::Root { reason: "`setpriv` is refused".to_owned() }) }
    }

    /// A command that runs `program` as this identity, in an environment of its own.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Namespace => {
                let mut command = Command::new("unshare");
                command.args(NAMESPACE).arg(program);
                command
            }
            Self::User { uid, gid, .. } => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={uid}"))
                    .arg(format!("--regid={gid}"))
                    .args(["--clear-groups", "--no-new-privs", "--"])
                    .arg(program);
                command
            }
        };
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        if let Some(path) = env::var("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Gives a file, or a folder with all that is in it, to this identity. A cluster changes hands when root could make
    /// a user namespace before and cannot now, or the other way round.
    pub fn own(&self, path: &Path) -> Result<(), Error> {
        let (uid, gid) = match self {
            Self::Own => return Ok(()),
            Self::Namespace => (0, 0),
            Self::User { uid, gid, .. } => (*uid, *gid),
        };
        let about = fs::symlink_metadata(path).map_err(Error::file("read", path))?;
        if about.uid() == uid {
            return Ok(());
        }
        // The folder itself comes last: it is the sign that all of it was given away.
        if about.is_dir() {
            for entry in fs::read_dir(path).map_err(Error::file("read", path))?.flatten() {
                self.own(&entry.path())?;
            }
        }
        lchown(path, Some(uid), Some(gid)).map_err(Error::file("give away", path))
    }

    /// Whether this identity can use files below the folder.
    pub fn reaches(&self, folder: &Path) -> bool {
        if matches!(self, Self::Own | Self::Namespace) {
            return true;
        }
        let mut command = self.command(Path::new("test"));
        command.arg("-x").arg(folder);
        succeeds(command)
    }

    fn works(&self) -> bool {
        succeeds(self.command(Path::new("true")))
    }
}

fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
