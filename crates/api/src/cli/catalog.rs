use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Subcommand};
use rapport_domain::{
    catalog::{self, registry::Registry, template},
    record::Origin,
};
use rapport_tenancy::{Tenancy, TenantDb};

use super::{Common, Failure, database, sealing::seal};
use crate::template::{Run, apply, graph};

/// Brings the objects, fields and layouts of a workspace to another, as a file (docs/templates.md).
#[derive(Debug, Args)]
pub struct Catalog {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes what a workspace has of its own as a template. No records are in it.
    Export {
        /// Slug or id of the workspace.
        #[arg(long, alias = "workspace")]
        tenant: String,
        /// Where to; standard output when left out.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Makes a workspace have what a template says, all of it or nothing. Safe to run again.
    ///
    /// Ends with 0 when it is as the template says, 1 when it was refused and nothing was changed.
    Apply {
        /// Slug or id of the workspace.
        #[arg(long, alias = "workspace")]
        tenant: String,
        /// The template.
        file: PathBuf,
        /// Only says what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

impl Catalog {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| match self.command {
            Command::Export { tenant, output } => export(&workspace(&tenancy, &tenant).await?, output.as_deref()).await,
            Command::Apply { tenant, file, dry_run } => {
                let run = if dry_run { Run::Dry } else { Run::Real };
                let db = workspace(&tenancy, &tenant).await?;
                let brought = bring(&db, &file, run).await;
                seal(&tenancy, &db).await;
                brought
            }
        })
    }
}

async fn workspace(tenancy: &Tenancy, name: &str) -> Result<TenantDb, Failure> {
    let scope = tenancy
        .system_scope(name)
        .await?
        .ok_or_else(|| Failure::new(format!("there is no workspace {name:?}; `rapport tenant list` shows them")))?;
    Ok(tenancy.open(&scope))
}

async fn export(db: &TenantDb, output: Option<&Path>) -> Result<ExitCode, Failure> {
    let text = template::export(&*db.session().await?).await?;
    match output {
        None => answer!("{}", text.trim_end_matches('\n')),
        Some(path) => {
            fs::write(path, text).map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn bring(db: &TenantDb, file: &Path, run: Run) -> Result<ExitCode, Failure> {
    let text =
        fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
    let registry = Registry::read(&*db.session().await?).await?;
    let schema = graph(&Arc::new(catalog::Catalog::with(&registry))).await?;
    let applied = apply(db, &schema, &Origin::default(), &text, run).await?;
    if applied.problems.is_empty() || !applied.changes.is_empty() {
        answer!("{applied}");
    }
    for problem in &applied.problems {
        eprintln!("! {}:{problem}", file.display());
    }
    if !applied.problems.is_empty() {
        eprintln!("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    if run == Run::Dry {
        eprintln!("Nothing was changed: a dry run.");
    }
    Ok(ExitCode::SUCCESS)
}
