use std::{
    io::{self, Write as _},
    time::Instant,
};

/// Lines that tell a person at a terminal what is being done and how long it took so far.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    since: Instant,
}

impl Progress {
    pub fn start() -> Self {
        Self { since: Instant::now() }
    }

    /// Says what is done or begins now. Goes to standard error: standard output belongs to answers.
    pub fn say(&self, what: impl AsRef<str>) {
        // Nobody may read it any more.
        let _ = writeln!(io::stderr(), "[{:6.1} s] {}", self.since.elapsed().as_secs_f64(), what.as_ref());
    }
}
