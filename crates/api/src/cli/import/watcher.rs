use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use rapport_domain::import::{ErrorFile, Observer, OutcomeFile, Problem, Progress, Refused, Settled};

use super::output::Output;
use crate::shutdown::Shutdown;

/// Shows progress, keeps what is told of the rows, and stops the import on Ctrl-C.
pub struct Watcher {
    pub errors: Option<Output<ErrorFile>>,
    pub outcomes: Option<Output<OutcomeFile>>,
    shutdown: Shutdown,
    shown: Option<Instant>,
}

impl Watcher {
    pub fn new(errors: Option<Output<ErrorFile>>, outcomes: Option<Output<OutcomeFile>>, shutdown: Shutdown) -> Self {
        Self { errors, outcomes, shutdown, shown: None }
    }

    /// Leaves no half a line on the terminal.
    pub fn clear(&self) {
        if self.shown.is_some() && std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}

const SHOWN_EVERY: Duration = Duration::from_millis(200);
const SAID_EVERY: Duration = Duration::from_secs(5);

impl Observer for Watcher {
    fn begins(&mut self, files: &[(Option<&str>, &[String])]) -> Result<(), Problem> {
        if let Some(errors) = &mut self.errors {
            errors.begins(files)?;
        }
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.begins(files)?;
        }
        Ok(())
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
        if let Some(errors) = self.errors.as_mut().and_then(Output::get) {
            errors.refused(row);
        }
    }

    fn settled(&mut self, row: &Settled<'_>) {
        if let Some(outcomes) = self.outcomes.as_mut().and_then(Output::get) {
            outcomes.settled(row);
        }
    }

    fn wants_to_stop(&self) -> bool {
        self.shutdown.is_asked()
    }
}
