use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(20);

/// A server process that does not outlive this one.
///
/// A small shell waits at the end of a pipe for each: when this process dies, however it dies, the
/// pipe closes and the shell ends the server. Both have process groups of their own, so that a
/// Ctrl-C at the terminal reaches this process alone, which then stops them in order.
#[derive(Debug)]
pub struct Process {
    child: Child,
    watchdog: Child,
}

impl Process {
    pub fn spawn(mut command: Command) -> std::io::Result<Self> {
        let mut child = command.process_group(0).spawn()?;
        let watchdog = Command::new("sh")
            .args(["-c", r#"read -r line || kill -INT "$0""#])
            .arg(child.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self { child, watchdog }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub fn input(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// Sends the signals one after the other, each with its patience, until the process has ended.
    pub fn stop(&mut self, steps: &[(Signal, Duration)]) {
        let Ok(id) = i32::try_from(self.child.id()) else {
            return;
        };
        for (signal, patience) in steps {
            if self.ended().is_some() {
                return;
            }
            let _ = kill(Pid::from_raw(id), *signal);
            let until = Instant::now() + *patience;
            while self.ended().is_none() && Instant::now() < until {
                sleep(POLL);
            }
        }
        if self.ended().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(&[(Signal::SIGINT, Duration::from_secs(20)), (Signal::SIGQUIT, Duration::from_secs(5))]);
        // A line tells the watchdog that there is nothing to end any more.
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
        let _ = self.watchdog.wait();
    }
}

/// Ends a server that a run before left behind, when the process with this id is one: `mark` is what
/// its command line must hold.
pub fn end_left_behind(id: i32, mark: &str) {
    let pid = Pid::from_raw(id);
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL] {
        let until = Instant::now() + Duration::from_secs(10);
        if !runs(id, mark) || kill(pid, signal).is_err() {
            return;
        }
        while runs(id, mark) && Instant::now() < until {
            sleep(POLL);
        }
    }
}

fn runs(id: i32, mark: &str) -> bool {
    if id <= 1 {
        return false;
    }
    let line = if Path::new("/proc/self/cmdline").exists() {
        std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default()
    } else {
        Command::new("ps")
            .args(["-o", "command=", "-p", &id.to_string()])
            .output()
            .map(|output| output.stdout)
            .unwrap_or_default()
    };
    String::from_utf8_lossy(&line).contains(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_ends_when_it_is_dropped() {
        let mut command = Command::new("sleep");
        command.arg("1000");
        let process = Process::spawn(command).unwrap();
        let id = i32::try_from(process.id()).unwrap();
        while !runs(id, "sleep") {
            sleep(POLL);
        }
        drop(process);
        assert!(!runs(id, "sleep"));
    }

    #[test]
    fn a_stranger_with_a_reused_id_is_left_alone() {
        let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
        end_left_behind(i32::try_from(stranger.id()).unwrap(), "/some/data/directory");
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
