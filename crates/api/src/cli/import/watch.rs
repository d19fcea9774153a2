use std::{
    path::Path,
    time::{Duration, Instant},
};

use rapport_domain::import::{Observer, Progress, Refused};

use super::{super::Failure, refused::RefusedRows};
use crate::shutdown::Shutdown;

const EVERY: Duration = Duration::from_millis(500);

/// Tells a person at a terminal how far an import is, keeps the refused rows, and passes a Ctrl-C on.
pub struct Watch {
    shutdown: Shutdown,
    refused: Option<RefusedRows>,
    failed: Option<Failure>,
    last: Instant,
}

impl Watch {
    /// `errors` is the folder for refused rows.
    pub fn new(shutdown: Shutdown, errors: Option<&Path>) -> Self {
        Self { shutdown, refused: errors.map(RefusedRows::new), failed: None, last: Instant::now() }
    }

    /// Whether all refused rows could be kept.
    pub fn finish(self) -> Result<(), Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        self.refused.map_or(Ok(()), RefusedRows::finish)
    }
}

impl Observer for Watch {
    fn progress(&mut self, progress: &Progress<'_>) {
        if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let Progress { step, number, steps, rows, of } = *progress;
            eprintln!("{step} ({number} of {steps}): {rows} of {of} rows");
        }
    }

    fn refused(&mut self, row: &Refused<'_>) {
        if let Some(kept) = &mut self.refused
            && let Err(failure) = kept.add(row)
        {
            self.failed.get_or_insert(failure);
        }
    }

    fn wants_to_stop(&self) -> bool {
        self.shutdown.is_asked() || self.failed.is_some()
    }
}
