//! The command line: one thin file for each command.

/// A line of an answer on standard output. Who reads it may be gone: that is no reason to end.
macro_rules! answer {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod catalog;
mod database;
mod dev;
mod doctor;
mod failure;
mod gateway;
mod import;
mod key;
mod master_key;
mod migrate;
mod schema;
mod sealing;
mod serve;
mod servers;
mod signing_key;
mod tenant;
mod user;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

pub use self::failure::Failure;
use crate::config::{InvalidSettings, Settings};

/// Rapport, a CRM that many organisations share and each one shapes.
#[derive(Debug, Parser)]
#[command(name = "rapport", version)]
struct Rapport {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command understands.
#[derive(Debug, Args)]
struct Common {
    /// A TOML file with settings; `rapport serve --help` lists them.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl Common {
    fn settings(&self) -> Result<Settings, InvalidSettings> {
        for warning in Settings::warnings() {
            let _ = writeln!(std::io::stderr(), "rapport: warning: {warning}");
        }
        Settings::load(self.settings.as_deref())
    }

    /// For people at a terminal: logs what goes wrong, unless somebody asked for more.
    fn quiet_settings(&self) -> Result<Settings, InvalidSettings> {
        let mut settings = self.settings()?;
        if !settings.log.chosen {
            "warn".clone_into(&mut settings.log.filter);
        }
        Ok(settings)
    }
}

/// Whether a command line, the name of the program included, can be understood: for tests of what we tell people to run.
pub fn understands(line: &str) -> Result<(), String> {
    let words = line.split('#').next().unwrap_or_default().split_whitespace();
    Rapport::try_parse_from(words).map(|_| ()).map_err(|error| error.to_string())
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    RotateMasterKey(master_key::RotateMasterKey),
    SigningKey(signing_key::SigningKey),
    Tenant(tenant::Tenant),
    User(user::User),
    Key(key::Key),
    Import(import::Import),
    Catalog(catalog::Catalog),
    Schema(schema::Schema),
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let Rapport { command, common } = Rapport::parse();
    let result = match command {
        Command::Dev(dev) => dev.run(&common),
        Command::Serve(serve) => serve.run(&common),
        Command::Migrate(_) => migrate::Migrate::run(&common),
        Command::RotateMasterKey(_) => master_key::RotateMasterKey::run(&common),
        Command::SigningKey(signing_key) => signing_key.run(&common),
        Command::Doctor(_) => doctor::Doctor::run(&common),
        Command::Tenant(tenant) => tenant.run(&common),
        Command::User(user) => user.run(&common),
        Command::Key(key) => key.run(&common),
        Command::Import(import) => import.run(&common),
        Command::Catalog(catalog) => catalog.run(&common),
        Command::Schema(_) => schema::Schema::run(),
    };
    result.unwrap_or_else(|failure| {
        let _ = writeln!(std::io::stderr(), "rapport: {failure}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_serve_lists_every_setting() {
        let mut command = Rapport::command();
        command.build();
        command.clone().debug_assert();
        let help = command.find_subcommand_mut("serve").unwrap().render_help().to_string();
        for setting in crate::config::ALL {
            assert!(help.contains(setting.name), "{}", setting.name);
        }
    }
}
