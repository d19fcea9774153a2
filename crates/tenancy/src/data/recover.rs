use std::time::Duration;

use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::NoTls;

use super::pool::Lease;

/// How long a statement that nobody waits for any more may take to end by itself.
const GRACE: Duration = Duration::from_millis(100);
const CANCEL: Duration = Duration::from_secs(2);

/// What a connection has to go through before anyone else may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// Answers are owed to futures that were dropped.
    Statements,
    /// A transaction is open, perhaps with answers owed as well.
    Transaction,
}

/// Settles a connection in the background: reads the answers owed, rolls back, puts it back. If that takes too long,
/// cancels what runs there and throws the connection away, since a late cancel could hit the next user.
pub(super) fn recover(lease: Lease, unfinished: Unfinished) {
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(async move {
        match timeout(GRACE, settle(&lease, unfinished)).await {
            Ok(Ok(())) => lease.give_back(),
            Ok(Err(error)) => tracing::debug!(cell.id = %lease.cell(), %error, "threw a connection away"),
            Err(_) => {
                tracing::debug!(cell.id = %lease.cell(), "cancelled a statement that nobody waits for");
                let _ = timeout(CANCEL, lease.wire.client.cancel_token().cancel_query(NoTls)).await;
            }
        }
    });
}

async fn settle(lease: &Lease, unfinished: Unfinished) -> Result<(), tokio_postgres::Error> {
    match unfinished {
        Unfinished::Statements => lease.wire.client.check_connection().await,
        Unfinished::Transaction => lease.wire.client.batch_execute("ROLLBACK").await,
    }
}
