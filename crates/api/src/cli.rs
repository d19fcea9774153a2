//! The command line: one thin file for each command.

mod dev;
mod failure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::failure::Failure;

/// Rapport, a CRM that many organisations share and each one shapes.
#[derive(Debug, Parser)]
#[command(name = "rapport", version)]
struct Rapport {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let result = match Rapport::parse().command {
        Command::Dev(dev) => dev.run(),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("rapport: {failure}");
        ExitCode::FAILURE
    })
}
