use std::fmt;

use uuid::Uuid;

/// Something in the log that nobody wrote so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// The number of the entry that it is about.
    pub event: Option<i64>,
    pub uid: Option<Uuid>,
    /// The seal that it is about, or that shows it.
    pub seal: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The entry is not as it was written.
    Changed,
    /// The entry was sealed, and is gone.
    Missing,
    /// Rapport did not write this entry.
    Inserted,
    /// It did, and yet no seal has it though its time is over: a seal is gone, or the entry was put back by hand.
    Unsealed,
    /// One of the entries of this seal that are older than the chain is not as it was. Those have no MAC, so which is not known.
    ChangedBefore,
    /// The key that the entry or the seal names is gone or does not open: nothing can be said of it.
    KeyMissing,
    SealChanged,
    SealMissing,
    /// The chain once went on to this seal.
    Truncated,
    /// The chain once had another seal in the place of this one.
    Rewritten,
    /// Where the chain ended is not noted any more, or never was.
    HeadMissing,
    /// What is noted of its end was not noted by us.
    HeadChanged,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "CHANGED",
            Self::Missing => "MISSING",
            Self::Inserted => "INSERTED",
            Self::Unsealed => "UNSEALED",
            Self::ChangedBefore => "CHANGED_BEFORE",
            Self::KeyMissing => "KEY_MISSING",
            Self::SealChanged => "SEAL_CHANGED",
            Self::SealMissing => "SEAL_MISSING",
            Self::Truncated => "TRUNCATED",
            Self::Rewritten => "REWRITTEN",
            Self::HeadMissing => "HEAD_MISSING",
            Self::HeadChanged => "HEAD_CHANGED",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(event) = self.event {
            write!(f, " event {event}")?;
        }
        if let Some(uid) = self.uid {
            write!(f, " ({uid})")?;
        }
        self.seal.map_or(Ok(()), |seal| write!(f, " seal {seal}"))
    }
}
