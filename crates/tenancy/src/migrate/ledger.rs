use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use sha2::{Digest, Sha256};

use super::{MigrationError, files::Migration};
use crate::control::sql;

/// Written in the same transaction as the tables it speaks of.
const LEDGER: &str = "CREATE TABLE IF NOT EXISTS {schema}.schema_migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)";

#[derive(FromQueryResult)]
struct Line {
    version: i32,
    checksum: String,
}

/// Applies what is missing in `schema`, where names without one are looked for; answers with what it applied.
pub(super) async fn apply<'a>(
    tx: &DatabaseTransaction,
    schema: &str,
    files: &'a [Migration],
) -> Result<Vec<&'a Migration>, MigrationError> {
    tx.execute_unprepared(&format!(
        "SET LOCAL search_path = {schema}, rapport; {}",
        LEDGER.replace("{schema}", schema)
    ))
    .await?;
    let applied = applied(tx, schema).await?;
    if let Some(newer) = applied.iter().find(|line| files.iter().all(|file| file.version != line.version)) {
        return Err(MigrationError::Newer { version: newer.version });
    }
    let mut now = Vec::new();
    for file in files {
        match applied.iter().find(|line| line.version == file.version) {
            Some(line) if line.checksum == checksum(file.sql) => {}
            Some(_) => return Err(MigrationError::Changed { name: file.name.to_owned() }),
            None => {
                run(tx, schema, file).await?;
                now.push(file);
            }
        }
    }
    Ok(now)
}

async fn run(tx: &DatabaseTransaction, schema: &str, file: &Migration) -> Result<(), MigrationError> {
    tx.execute_unprepared(file.sql)
        .await
        .map_err(|source| MigrationError::Failed { name: file.name.to_owned(), source })?;
    let insert = format!("INSERT INTO {schema}.schema_migration (version, name, checksum) VALUES ($1, $2, $3)");
    tx.execute_raw(sql(&insert, [file.version.into(), file.name.into(), checksum(file.sql).into()])).await?;
    Ok(())
}

async fn applied(tx: &DatabaseTransaction, schema: &str) -> Result<Vec<Line>, MigrationError> {
    let read = format!("SELECT version, checksum FROM {schema}.schema_migration ORDER BY version");
    Ok(Line::find_by_statement(sql(&read, [])).all(tx).await?)
}

pub(super) fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
