use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use super::process::{self, Process};
use super::{Error, Home, Keep, Progress, port};
use crate::config::env;

/// A running private Redis or Valkey. Dropping it stops the server.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    url: SecretString,
}

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];
const FOLDER: &str = "redis";
const START: Duration = Duration::from_secs(20);

impl Redis {
    /// Starts the machine's own server, or answers `None` when it has none.
    pub fn start(home: &Home, progress: &Progress) -> Result<Option<Self>, Error> {
        let Some((name, program)) = SERVERS.iter().find_map(|name| Some((name, find(name)?))) else {
            return Ok(None);
        };
        end_left_behind(home.dir());
        let folder = home.dir().join(FOLDER);
        fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))
            .map_err(Error::file("set the rights of", &folder))?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            match run(&program, &folder, home.keep()) {
                Ok((redis, port)) => {
                    progress.say(format!("Redis ({name}) runs on 127.0.0.1:{port}"));
                    return Ok(Some(redis));
                }
                Err(Error::Start { reason, .. }) if attempts < 5 && reason.contains("Address already in use") => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How clients reach it; holds the password.
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// Whether the server has ended although nobody stopped it.
    pub fn ended(&mut self) -> bool {
        self.process.ended().is_some()
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn run(program: &Path, folder: &Path, keep: Keep) -> Result<(Redis, u16), Error> {
    let port = port::free()?;
    let password = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
    let log_path = folder.join("log");
    let log = File::create(&log_path).map_err(Error::file("write", &log_path))?;
    let log_too = log.try_clone().map_err(Error::file("write", &log_path))?;
    let mut command = Command::new(program);
    // The settings go in by standard input: a command line can be read by everyone.
    command.arg("-").current_dir(folder).stdin(Stdio::piped()).stdout(log).stderr(log_too);
    let tool = |source| Error::Tool { program: "redis-server", source };
    let mut process = Process::spawn(command).map_err(tool)?;
    let save = if keep == Keep::Always { "60 1" } else { "\"\"" };
    if let Some(mut input) = process.input() {
        write!(
            input,
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\nappendonly no\n\
             save {save}\nstop-writes-on-bgsave-error no\n"
        )
        .map_err(tool)?;
    }
    let pid_path = folder.join("pid");
    fs::write(&pid_path, format!("{} {port}", process.id())).map_err(Error::file("write", &pid_path))?;
    let until = Instant::now() + START;
    while !answers(port, &password) {
        let reason = if process.ended().is_some() {
            complaint(&log_path)
        } else if Instant::now() > until {
            format!("not ready after {} s", START.as_secs())
        } else {
            sleep(Duration::from_millis(20));
            continue;
        };
        return Err(Error::Start { server: "Redis", reason, log: log_path });
    }
    let url = format!("redis://default:{password}@127.0.0.1:{port}/").into();
    Ok((Redis { process, url }, port))
}

/// Whether our server, and not a stranger who took the port first, is there and has its data.
fn answers(port: u16, password: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "AUTH {password}\r\nPING\r\nQUIT\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains("+PONG"))
}

/// Ends the server that a killed run left in this folder: it shows its port in its command line.
pub fn end_left_behind(run: &Path) {
    let path = run.join(FOLDER).join("pid");
    let Ok(text) = fs::read_to_string(&path) else {
        return;
    };
    if let Some((id, port)) = text.split_once(' ')
        && let Ok(id) = id.parse()
    {
        process::end_left_behind(id, &format!("127.0.0.1:{port}"));
    }
    let _ = fs::remove_file(&path);
}

fn complaint(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .rev()
        .find(|line| line.contains(" # ") || line.contains("***"))
        .or_else(|| text.lines().next_back())
        .unwrap_or("it said nothing")
        .trim()
        .to_owned()
}
