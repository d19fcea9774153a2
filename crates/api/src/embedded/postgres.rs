use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use super::packages::{self, POSTGRES_MAJOR};
use super::process::{self, Process};
use super::{Error, Home, Keep, Progress, port};

/// Which PostgreSQL to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Flavour {
    /// The pinned one of the npm registry, the same on every machine.
    Embedded,
    /// The newest below `/usr/lib/postgresql`, as Debian and Ubuntu install it.
    System,
}

/// A running private PostgreSQL. Dropping it stops the server.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    url: SecretString,
    version: String,
    log: PathBuf,
}

const USER: &str = "rapport";
const DATABASE: &str = "rapport";
const START: Duration = Duration::from_mins(1);

impl Postgres {
    /// Starts the server, after installing it and making its cluster when they are not there yet.
    pub fn start(home: &Home, flavour: Flavour, progress: &Progress) -> Result<Self, Error> {
        let installed = Installed::find(home, flavour, progress)?;
        let folder = home.dir().join(installed.folder);
        let cluster = Cluster::prepare(home, &installed, folder, progress)?;
        cluster.end_left_behind();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match cluster.run(home, &installed) {
                Ok((process, port)) => {
                    let url = url(cluster.password.expose_secret(), port);
                    progress.say(format!("PostgreSQL {} runs on 127.0.0.1:{port}", installed.version));
                    let log = cluster.folder.join(LOG);
                    return Ok(Self { process, url, version: installed.version, log });
                }
                Err(Error::Start { reason, .. }) if attempts < 5 && passes(&reason) => {
                    sleep(Duration::from_secs(1));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Which PostgreSQL has a cluster in this folder.
    pub fn made_in(dir: &Path) -> Option<Flavour> {
        let all = [(Installed::EMBEDDED, Flavour::Embedded), (Installed::SYSTEM, Flavour::System)];
        all.into_iter().find(|(folder, _)| dir.join(folder).join(DATA).exists()).map(|(_, flavour)| flavour)
    }

    /// The URL of the server that another process runs in this folder of [`super::Error::InUse`].
    pub fn running(dir: &Path) -> Option<SecretString> {
        [Installed::EMBEDDED, Installed::SYSTEM].into_iter().find_map(|folder| {
            let folder = dir.join(folder);
            let state = fs::read_to_string(folder.join(DATA).join("postmaster.pid")).ok()?;
            let port = state.lines().nth(3)?.trim().parse().ok()?;
            let password = fs::read_to_string(folder.join("password")).ok()?;
            is_ready(&state).then(|| url(password.trim(), port))
        })
    }

    /// How the administrator reaches it; holds the password.
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// Why the server has ended although nobody stopped it.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended().map(|_| complaint(&self.log))
    }
}

fn url(password: &str, port: u16) -> SecretString {
    format!("postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}").into()
}

/// Ends a server that a killed run left in this folder.
pub fn end_left_behind(run: &Path) {
    for folder in [Installed::EMBEDDED, Installed::SYSTEM] {
        end_postmaster(&run.join(folder).join(DATA));
    }
}

/// Someone took the port first, or the processes of a killed server are about to end.
fn passes(reason: &str) -> bool {
    reason.contains("Address already in use")
        || reason.contains("could not create any TCP/IP sockets")
        || reason.contains("shared memory block")
}

struct Installed {
    bin: PathBuf,
    version: String,
    major: u32,
    folder: &'static str,
}

impl Installed {
    const EMBEDDED: &str = "postgres";
    const SYSTEM: &str = "postgres-system";

    fn find(home: &Home, flavour: Flavour, progress: &Progress) -> Result<Self, Error> {
        let (bin, folder) = match flavour {
            Flavour::Embedded => (packages::postgres(home.shared(), progress)?.join("bin"), Self::EMBEDDED),
            Flavour::System => (system()?, Self::SYSTEM),
        };
        let mut command = home.identity().command(&bin.join("postgres"));
        let output = output(command.arg("--version"), "postgres --version")?;
        // "postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)"
        let version = output.split_whitespace().nth(2).unwrap_or("?").to_owned();
        let major = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(POSTGRES_MAJOR);
        Ok(Self { bin, version, major, folder })
    }
}

fn system() -> Result<PathBuf, Error> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .map_err(|_| Error::NoSystemPostgres)?
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((major, bin))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).ok_or(Error::NoSystemPostgres)
}

const DATA: &str = "data";
const LOG: &str = "log";

/// The files of one server: data, password and log.
struct Cluster {
    folder: PathBuf,
    password: SecretString,
}

impl Cluster {
    fn prepare(home: &Home, installed: &Installed, folder: PathBuf, progress: &Progress) -> Result<Self, Error> {
        let data = folder.join(DATA);
        if !data.exists() {
            progress.say(format!("PostgreSQL {}: making the database in {}", installed.version, folder.display()));
            return Self::create(home, installed, folder);
        }
        let version = data.join("PG_VERSION");
        let found = fs::read_to_string(&version).map_err(Error::file("read", &version))?;
        if found.trim() != installed.major.to_string() {
            return Err(Error::OtherVersion {
                path: folder,
                found: found.trim().to_owned(),
                expected: installed.major,
            });
        }
        home.identity().own(&data)?;
        let path = folder.join("password");
        let password = fs::read_to_string(&path).map_err(|_| Error::PasswordLost { data, password: path })?;
        Ok(Self { folder, password: password.trim().into() })
    }

    /// Makes the cluster beside and moves it in place when it is whole, so that a crash leaves
    /// nothing half made.
    fn create(home: &Home, installed: &Installed, folder: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o755))
            .map_err(Error::file("set the rights of", &folder))?;
        let partial = folder.join("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::file("remove", &partial))?;
        }
        fs::create_dir(&partial).map_err(Error::file("make the folder", &partial))?;
        fs::set_permissions(&partial, Permissions::from_mode(0o700))
            .map_err(Error::file("set the rights of", &partial))?;
        home.identity().own(&partial)?;

        let password = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
        write_private(&folder.join("password"), &password)?;
        // initdb runs as another user, who gets a copy for as long as it takes.
        let handed = folder.join("password.handed");
        write_private(&handed, &password)?;
        home.identity().own(&handed)?;
        let mut initdb = home.identity().command(&installed.bin.join("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&partial)
            .arg("--pwfile")
            .arg(&handed)
            .args(["--username", USER])
            .args(["--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--data-checksums", "--no-instructions"])
            .args(unsynced(home.keep(), "--no-sync"))
            .args(locale(installed.major));
        let made = output(&mut initdb, "initdb");
        fs::remove_file(&handed).map_err(Error::file("remove", &handed))?;
        made?;

        let mut single = home.identity().command(&installed.bin.join("postgres"));
        single.args(["--single", "-j"]).args(unsynced(home.keep(), "--fsync=off"));
        single.arg("-D").arg(&partial).arg("template1");
        feed(single, &format!("CREATE DATABASE {DATABASE};\n"))?;
        let data = folder.join(DATA);
        fs::rename(&partial, &data).map_err(Error::file("make", &data))?;
        Ok(Self { folder, password: password.into() })
    }

    fn end_left_behind(&self) {
        end_postmaster(&self.folder.join(DATA));
    }

    /// Starts the server on a free port of loopback and waits until it takes connections.
    fn run(&self, home: &Home, installed: &Installed) -> Result<(Process, u16), Error> {
        let data = self.folder.join(DATA);
        let log_path = self.folder.join(LOG);
        let log = File::create(&log_path).map_err(Error::file("write", &log_path))?;
        let port = port::free()?;
        let mut command = home.identity().command(&installed.bin.join("postgres"));
        command.arg("-D").arg(&data);
        for setting in settings(home.keep(), port) {
            command.arg("-c").arg(setting);
        }
        let log_too = log.try_clone().map_err(Error::file("write", &log_path))?;
        command.stdin(Stdio::null()).stdout(log).stderr(log_too);
        let mut process = Process::spawn(command).map_err(|source| Error::Tool { program: "postgres", source })?;
        let until = Instant::now() + START;
        loop {
            let reason = if process.ended().is_some() {
                complaint(&log_path)
            } else if ready(&data, process.id()) {
                return Ok((process, port));
            } else if Instant::now() > until {
                format!("not ready after {} s", START.as_secs())
            } else {
                sleep(Duration::from_millis(20));
                continue;
            };
            return Err(Error::Start { server: "PostgreSQL", reason, log: log_path });
        }
    }
}

/// Sorting and upper case must be the same on every machine, so none of its locales is used.
fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    } else {
        &["--locale=C.UTF-8"]
    }
}

fn settings(keep: Keep, port: u16) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        // Loopback with a password works everywhere; the path of a socket may be too long.
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "max_locks_per_transaction=256".to_owned(),
        "jit=off".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "lc_messages=C".to_owned(),
        "logging_collector=off".to_owned(),
    ];
    if keep == Keep::ForThisRun {
        // Nothing of it is wanted after a crash.
        settings.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"]
                .map(str::to_owned),
        );
    }
    settings
}

/// The option for a cluster that nobody wants after a crash.
fn unsynced(keep: Keep, option: &'static str) -> Option<&'static str> {
    (keep == Keep::ForThisRun).then_some(option)
}

/// The server writes its state as the eighth line of `postmaster.pid`; `pg_ctl` reads it there too.
fn ready(data: &Path, id: u32) -> bool {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
        return false;
    };
    text.lines().next() == Some(id.to_string().as_str()) && is_ready(&text)
}

fn is_ready(state: &str) -> bool {
    state.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

/// We hold the folder, so a server that still runs in it was left behind by a killed run, and a
/// `postmaster.pid` without a server is stale. PostgreSQL would refuse both when the id is in use.
fn end_postmaster(data: &Path) {
    let path = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&path) else {
        return;
    };
    if let Some(id) = text.lines().next().and_then(|id| id.trim().parse().ok()) {
        process::end_left_behind(id, &data.to_string_lossy());
    }
    let _ = fs::remove_file(&path);
}

fn complaint(log: &Path) -> String {
    reason(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()))
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let _ = fs::remove_file(path);
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(Error::file("write", path))
}

fn feed(mut command: Command, input: &str) -> Result<(), Error> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let failed = |reason: String| Error::Failed { command: "postgres --single".to_owned(), reason };
    let output = command
        .spawn()
        .and_then(|mut child| {
            if let Some(mut pipe) = child.stdin.take() {
                pipe.write_all(input.as_bytes())?;
            }
            child.wait_with_output()
        })
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(reason(&String::from_utf8_lossy(&output.stderr))))
}

fn output(command: &mut Command, name: &str) -> Result<String, Error> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Failed { command: name.to_owned(), reason: error.to_string() })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = reason(&String::from_utf8_lossy(&output.stderr));
    Err(Error::Failed { command: name.to_owned(), reason })
}

/// What made a program of PostgreSQL give up, of all that it said, in one line.
fn reason(text: &str) -> String {
    const FULL: [&str; 3] = ["No space left on device", "Check free disk space", "Disk quota exceeded"];
    if FULL.iter().any(|words| text.contains(words)) {
        return "the disk of the data directory is full: make room, or name another folder in RAPPORT_DATA_DIR"
            .to_owned();
    }
    // Worst first: a panic makes others fail, and initdb ends by telling what it removes.
    let worst = ["PANIC:", "FATAL:", "error:", "could not "];
    let line = worst.iter().find_map(|word| text.lines().rev().find(|line| line.contains(word)));
    let line = line.or_else(|| text.lines().next_back()).unwrap_or("it said nothing");
    // Without the time and the process.
    let said = ["PANIC:", "FATAL:", "error:"].iter().find_map(|word| line.split_once(word));
    said.map_or(line, |(_, said)| said).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_in_words() {
        for text in [
            "2026-11-25 17:14:14.778 UTC [5964] FATAL:  could not extend file \"base/1/2691\": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.\ninitdb: removing data directory\n",
            "LOG:  starting\nPANIC:  could not write to file \"pg_wal/xlogtemp.6063\": No space left on device\nLOG:  shut down\n",
        ] {
            assert!(reason(text).starts_with("the disk of the data directory is full"), "{}", reason(text));
        }
    }

    #[test]
    fn a_reason_is_what_was_worst_without_time_and_process() {
        let log = "2026-11-25 17:14:14.778 UTC [5964] LOG:  starting\n2026-11-25 17:14:14.779 UTC [5964] FATAL:  could not create any TCP/IP sockets\n2026-11-25 17:14:14.780 UTC [5964] LOG:  database system is shut down\n";
        assert_eq!(reason(log), "could not create any TCP/IP sockets");
        assert_eq!(reason("initdb: error: directory exists\ninitdb: removing it\n"), "directory exists");
        assert_eq!(reason(""), "it said nothing");
    }

    #[test]
    fn only_a_cluster_that_is_thrown_away_may_lose_what_it_was_told() {
        assert_eq!(unsynced(Keep::Always, "--no-sync"), None);
        assert_eq!(unsynced(Keep::ForThisRun, "--no-sync"), Some("--no-sync"));
        let off =
            |keep| settings(keep, 5432).iter().any(|setting| setting.ends_with("=off") && setting.contains("sync"));
        assert_eq!((off(Keep::Always), off(Keep::ForThisRun)), (false, true));
    }
}
