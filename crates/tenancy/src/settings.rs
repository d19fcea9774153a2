use std::{sync::Arc, time::Duration};

use secrecy::SecretString;

use crate::MasterKeys;

/// Where the database is and how it may be used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// URL of the owner of the database: makes schemas, roles, tables. It needs CREATEROLE.
    pub admin_url: SecretString,
    /// Most connections to one cell.
    pub connections: usize,
    /// Most connections of the control plane.
    pub control_connections: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    pub connect_timeout: Duration,
    pub statement_timeout: Duration,
    pub lock_timeout: Duration,
    /// How long a transaction may sit without a statement.
    pub idle_in_transaction_timeout: Duration,
    /// Prepared statements kept in one connection.
    pub statements_per_connection: usize,
    /// A connection that has served this many tenants is replaced: its backend remembers something of each.
    pub tenants_per_connection: usize,
    /// A cell takes no new tenants beyond this number.
    pub tenants_per_cell: u32,
    pub application_name: String,
    /// What wraps the keys of encrypted fields; without them there are none.
    pub master_keys: Option<Arc<dyn MasterKeys>>,
}

impl Settings {
    pub fn new(admin_url: impl Into<SecretString>) -> Self {
        Self {
            admin_url: admin_url.into(),
            connections: 8,
            control_connections: 6,
            acquire_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(30),
            statements_per_connection: 2_000,
            tenants_per_connection: 200,
            tenants_per_cell: 500,
            application_name: "rapport".to_owned(),
            master_keys: None,
        }
    }
}
