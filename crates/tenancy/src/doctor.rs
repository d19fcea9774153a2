//! What is wrong with the database, each gap with the command that closes it.

mod cells;
mod databases;
mod tenants;

use crate::{Error, Tenancy, TenantId, migrate::control_is_current, server::Database};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// A gap, with the command that closes it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    pub tenant: Option<TenantId>,
    pub what: String,
    pub command: String,
}

const MIGRATE: &str = "rapport migrate";

impl Finding {
    fn error(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { severity: Severity::Error, tenant: None, what: what.into(), command: command.into() }
    }

    fn warning(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(what, command) }
    }

    fn of(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }
}

impl Tenancy {
    /// Looks at everything and changes nothing. Nothing found: all is well.
    pub async fn doctor(&self) -> Result<Vec<Finding>, Error> {
        if !control_is_current(self.control()).await? {
            return Ok(vec![Finding::error("the control schema is not the one this release needs", MIGRATE)]);
        }
        let mut findings = tenants::unfinished(self).await?;
        findings.extend(tenants::behind(self).await?);
        findings.extend(databases::sites(self).await?);
        findings.extend(cells::unreachable(self).await?);
        findings.extend(cells::too_many(self).await?);
        findings.extend(databases::strangers(self).await?);
        findings.extend(databases::smuggled_roles(self).await?);
        Ok(findings)
    }
}

/// A command that runs a statement of the owner in a database.
fn psql(database: &Database, sql: &str) -> String {
    let there = database.psql_connect().map(|connect| format!("-c '{connect}' ")).unwrap_or_default();
    format!("psql \"$RAPPORT_DATABASE_URL\" {there}-c '{sql}'")
}
