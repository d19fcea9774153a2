//! Indexes of a tenant's tables that come and go with its metadata: built and dropped beside the tables' use.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, RuntimeErr, sqlx};

use crate::{
    Error, Tenancy, TenantScope,
    control::{Admin, cell_of, sql, try_lock_id},
    scope::schema_name,
};

/// What an index is over. Its parts are SQL, made from names that the catalog has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub table: String,
    /// No two rows that meet the condition may be equal.
    pub unique: bool,
    /// What stands between the brackets: `(contact.custom->>'f1'), created_at`.
    pub keys: String,
    pub condition: Option<String>,
}

/// What became of an index that was to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    Whole,
    /// Two rows are equal.
    Violated,
    /// A value is longer than an index takes.
    TooLong,
}

/// A tenant's indexes, held by one worker at a time.
pub struct Indexes {
    admin: Admin,
    schema: String,
    /// Holds the lock; no statement of it ever waits for anything.
    turn: DatabaseTransaction,
}

/// Apart from the lock that provisioning takes.
const LOCK: u128 = 0x1d8e;

impl Tenancy {
    /// `None` while another worker has them.
    pub async fn indexes(&self, scope: &TenantScope) -> Result<Option<Indexes>, Error> {
        let tenant = scope.tenant();
        let cell = cell_of(self.control(), tenant).await?.ok_or(Error::NoSuchTenant { tenant })?;
        let admin = self.admin(cell.admin());
        let turn = admin.begin().await?;
        if !try_lock_id(&turn, uuid::Uuid::from_u128(tenant.uuid().as_u128() ^ LOCK)).await? {
            turn.rollback().await?;
            return Ok(None);
        }
        Ok(Some(Indexes { admin, schema: schema_name(tenant), turn }))
    }
}

impl Indexes {
    /// Those whose names start with `prefix`, and whether each is whole: one whose building was cut off is not.
    pub async fn present(&self, prefix: &str) -> Result<Vec<(String, bool)>, Error> {
        const PRESENT: &str = "
            SELECT c.relname::text, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND starts_with(c.relname::text, $2) ORDER BY 1";
        let rows = self.admin.db().query_all_raw(sql(PRESENT, [self.schema.as_str().into(), prefix.into()])).await?;
        let read = |row: &sea_orm::QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        rows.iter().map(read).collect::<Result<_, DbErr>>().map_err(Error::from)
    }

    /// Builds it while the table is read and written, and has the planner look at what is in it.
    pub async fn build(&self, index: &Index) -> Result<Built, Error> {
        let Index { name, table, unique, keys, condition } = index;
        let unique = if *unique { "UNIQUE " } else { "" };
        let condition = condition.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        let create =
            format!("CREATE {unique}INDEX CONCURRENTLY \"{name}\" ON {}.\"{table}\" ({keys}){condition}", self.schema);
        let db = self.admin.db();
        if let Err(error) = db.execute_unprepared(&create).await {
            // What is left of it would be kept up to date and never used.
            self.drop(name).await?;
            return refusal(&error).ok_or(error.into());
        }
        db.execute_unprepared(&format!("ANALYZE {}.\"{table}\"", self.schema)).await?;
        Ok(Built::Whole)
    }

    /// How far the building of an index is, from 0 to 1; `None` where it is not being built.
    pub async fn progress(&self, name: &str) -> Result<Option<f32>, Error> {
        // First the table is read, then it is read again for what was written meanwhile.
        const PROGRESS: &str = "
            SELECT ((CASE WHEN p.phase LIKE 'index validation%' THEN 1 ELSE 0 END
              + least(1, greatest(coalesce(p.blocks_done::float8 / nullif(p.blocks_total, 0), 0),
                                  coalesce(p.tuples_done::float8 / nullif(p.tuples_total, 0), 0)))) / 2)::real
            FROM pg_stat_progress_create_index p JOIN pg_class c ON c.oid = p.index_relid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
        let row = self.admin.db().query_one_raw(sql(PROGRESS, [self.schema.as_str().into(), name.into()])).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    /// Lets the next worker have them, now rather than some time after this was dropped.
    pub async fn release(self) -> Result<(), Error> {
        Ok(self.turn.rollback().await?)
    }

    pub async fn drop(&self, name: &str) -> Result<(), Error> {
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}.\"{name}\"", self.schema);
        self.admin.db().execute_unprepared(&drop).await?;
        Ok(())
    }
}

fn refusal(error: &DbErr) -> Option<Built> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return None;
    };
    let sqlx::Error::Database(error) = &**error else { return None };
    match error.code()?.as_ref() {
        "23505" => Some(Built::Violated),
        "54000" => Some(Built::TooLong),
        _ => None,
    }
}
