use std::time::{Duration, Instant};

use rapport_tenancy::DbError;

use crate::record;

/// How often the same rows are tried again where others are in the way.
const TRIES: u32 = 6;
/// How long a database that is away is waited for: it may be starting again.
const OUTAGE: Duration = Duration::from_mins(1);
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// How long to go on with what failed.
pub struct Patience {
    since: Instant,
    tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { since: Instant::now(), tries: 1 }
    }
}

impl Patience {
    /// Waits where another try may do better; false where it would not.
    pub async fn allows(&mut self, error: &record::Error) -> bool {
        let allows = match error {
            record::Error::Database(DbError::Conflict | DbError::Timeout) => self.tries < TRIES,
            record::Error::Database(DbError::Busy | DbError::Lost | DbError::Unavailable(_)) => {
                self.since.elapsed() < OUTAGE
            }
            _ => false,
        };
        if allows {
            let pause = SHORTEST * 2u32.saturating_pow(self.tries - 1).min(64);
            tokio::time::sleep(pause.min(LONGEST)).await;
            self.tries += 1;
        }
        allows
    }
}
