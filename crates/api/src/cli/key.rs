use std::process::ExitCode;

use chrono::{Duration, Utc};
use clap::{Args, Subcommand};
use rapport_domain::{
    record::{Origin, UserError},
    rights,
};
use rapport_tenancy::{AccessScope, ApiKeyId, TenantDb};
use uuid::Uuid;

use super::{Common, Failure, database, sealing::seal, tenant::no_such};
use crate::api_keys::{ApiKeys, Ask, Made};

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
        /// A role, by its name, its id or its key: `READ_ONLY`, `REP`, `MANAGER`, `ADMIN`, `COMPLIANCE`. For several say it again.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// What it may be used for: records:read, records:write, metadata, members, audit. For several say
        /// it again.
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
            let (Command::List { workspace } | Command::Create { workspace, .. } | Command::Revoke { workspace, .. }) =
                &self.command;
            let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
            let (db, origin) = (tenancy.open(&scope), Origin::default());
            let keys = ApiKeys { tenancy: &tenancy, db: &db, origin: &origin };
            match self.command {
                Command::List { .. } => list(keys).await?,
                Command::Create { name, roles, scopes, days, .. } => {
                    let expires_at = Some(Utc::now() + Duration::days(days.into()));
                    create(keys, Ask { by: None, name, roles: named(&db, &roles).await?, scopes, expires_at }).await?;
                }
                Command::Revoke { id, .. } => {
                    let key = keys.revoke(id).await?.map_err(refused)?;
                    answer!("{} ({}) opens nothing any more.", key.name, key.id);
                }
            }
            seal(&tenancy, &db).await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn scope(text: &str) -> Result<AccessScope, String> {
    let known = AccessScope::ALL.map(AccessScope::as_str).join(", ");
    AccessScope::parse(text).ok_or_else(|| format!("expected one of {known}"))
}

async fn named(db: &TenantDb, roles: &[String]) -> Result<Vec<Uuid>, Failure> {
    let session = db.session().await?;
    let mut ids = Vec::new();
    for role in roles {
        let found = rights::find_role(&session, role).await?;
        ids.push(found.ok_or_else(|| Failure::new(format!("the workspace has no role {role:?}")))?);
    }
    Ok(ids)
}

async fn list(keys: ApiKeys<'_>) -> Result<(), Failure> {
    for (key, roles) in keys.list().await? {
        let state = match key.revoked_at {
            Some(_) => "revoked".to_owned(),
            None if key.has_expired() => "expired".to_owned(),
            None => format!("until {}", key.expires_at.format("%F")),
        };
        let used =
            key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", at.format("%F %H:%M")));
        let roles: Vec<_> = roles.into_iter().map(|role| role.name).collect();
        answer!("{}  {state:16} {used:21}  {}  [{}]  {}", key.id, key.scopes, roles.join(", "), key.name);
    }
    Ok(())
}

async fn create(keys: ApiKeys<'_>, ask: Ask) -> Result<(), Failure> {
    let Made { secret, .. } = keys.create(ask).await?.map_err(refused)?;
    answer!("{secret}");
    Ok(())
}

fn refused(errors: Vec<UserError>) -> Failure {
    Failure::new(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
}
