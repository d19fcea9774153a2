use std::error::Error;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use crate::DbError;

/// The database as a whole is at fault, not what was asked of it: the same may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    #[error("the disk of the database is full")]
    StorageFull,
    #[error("the database cannot be used just now")]
    Unavailable,
}

impl Outage {
    /// The outage behind an error, if that is what it is: of tenant data or of the control plane.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<DbError>() {
                return error.outage();
            }
            if let Some(error) = error.downcast_ref::<DbErr>() {
                return Self::of_control(error);
            }
            next = error.source();
        }
        None
    }

    /// What a `SQLSTATE` says of the server.
    pub(crate) fn of_sqlstate(code: &str) -> Option<Self> {
        const DISK_FULL: &str = "53100";
        // A standby, or a primary that another one has replaced.
        const READ_ONLY: &str = "25006";
        const IO_ERROR: &str = "58030";
        // Connections; memory and other resources; the server stops, starts or has crashed.
        const CLASSES: [&str; 3] = ["08", "53", "57P"];
        match code {
            DISK_FULL => Some(Self::StorageFull),
            READ_ONLY | IO_ERROR => Some(Self::Unavailable),
            _ => CLASSES.iter().any(|class| code.starts_with(class)).then_some(Self::Unavailable),
        }
    }

    fn of_control(error: &DbErr) -> Option<Self> {
        match error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed) => {
                Some(Self::Unavailable)
            }
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
                sqlx::Error::Database(refusal) => Self::of_sqlstate(&refusal.code()?),
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Some(Self::Unavailable),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;

    #[test]
    fn a_sqlstate_tells_a_full_disk_and_a_server_that_is_away_from_a_fault_of_ours() {
        for (code, outage) in [
            ("53100", Some(Outage::StorageFull)),
            ("53200", Some(Outage::Unavailable)),
            ("53300", Some(Outage::Unavailable)),
            ("25006", Some(Outage::Unavailable)),
            ("58030", Some(Outage::Unavailable)),
            ("57P01", Some(Outage::Unavailable)),
            ("57P03", Some(Outage::Unavailable)),
            ("08006", Some(Outage::Unavailable)),
            ("57014", None),
            ("25P02", None),
            ("40001", None),
            ("42501", None),
            ("42P01", None),
        ] {
            assert_eq!(Outage::of_sqlstate(code), outage, "{code}");
        }
    }

    #[test]
    fn an_outage_is_found_behind_the_errors_of_either_plane() {
        let lost = crate::Error::Cell(DbError::Lost);
        assert_eq!(Outage::behind(&lost), Some(Outage::Unavailable));
        let cut = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        let control = crate::Error::Storage(DbErr::Query(RuntimeErr::SqlxError(Arc::new(cut))));
        assert_eq!(Outage::behind(&control), Some(Outage::Unavailable));
        let wrapped = crate::CreatePersonError::Storage(control);
        assert_eq!(Outage::behind(&wrapped), Some(Outage::Unavailable));
        assert_eq!(Outage::behind(&crate::Error::NotMigrated), None);
        assert_eq!(Outage::behind(&DbError::Busy), None);
    }
}
