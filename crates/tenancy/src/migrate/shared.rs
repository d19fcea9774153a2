use sea_orm::{ConnectionTrait, FromQueryResult};

use super::MigrationError;
use crate::control::{Admin, Lock, sql};

/// What the schemas of tenants use and do not own: extensions, collations. Holds no data, so anyone may look.
const SHARED: &str = "
CREATE SCHEMA IF NOT EXISTS rapport;
GRANT USAGE ON SCHEMA rapport TO PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA rapport;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA rapport;
CREATE COLLATION IF NOT EXISTS rapport.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
-- True. Costs nothing where its argument is known, and more than any table where it is not: see docs/decisions/planning.md.
CREATE OR REPLACE FUNCTION rapport.plan_anew(boolean) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1e12
  AS 'BEGIN RETURN $1; END';
-- What nodes remember of a tenant's rights is out of date; see migrations/tenant/0010_rights.sql.
CREATE OR REPLACE FUNCTION rapport.raise_rights() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('UPDATE %I.rights_version SET version = version + 1', TG_TABLE_SCHEMA);
  RETURN NULL;
END $$;";

/// `set_config('role', …)` would let an expression that was smuggled into a statement take a neighbour's role. Only a
/// superuser can withdraw it; for other owners the doctor names the command.
const WITHDRAW_SET_CONFIG: &str = "
DO $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC;
  END IF;
END $$";

#[cfg(feature = "testing")]
pub(super) const STATEMENTS: [&str; 2] = [SHARED, WITHDRAW_SET_CONFIG];

const ELSEWHERE: &str = "
SELECT extname::text AS extension, nspname::text AS schema FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
WHERE extname IN ('pg_trgm', 'btree_gin') AND nspname <> 'rapport' LIMIT 1";

#[derive(FromQueryResult)]
struct Misplaced {
    extension: String,
    schema: String,
}

/// Each database that holds tenants has one.
pub(crate) async fn shared_schema(admin: &Admin) -> Result<(), MigrationError> {
    let tx = admin.begin().await?;
    Lock::SharedSchema.take(&tx).await?;
    tx.execute_unprepared(SHARED).await?;
    tx.execute_unprepared(WITHDRAW_SET_CONFIG).await?;
    if let Some(found) = Misplaced::find_by_statement(sql(ELSEWHERE, [])).one(&tx).await? {
        return Err(MigrationError::ExtensionElsewhere { extension: found.extension, schema: found.schema });
    }
    tx.commit().await?;
    Ok(())
}
