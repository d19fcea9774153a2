use std::{
    fs,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use rapport_domain::{
    catalog::Catalogs,
    import::{self, Done, Error, ErrorFile, Files, Observer, Problem, Progress, Refused, Request, State, UndoReport},
};
use rapport_tenancy::{Tenancy, TenantDb};
use serde_json::json;
use uuid::Uuid;

use super::{Common, Failure, database};
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
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
    /// Takes an import back instead.
    #[arg(long, value_name = "ID", conflicts_with_all = ["mapping", "dry_run", "errors"])]
    undo: Option<Uuid>,
}

const REFUSED: u8 = 2;
const ROWS_REFUSED: u8 = 3;
const STOPPED: u8 = 130;

impl Import {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            let db = self.workspace(&tenancy).await?;
            match (self.undo, &self.mapping) {
                (Some(id), _) => self.undo(&db, id).await,
                (None, Some(mapping)) => self.import(&db, mapping).await,
                (None, None) => Err(Failure::new("an import needs its --mapping")),
            }
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
        let errors = self.errors.as_deref().map(create).transpose()?;
        let mut watcher = Watcher { errors, shutdown: Shutdown::on_signals()?, shown: None };
        let outcome = import::run(db, &Catalogs::default(), request, &mut watcher).await;
        watcher.clear();
        let written = watcher.errors.map(ErrorFile::finish);
        let done = match outcome {
            Ok(done) => done,
            Err(Error::Refused(problems)) => {
                self.print_problems(&problems);
                return Ok(ExitCode::from(REFUSED));
            }
            Err(error) => return Err(error.into()),
        };
        self.print(&done);
        if let (Some(rows), Some(path)) = (written, &self.errors) {
            let rows = rows.map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
            eprintln!("{rows} refused rows are in {}", path.display());
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
        Ok(Request { name, mapping: text, files: Files::Folder(folder), dry_run: self.dry_run })
    }

    fn print(&self, done: &Done) {
        if self.json {
            answer!("{}", json!({ "id": done.id, "state": done.state.as_str(), "report": done.report }));
        } else {
            answer!("{}", done.report.to_string().trim_end());
            answer!("Import {}, {}.", done.id, done.state.as_str().to_lowercase());
        }
    }

    fn print_problems(&self, problems: &[Problem]) {
        if self.json {
            answer!("{}", json!({ "state": "REFUSED", "problems": problems }));
        } else {
            for problem in problems {
                eprintln!("{problem}");
            }
            eprintln!("Nothing was written.");
        }
    }

    async fn undo(&self, db: &TenantDb, id: Uuid) -> Result<ExitCode, Failure> {
        let UndoReport { deleted, reverted, left, reasons } = import::undo(db, id).await?;
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

fn create(path: &Path) -> Result<ErrorFile, Failure> {
    let file =
        fs::File::create(path).map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    Ok(ErrorFile::new(Box::new(file)))
}

/// Shows progress, keeps refused rows, and stops the import on Ctrl-C.
struct Watcher {
    errors: Option<ErrorFile>,
    shutdown: Shutdown,
    shown: Option<Instant>,
}

impl Watcher {
    /// Leaves no half a line on the terminal.
    fn clear(&self) {
        if self.shown.is_some() && std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}

const SHOWN_EVERY: Duration = Duration::from_millis(200);
const SAID_EVERY: Duration = Duration::from_secs(5);

impl Observer for Watcher {
    fn begins(&mut self, files: &[(Option<&str>, &[String])]) {
        if let Some(errors) = &mut self.errors {
            errors.begins(files);
        }
    }

    fn progress(&mut self, progress: &Progress<'_>) {
        let terminal = std::io::stderr().is_terminal();
        let every = if terminal { SHOWN_EVERY } else { SAID_EVERY };
        if self.shown.get_or_insert_with(Instant::now).elapsed() < every {
            return;
        }
        self.shown = Some(Instant::now());
        let Progress { step, number, steps, rows, of } = progress;
        let text = format!("{rows} of {of} rows, step {number} of {steps}: {step}");
        if terminal {
            eprint!("\r\x1b[K{text}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{text}");
        }
    }

    fn refused(&mut self, row: &Refused<'_>) {
        if let Some(errors) = &mut self.errors {
            errors.refused(row);
        }
    }

    fn wants_to_stop(&self) -> bool {
        self.shutdown.is_asked()
    }
}
