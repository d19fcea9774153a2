use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::Arc;

use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    Common, Failure,
    gateway::{self, Whose},
};
use crate::{
    app::App,
    config::Settings,
    demo,
    embedded::{Flavour, Home, Keep, Postgres, Progress, Redis},
    logging,
    node::NodeError,
};

const SIGN_IN: &str = "Sign in as demo@example.com with the password rapport-demo (workspace crm-sales)";

/// Runs the whole product on this machine: servers of its own, the demo workspace, the gateway.
///
/// Limits that are not set are wider than those of `rapport serve`: 36,000 requests an hour for a user, 3,600 for an
/// address before its sign-in, 600 attempts for an account.
#[derive(Debug, Args)]
pub struct Dev {
    /// The PostgreSQL to run: the pinned one, or the newest that the system has installed.
    #[arg(long, value_enum, default_value_t = Flavour::Embedded)]
    postgres: Flavour,

    /// Only starts servers of their own for a command, names them to it in `RAPPORT_DATABASE_URL`,
    /// `RAPPORT_REDIS_URL`, `RAPPORT_TEST_DATABASE_URL` and `RAPPORT_TEST_REDIS_URL`, and ends as
    /// it ends.
    #[arg(long, requires = "command")]
    exec: bool,

    /// The command of `--exec` and its arguments.
    #[arg(last = true, requires = "exec")]
    command: Vec<OsString>,
}

impl Dev {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let mut settings = common.quiet_settings()?;
        settings.limits = settings.limits.for_development();
        if self.exec {
            return self.exec(&settings);
        }
        logging::start(&settings.log);
        let sends_mail = settings.mail.is_sent();
        let demo = async |app: &Arc<App>, progress: &Progress| {
            demo::ensure(&app.tenancy, &app.graph.catalogs, &mut |what| progress.say(what))
                .await
                .map_err(|error| NodeError::Prepare(Failure::from(error).to_string()))
        };
        gateway::run(settings, self.postgres, Whose::OurOwn, demo, |progress: &Progress, url: &str| {
            progress.say("serving");
            let mail = if sends_mail { String::new() } else { format!("    Mail lands on {url}/dev/mailbox\n") };
            answer!("\n    Rapport runs on {url}\n    {SIGN_IN}\n{mail}    Ctrl-C stops everything.\n");
        })
    }

    fn exec(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let progress = Progress::start();
        let home = Home::open(&settings.embedded, Keep::ForThisRun, &progress)?;
        let postgres = Postgres::start(&home, self.postgres, &progress)?;
        let redis = Redis::start(&home, &progress)?;
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| Failure::new("--exec needs a command after `--`"))?;
        let mut command = Command::new(program);
        command.args(arguments);
        for name in ["RAPPORT_DATABASE_URL", "RAPPORT_TEST_DATABASE_URL"] {
            command.env(name, postgres.url().expose_secret());
        }
        for name in ["RAPPORT_REDIS_URL", "RAPPORT_TEST_REDIS_URL"] {
            match &redis {
                Some(redis) => command.env(name, redis.url().expose_secret()),
                None => command.env_remove(name),
            };
        }
        let status = run_to_its_end(command)
            .map_err(|error| Failure::new(format!("cannot run {}: {error}", program.display())))?;
        drop((redis, postgres, home));
        // As a shell says it: 128 and the signal that ended it.
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    }
}

/// A Ctrl-C at the terminal reaches the command by itself; other requests to end are passed on. Either
/// way the servers stay until the command has ended.
fn run_to_its_end(command: Command) -> std::io::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut child = tokio::process::Command::from(command).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        loop {
            tokio::select! {
                status = child.wait() => return status,
                _ = interrupt.recv() => {}
                _ = terminate.recv() => pass_on(id, Signal::SIGTERM),
                _ = hang_up.recv() => pass_on(id, Signal::SIGHUP),
            }
        }
    })
}

fn pass_on(id: Option<i32>, signal: Signal) {
    if let Some(id) = id {
        let _ = kill(Pid::from_raw(id), signal);
    }
}
