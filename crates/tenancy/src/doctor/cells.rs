use sea_orm::{ConnectionTrait, EntityTrait};

use super::{Finding, psql};
use crate::{
    Error, Tenancy,
    control::{cell, sql},
    server::Database,
};

/// Cells that the gateway cannot reach as their logins.
pub(super) async fn unreachable(tenancy: &Tenancy) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for cell in cell::Entity::find().all(tenancy.control().db()).await?.iter().filter(|cell| cell.ready_at.is_some()) {
        if let Err(error) = tenancy.pool(cell).probe().await {
            let what = format!("cell {} cannot be reached as {}: {error}", cell.id, cell.login);
            let look = psql(&Database::from(cell.admin()), &format!("\\du {}", cell.login));
            findings.push(Finding::error(what, format!("{look}   # and see pg_hba.conf")));
        }
    }
    Ok(findings)
}

/// Whether the server takes the connections that one node may open.
pub(super) async fn too_many(tenancy: &Tenancy) -> Result<Option<Finding>, Error> {
    let db = tenancy.control().db();
    let allowed = db.query_one_raw(sql("SELECT current_setting('max_connections')::int", [])).await?;
    let allowed: i32 = allowed.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    let cells = cell::Entity::find().all(db).await?.len();
    let wanted = cells * tenancy.settings().connections + tenancy.settings().control_connections;
    Ok(usize::try_from(allowed).is_ok_and(|allowed| wanted > allowed).then(|| {
        let what = format!("one node may open {wanted} connections, the server takes {allowed}");
        let raise = format!("ALTER SYSTEM SET max_connections = {}", wanted * 2);
        Finding::warning(what, psql(&Database::default(), &raise))
    }))
}
