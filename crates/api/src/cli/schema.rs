use std::process::ExitCode;

use clap::Args;

use super::Failure;
use crate::graphql;

/// Prints the graph of a workspace without customisations: `schema.graphql`.
#[derive(Debug, Args)]
pub struct Schema;

impl Schema {
    pub fn run() -> Result<ExitCode, Failure> {
        answer!("{}", graphql::schema::base_sdl()?.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
