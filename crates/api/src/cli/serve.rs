use std::process::ExitCode;

use clap::Args;

use super::{
    Common, Failure,
    gateway::{self, Whose},
};
use crate::{
    config,
    embedded::{Flavour, Progress},
    logging,
};

/// Runs one gateway node.
#[derive(Debug, Args)]
#[command(after_help = config::help())]
pub struct Serve {
    /// Brings the database up to date first. Always done with a database of its own.
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let settings = common.settings()?;
        logging::start(&settings.log);
        let serving = |progress: &Progress, url: &str| progress.say(format!("serving on {url}"));
        let whose = Whose::Operators { migrate: self.migrate };
        gateway::run(settings, Flavour::Embedded, whose, async |_, _| Ok(()), serving)
    }
}
