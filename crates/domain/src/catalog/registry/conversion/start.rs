use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    super::{
        FieldRow,
        field_row::json,
        held::{Done, Held, Refusal, fresh_key},
        lock,
    },
    store::{self, OnFailure, State},
    target::{self, Target},
};
use crate::record::{Origin, UserError, actor, code};

/// What became of the wish to start or to stop a conversion.
#[derive(Debug)]
pub struct Answer {
    pub conversion: Option<Uuid>,
    /// The version of the tenant's metadata from now on.
    pub metadata_version: i64,
    pub user_errors: Vec<UserError>,
}

/// Marks a field for conversion: from now on whoever serves the workspace goes on with it.
pub async fn start(
    tx: &TenantTx,
    origin: &Origin,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
    on_failure: OnFailure,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let mut conversion = None;
    let done: Result<Done, Refusal> = async {
        let target = target::read(held, object, name, input).await?;
        no_import(tx).await?;
        let done = Done::field(target.object, target.row);
        conversion = Some(mark(held, target, on_failure).await?);
        Ok(done)
    }
    .await;
    let answer = held.finish(done).await?;
    Ok(Answer { conversion, metadata_version: answer.metadata_version, user_errors: answer.user_errors })
}

/// An import knows the fields as they were when it began, and would write values past the conversion.
async fn no_import(tx: &TenantTx) -> Result<(), Refusal> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {}.import WHERE state = 'RUNNING' AND seen_at > now() - interval '60 seconds')",
        tx.scope().schema()
    );
    let runs = tx.query(&sql, &[]).await?.first().is_some_and(|row| row.get(0));
    let message = "An import is running: wait until it has ended, or cancel it.";
    if runs { Err(UserError::new(code::CONFLICT, message).under("name").into()) } else { Ok(()) }
}

/// Whether a field is about to change under whoever knows the fields as they are now. Waits for a conversion that is starting.
pub(crate) async fn is_copying(tx: &TenantTx) -> Result<bool, DbError> {
    lock(tx).await?;
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {}.metadata_conversion WHERE state IN ('PREPARING', 'COPYING'))",
        tx.scope().schema()
    );
    Ok(tx.query(&sql, &[]).await?.first().is_some_and(|row| row.get(0)))
}

async fn mark(held: &Held<'_>, target: Target<'_>, on_failure: OnFailure) -> Result<Uuid, DbError> {
    let Target { object, row, before, after } = target;
    let (tx, schema) = (held.tx, held.tx.scope().schema());
    let of_object = held.registry.fields.iter().filter(|other| other.object == *object.name);
    let new_key = fresh_key(&row.name, of_object.map(|other| other.key.as_str()));
    let spare = spare(tx, row, &new_key).await?;
    let sql = format!("UPDATE {schema}.metadata_field SET shadow = $2 WHERE id = $1");
    tx.execute(&sql, &[&row.id, &new_key]).await?;
    // The time is taken last: the wait that begins with it is for what others see only now.
    let sql = format!(
        "INSERT INTO {schema}.metadata_conversion (id, field, spare, old_key, new_key, before, after, on_failure, state, actor, total) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, count(*) FROM {} AS t WHERE custom ? $4",
        object.rows(schema)
    );
    let id = Uuid::now_v7();
    let (before, after, state) = (json(&before), json(&after), State::Preparing.as_str());
    let on_failure = on_failure.as_str();
    tx.execute(&sql, &[&id, &row.id, &spare, &row.key, &new_key, &before, &after, &on_failure, &state, &actor(tx)])
        .await?;
    Ok(id)
}

/// A row that only holds a key: deleted, and with nothing to sweep out.
async fn spare(tx: &TenantTx, row: &FieldRow, key: &str) -> Result<Uuid, DbError> {
    let sql = format!(
        "INSERT INTO {}.metadata_field (id, object, name, key, label, type, archived_at, deleted_at, swept_at) \
         VALUES ($1, $2, $3, $4, $5, $6, now(), now(), now())",
        tx.scope().schema()
    );
    let id = Uuid::now_v7();
    tx.execute(&sql, &[&id, &row.object, &row.name, &key, &row.label, &row.type_name]).await?;
    Ok(id)
}

/// Stops a conversion whose field has not changed over yet. What was written of it is taken out by whoever goes on with it.
pub async fn cancel(tx: &TenantTx, origin: &Origin, id: Uuid) -> Result<Answer, DbError> {
    let held = Held::of(tx, origin).await?;
    let refused = |code, message: &str| vec![UserError::new(code, message).under("id")];
    let user_errors = match held.allowed() {
        Err(error) => vec![error],
        Ok(()) => match store::wait_for(tx, id).await? {
            None => refused(code::NOT_FOUND, "There is no such conversion."),
            Some(conversion) if conversion.state.is_before_the_flip() => {
                store::enter(tx, id, State::Cancelled, None).await?;
                Vec::new()
            }
            Some(conversion) if conversion.state == State::Cancelled => Vec::new(),
            Some(conversion) if conversion.state == State::Failed => {
                refused(code::CONFLICT, "It has failed: the field is as it was.")
            }
            Some(_) => refused(code::CONFLICT, "The field has its new type already: convert it back."),
        },
    };
    let conversion = user_errors.is_empty().then_some(id);
    Ok(Answer { conversion, metadata_version: held.version, user_errors })
}
