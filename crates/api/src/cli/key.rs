use std::process::ExitCode;

use chrono::{Duration, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use rapport_domain::{
    record::{Origin, UserError},
    rights::Roles,
};
use rapport_tenancy::{AccessScope, ApiKey, ApiKeyId, Tenancy, TenantDb};

use super::{Common, Failure, database, tenant::no_such};
use crate::{
    api_keys::{ApiKeys, Ask, Made},
    auth::beginning,
};

/// Lists, makes and revokes API keys of a workspace (docs/api-keys.md).
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the keys of a workspace; revoked and expired ones too.
    List {
        /// Slug or id of the workspace.
        workspace: String,
    },
    /// Makes a key and prints it, this once.
    Create {
        /// Slug or id of the workspace.
        workspace: String,
        /// What it is for.
        name: String,
        /// A role: READ_ONLY, REP, MANAGER, ADMIN, COMPLIANCE, or the id or name of a role of the workspace's own. Several: again.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// What it may be used for: records:read, records:write, metadata, members, audit. Several: again.
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<AccessScope>,
        /// Days until it ends by itself, at most 366.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
    /// Ends a key, for good. A gateway that runs lets it in for some seconds more.
    Revoke {
        /// Slug or id of the workspace.
        workspace: String,
        /// Id of the key, as `rapport key list` shows it.
        id: ApiKeyId,
    },
}

impl Key {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            match self.command {
                Command::List { workspace } => list(&tenancy, &open(&tenancy, &workspace).await?).await?,
                Command::Create { workspace, name, roles, scopes, days } => {
                    let db = open(&tenancy, &workspace).await?;
                    let roles = roles_named(&db, &roles).await?;
                    let expires_at = Some(Utc::now() + Duration::days(days.into()));
                    create(&tenancy, &db, Ask { name, roles, scopes, expires_at }).await?;
                }
                Command::Revoke { workspace, id } => revoke(&tenancy, &open(&tenancy, &workspace).await?, id).await?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn scope(text: &str) -> Result<AccessScope, String> {
    let known = AccessScope::ALL.map(AccessScope::as_str).join(", ");
    AccessScope::parse(text).ok_or_else(|| format!("expected one of {known}"))
}

async fn open(tenancy: &Tenancy, workspace: &str) -> Result<TenantDb, Failure> {
    let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
    Ok(tenancy.open(&scope))
}
