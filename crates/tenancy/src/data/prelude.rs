use std::pin::pin;

use futures::{
    FutureExt, TryStreamExt,
    future::{BoxFuture, Shared},
};
use tokio_postgres::{Client, SimpleQueryStream};

use super::DbError;

/// What goes ahead of a handle's first statement: the change of role, the start of a transaction. It is sent without
/// waiting; whoever runs a statement behind it waits for its answer together with its own.
pub(super) type Prelude = Shared<BoxFuture<'static, Result<(), DbError>>>;

/// Sends now, in this order. Each is a message of its own: were `SET ROLE` part of the transaction, a rollback would
/// undo it.
pub(super) fn send(client: &Client, set_role: Option<&str>, begin: Option<&str>) -> Prelude {
    let answers: Vec<_> = set_role.into_iter().chain(begin).map(|sql| send_one(client, sql)).collect();
    async move {
        for answer in answers {
            let mut answer = pin!(answer?);
            while answer.try_next().await?.is_some() {}
        }
        Ok(())
    }
    .boxed()
    .shared()
}

fn send_one(client: &Client, sql: &str) -> Result<SimpleQueryStream, DbError> {
    // The driver's future hands the message over when it is first polled and is ready at once.
    client
        .simple_query_raw(sql)
        .now_or_never()
        .unwrap_or_else(|| unreachable!("sending does not wait"))
        .map_err(DbError::from)
}
