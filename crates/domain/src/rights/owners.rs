//! Every workspace keeps an owner who can come in.

use rapport_tenancy::{BuiltInRole, DbError, TenantConn, TenantTx, UserId};
use uuid::Uuid;

use crate::record::{UserError, code};

/// Makes whoever changes rights, or counts owners, take turns until the transaction ends. Every change of rights holds
/// this row in any case: it raises their version.
pub async fn hold(tx: &TenantTx) -> Result<(), DbError> {
    tx.execute(&format!("SELECT FROM {}.rights_version FOR UPDATE", tx.scope().schema()), &[]).await.map(|_| ())
}

pub async fn is_owner(conn: &TenantConn, subject: Uuid) -> Result<bool, DbError> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {}.role_assignment WHERE subject = $1 AND role_id = $2)",
        conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&subject, &BuiltInRole::Owner.id()]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// Refuses to let go of the only owner who can come in. Rights are to be held.
pub async fn spare(tx: &TenantTx, user: UserId) -> Result<Option<UserError>, DbError> {
    let schema = tx.scope().schema();
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {schema}.role_assignment WHERE subject = $1 AND role_id = $2) AND NOT EXISTS \
           (SELECT FROM {schema}.role_assignment AS a WHERE a.role_id = $2 AND a.subject <> $1 \
              AND NOT EXISTS (SELECT FROM {schema}.suspended_member AS s WHERE s.user_id = a.subject))"
    );
    let rows = tx.query(&sql, &[&user.uuid(), &BuiltInRole::Owner.id()]).await?;
    let is_last = rows.first().is_some_and(|row| row.get(0));
    let message = "This is the only owner of the workspace: make somebody else an owner first.";
    Ok(is_last.then(|| UserError::new(code::LAST_OWNER, message)))
}
