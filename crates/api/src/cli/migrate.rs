use std::process::ExitCode;

use clap::Args;

use super::{Common, Failure, database};
use crate::node::describe;

/// Brings the control schema and every workspace up to date. Safe to run again; fails when a workspace was left behind.
#[derive(Debug, Args)]
pub struct Migrate;

impl Migrate {
    pub fn run(common: &Common) -> Result<ExitCode, Failure> {
        database::made(common, async |tenancy| {
            let report = tenancy.migrate().await?;
            answer!("{}", describe(&report));
            Ok(if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}
