use std::process::ExitCode;

use clap::Args;
use rapport_tenancy::Rewrapped;

use super::{Common, Failure, database};

/// Wraps the data keys of all workspaces, the secrets of second factors and the signing keys with the first key of
/// `RAPPORT_MASTER_KEY_FILE`, so that the other keys can go. Does not touch values. Safe to run again; fails when the
/// keys of a workspace could not be unwrapped.
#[derive(Debug, Args)]
pub struct RotateMasterKey;

impl RotateMasterKey {
    pub fn run(common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            let Rewrapped { keys, secrets, failed } = tenancy.rewrap_data_keys().await?;
            answer!("{keys} data keys and {secrets} secrets of sign-in are wrapped anew.");
            for (slug, reason) in &failed {
                answer!("{slug} is as it was: {reason}");
            }
            Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}
