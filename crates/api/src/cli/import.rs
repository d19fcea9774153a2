use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use rapport_domain::{
    catalog::Catalogs,
    import::{self, Files, Problem, Request},
};
use rapport_tenancy::{Tenancy, TenantDb};
use uuid::Uuid;

use self::watch::Watch;
use super::{Common, Failure, database};
use crate::shutdown::Shutdown;

mod refused;
mod watch;

/// Brings CSV files into a workspace, as a mapping says. Safe to run again: what is there already is not made twice.
///
/// Ends with 0 when every row is in, with 1 when some were refused or it did not come to its end.
#[derive(Debug, Args)]
pub struct Import {
    /// The mapping, a TOML file.
    #[arg(required_unless_present = "undo")]
    mapping: Option<PathBuf>,
    /// Slug or id of the workspace.
    #[arg(long)]
    workspace: String,
    /// The folder of the files that the mapping names; its own when left out.
    #[arg(long)]
    files: Option<PathBuf>,
    /// Does everything and keeps nothing.
    #[arg(long)]
    dry_run: bool,
    /// A folder for the refused rows: a file for each that had some, with a column `error` more.
    #[arg(long, value_name = "FOLDER")]
    errors: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
    /// Takes back what the import with this id wrote.
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["mapping", "files", "dry_run", "errors"])]
    undo: Option<Uuid>,
}

impl Import {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            let db = open(&tenancy, &self.workspace).await?;
            match (self.undo, &self.mapping) {
                (Some(id), _) => self.take_back(&db, id).await,
                (None, Some(mapping)) => self.bring_in(&db, mapping).await,
                (None, None) => Err(Failure::new("an import needs a mapping")),
            }
        })
    }

    async fn bring_in(&self, db: &TenantDb, mapping: &Path) -> Result<ExitCode, Failure> {
        let text = fs::read_to_string(mapping)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", mapping.display())))?;
        let beside = mapping.parent().unwrap_or(Path::new("")).to_owned();
        let request = Request {
            name: mapping.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            mapping: text,
            files: Files::Folder(self.files.clone().unwrap_or(beside)),
            dry_run: self.dry_run,
        };
        let mut watch = Watch::new(Shutdown::on_signals()?, self.errors.as_deref());
        let done = match import::run(db, &Catalogs::default(), request, &mut watch).await {
            Ok(done) => done,
            Err(import::Error::Refused(problems)) => return Err(refused_whole(&problems)),
            Err(error) => return Err(error.into()),
        };
        watch.finish()?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&done.report)?);
        } else {
            print!("{}", done.report);
            println!("Import {}: {}", done.id, done.state.as_str().to_lowercase());
        }
        Ok(if done.report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn take_back(&self, db: &TenantDb, id: Uuid) -> Result<ExitCode, Failure> {
        let report = import::undo(db, id).await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{} deleted, {} as before, {} left as they are", report.deleted, report.reverted, report.left);
            for left in &report.reasons {
                println!("  {} {}: {}", left.object, left.id, left.message);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn open(tenancy: &Tenancy, workspace: &str) -> Result<TenantDb, Failure> {
    let scope = tenancy.system_scope(workspace).await?;
    let scope = scope.ok_or_else(|| {
        Failure::new(format!("there is no workspace {workspace:?}; `rapport tenant list` shows them"))
    })?;
    Ok(tenancy.open(&scope))
}

fn refused_whole(problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Failure::new(format!("the import was refused, nothing was written{}", lines.concat()))
}
