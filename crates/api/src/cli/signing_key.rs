use std::process::ExitCode;

use chrono::Utc;
use clap::{Args, Subcommand};
use rapport_tenancy::{PrivateKey, Tenancy};

use super::{Common, Failure, database};
use crate::auth::{self, NOTICE};

/// Lists and replaces the keys that sign access tokens.
#[derive(Debug, Args)]
pub struct SigningKey {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the keys that are believed, in the order in which they sign.
    List,
    /// Publishes a new key, which signs from twelve minutes later on. The one before is believed until its last token is over.
    /// Nobody is signed out.
    Rotate {
        /// The key signs at once, and what the others signed is not believed any more: for keys that somebody else may have.
        /// Apps refresh their tokens and go on.
        #[arg(long)]
        at_once: bool,
    },
}

impl SigningKey {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            match self.command {
                Command::List => list(&tenancy).await?,
                Command::Rotate { at_once } => rotate(&tenancy, at_once).await?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

async fn list(tenancy: &Tenancy) -> Result<(), Failure> {
    let (keys, now) = (tenancy.signing_keys().await?, Utc::now());
    let signing = keys.iter().rposition(|key| key.signs_from <= now);
    for (at, key) in keys.iter().enumerate() {
        let state = match Some(at).cmp(&signing) {
            std::cmp::Ordering::Less => "believed",
            std::cmp::Ordering::Equal => "signs",
            std::cmp::Ordering::Greater => "published",
        };
        let kept = match key.private {
            PrivateKey::Seed(_) => "wrapped",
            PrivateKey::Pem(_) => "in plain",
            PrivateKey::Closed(_) => "wrapped by a master key that is not here",
        };
        answer!("{}  {state:9}  from {}  {kept}", key.kid, key.signs_from.format("%Y-%m-%d %H:%M:%S UTC"));
    }
    Ok(())
}

async fn rotate(tenancy: &Tenancy, at_once: bool) -> Result<(), Failure> {
    let signs_from = if at_once { Utc::now() } else { Utc::now() + NOTICE };
    let kid = auth::rotate_signing_key(tenancy, signs_from).await?;
    if !at_once {
        answer!("{kid} is published and signs from {} on.", signs_from.format("%H:%M:%S UTC"));
        return Ok(());
    }
    let others = tenancy.signing_keys().await?.into_iter().map(|key| key.kid).filter(|other| *other != kid);
    let withdrawn = tenancy.remove_signing_keys(&others.collect::<Vec<_>>()).await?;
    answer!("{kid} signs; {withdrawn} keys are withdrawn, which every node knows within a minute.");
    Ok(())
}
