//! What the product keeps, seen past it.

use tokio_postgres::SimpleQueryMessage;

use super::{Client, TestApp};

/// Rows as text.
type Rows = Vec<Vec<Option<String>>>;

impl TestApp {
    /// Runs statements as the owner of the database; the rows, or the SQLSTATE of the refusal.
    pub async fn sql(&self, sql: &str) -> Result<Rows, String> {
        let answer = self.database.owner().await.simple_query(sql).await;
        let messages =
            answer.map_err(|error| error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    /// All that the schema of a workspace holds, table by table; not what is made from the rest in its own time.
    pub async fn dump(&self, client: &Client) -> Vec<(String, String)> {
        let schema = schema_of(client);
        let tables = format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' AND table_name NOT LIKE 'search\\_%' AND table_name <> 'audit_seal' ORDER BY 1"
        );
        let mut dump = Vec::new();
        for row in self.sql(&tables).await.expect("tables") {
            let table = row.into_iter().flatten().next().expect("a name");
            let rows = format!("SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM {schema}.\"{table}\" t");
            let rows = self.sql(&rows).await.expect("rows").concat();
            dump.push((table, rows.into_iter().flatten().collect()));
        }
        assert!(dump.len() > 8, "{schema} has its tables");
        dump
    }
}

/// The schema of a workspace.
pub fn schema_of(client: &Client) -> String {
    format!("t_{}", client.workspace["id"].as_str().expect("an id").replace('-', ""))
}
