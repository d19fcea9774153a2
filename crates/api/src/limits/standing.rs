//! What Redis knows of sessions. See `docs/decisions/session-marks.md`.

use std::time::Duration;

/// Whether a session goes on, as far as Redis says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Stands,
    Ended,
    /// Redis answers and has no mark: it is new there, was lost, or has run out. Postgres knows.
    Unmarked,
    /// There is no Redis, or it does not answer.
    Unheard,
}

/// What is written of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Stands,
    Ended,
}

impl Standing {
    pub(super) fn of(number: i64) -> Self {
        match number {
            1.. => Self::Stands,
            0 => Self::Unmarked,
            _ => Self::Ended,
        }
    }
}

impl Mark {
    pub(super) fn value(self) -> i64 {
        match self {
            Self::Stands => 1,
            Self::Ended => -1,
        }
    }

    /// An end is remembered for longer than any access token lives. That a session stands is asked again before long.
    pub(super) fn lives(self) -> Duration {
        match self {
            Self::Stands => Duration::from_mins(5),
            Self::Ended => Duration::from_mins(11),
        }
    }

    /// A node that read Postgres before the end must not undo the mark of the end.
    pub(super) fn may_replace(self) -> bool {
        match self {
            Self::Stands => false,
            Self::Ended => true,
        }
    }
}
