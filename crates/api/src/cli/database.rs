//! What the commands beside the gateway share: a connection to the control plane, then one piece of work.

use std::process::ExitCode;

use rapport_tenancy::Tenancy;
use tokio::runtime::Runtime;

use super::{
    Common, Failure,
    servers::{Missing, Servers},
};
use crate::{embedded::Progress, logging, node::tenancy_settings};

/// Does the work with the database that settings name, or with the private one if it is there.
pub fn with(
    common: &Common,
    work: impl AsyncFnOnce(Tenancy) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    run(common, Missing::Refuse, work)
}

/// The same, with a private database that is made when it is not there.
pub fn made(
    common: &Common,
    work: impl AsyncFnOnce(Tenancy) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    run(common, Missing::Make, work)
}

fn run(
    common: &Common,
    missing: Missing,
    work: impl AsyncFnOnce(Tenancy) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let settings = common.quiet_settings()?;
    logging::start(&settings.log);
    let servers = Servers::reach(&settings, missing, &Progress::start())?;
    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(async {
        let tenancy = Tenancy::connect(tenancy_settings(&settings, servers.database_url())).await?;
        let outcome = work(tenancy.clone()).await;
        tenancy.close().await;
        outcome
    });
    runtime.shutdown_background();
    drop(servers);
    outcome
}
