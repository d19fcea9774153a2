mod output;
mod watcher;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use rapport_domain::{
    catalog::Catalogs,
    import::{self, Done, Error, ErrorFile, Files, Mapping, OutcomeFile, Problem, Request, State, UndoReport},
    record::Origin,
};
use rapport_tenancy::{Tenancy, TenantDb};
use serde_json::json;
use uuid::Uuid;

use self::{output::Output, watcher::Watcher};
use super::{Common, Failure, database, sealing::seal};
use crate::shutdown::Shutdown;

/// Brings CSV files into a workspace, by a mapping (docs/import.md). Safe to run again.
///
/// Ends with 0 when every row is in, 2 when the mapping or a file was refused and nothing was written, 3 when single
/// rows were refused, 130 when it was stopped by Ctrl-C, 1 when it could not go on.
#[derive(Debug, Args)]
pub struct Import {
    /// Slug or id of the workspace.
    #[arg(long, alias = "workspace")]
    tenant: String,
    /// The mapping, a TOML file.
    #[arg(long, value_name = "FILE", required_unless_present = "undo")]
    mapping: Option<PathBuf>,
    /// Where the files are; the mapping's own folder when left out.
    #[arg(long, value_name = "FOLDER", alias = "files")]
    dir: Option<PathBuf>,
    /// Does everything and keeps nothing.
    #[arg(long)]
    dry_run: bool,
    /// Writes refused rows to a CSV file, with what is wrong with them.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Writes what became of each row to a CSV file: its line, its outcome, the id of its record.
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
    /// Takes an import back instead.
    #[arg(long, value_name = "ID", conflicts_with_all = ["mapping", "dry_run", "errors", "outcomes"])]
    undo: Option<Uuid>,
}

const REFUSED: u8 = 2;
const ROWS_REFUSED: u8 = 3;
const STOPPED: u8 = 130;

impl Import {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            let db = self.workspace(&tenancy).await?;
            let done = match (self.undo, &self.mapping) {
                (Some(id), _) => self.undo(&db, id).await,
                (None, Some(mapping)) => self.import(&db, mapping).await,
                (None, None) => Err(Failure::new("an import needs its --mapping")),
            };
            seal(&tenancy, &db).await;
            done
        })
    }

    async fn workspace(&self, tenancy: &Tenancy) -> Result<TenantDb, Failure> {
        let scope = tenancy.system_scope(&self.tenant).await?.ok_or_else(|| {
            Failure::new(format!("there is no workspace {:?}; `rapport tenant list` shows them", self.tenant))
        })?;
        Ok(tenancy.open(&scope))
    }

    async fn import(&self, db: &TenantDb, mapping: &Path) -> Result<ExitCode, Failure> {
        let request = self.request(mapping)?;
        let problems = output::check(&self.outputs(), &inputs(mapping, &request));
        if !problems.is_empty() {
            return Ok(self.refused(&problems));
        }
        let errors = self.errors.as_deref().map(|path| Output::new(path, ErrorFile::new));
        let outcomes = self.outcomes.as_deref().map(|path| Output::new(path, OutcomeFile::new));
        let mut watcher = Watcher::new(errors, outcomes, Shutdown::on_signals()?);
        let outcome = import::run(db, &Catalogs::default(), request, &mut watcher).await;
        watcher.clear();
        let done = match outcome {
            Ok(done) => done,
            Err(Error::Refused(problems)) => return Ok(self.refused(&problems)),
            Err(error) => return Err(error.into()),
        };
        self.print(&done);
        let (errors, outcomes) = (watcher.errors, watcher.outcomes);
        let errors = errors.map(|file| file.finish(ErrorFile::finish));
        let outcomes = outcomes.map(|file| file.finish(OutcomeFile::finish));
        if let (Some(rows), Some(path)) = (errors.transpose()?, &self.errors) {
            eprintln!("{rows} refused rows are in {}", path.display());
        }
        if let (Some(rows), Some(path)) = (outcomes.transpose()?, &self.outcomes) {
            eprintln!("What became of {rows} rows is in {}", path.display());
        }
        Ok(match done.state {
            State::Succeeded if done.report.is_clean() => ExitCode::SUCCESS,
            State::Succeeded => ExitCode::from(ROWS_REFUSED),
            State::Cancelled => ExitCode::from(STOPPED),
            _ => ExitCode::FAILURE,
        })
    }

    fn request(&self, mapping: &Path) -> Result<Request, Failure> {
        let text = fs::read_to_string(mapping)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", mapping.display())))?;
        let folder = self.dir.clone().or_else(|| mapping.parent().map(Path::to_owned)).unwrap_or_default();
        let name = mapping.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Request {
            name,
            mapping: text,
            files: Files::Folder(folder),
            dry_run: self.dry_run,
            origin: Origin::default(),
        })
    }

    fn outputs(&self) -> Vec<(&'static str, &Path)> {
        let outputs = [("--errors", &self.errors), ("--outcomes", &self.outcomes)];
        outputs.into_iter().filter_map(|(option, path)| Some((option, path.as_deref()?))).collect()
    }

    fn print(&self, done: &Done) {
        if self.json {
            answer!("{}", json!({ "id": done.id, "state": done.state.as_str(), "report": done.report }));
        } else {
            answer!("{}", done.report.to_string().trim_end());
            answer!("Import {}, {}.", done.id, done.state.as_str().to_lowercase());
        }
    }

    fn refused(&self, problems: &[Problem]) -> ExitCode {
        if self.json {
            answer!("{}", json!({ "state": "REFUSED", "problems": problems }));
        } else {
            for problem in problems {
                eprintln!("{problem}");
            }
            eprintln!("Nothing was written.");
        }
        ExitCode::from(REFUSED)
    }

    async fn undo(&self, db: &TenantDb, id: Uuid) -> Result<ExitCode, Failure> {
        let UndoReport { deleted, reverted, left, reasons } = import::undo(db, id, &Origin::default()).await?;
        if self.json {
            answer!("{}", json!({ "deleted": deleted, "reverted": reverted, "left": left, "reasons": reasons }));
            return Ok(ExitCode::SUCCESS);
        }
        answer!("{deleted} records went to the bin, {reverted} are as they were, {left} were left as they are.");
        for reason in reasons {
            answer!("  {} {}: {} ({})", reason.object, reason.id, reason.message, reason.code);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The files that an import reads, as far as its mapping can be read.
fn inputs(mapping: &Path, request: &Request) -> Vec<PathBuf> {
    let parsed = Mapping::parse(&request.name, &request.mapping);
    let names = parsed.as_ref().map(Mapping::files).unwrap_or_default();
    let folder = match &request.files {
        Files::Folder(folder) => folder.as_path(),
        Files::Given(_) => Path::new(""),
    };
    names.into_iter().map(|name| folder.join(name)).chain([mapping.to_owned()]).collect()
}
