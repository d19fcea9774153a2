use rapport_tenancy::{DbError, TenantDb};

use crate::rights::{self, Holder};

/// What whoever imports may do. An import takes long, and rights may change meanwhile.
pub struct Allowed {
    version: i64,
    holder: Holder,
}

impl Allowed {
    pub async fn now(db: &TenantDb) -> Result<Self, DbError> {
        let conn = db.session().await?;
        Ok(Self { version: rights::version(&conn).await?, holder: rights::load(&conn).await? })
    }

    /// Whether it still is the same.
    pub async fn still(&mut self, db: &TenantDb) -> Result<bool, DbError> {
        let conn = db.session().await?;
        let version = rights::version(&conn).await?;
        if version != self.version && rights::load(&conn).await? == self.holder {
            self.version = version;
        }
        Ok(version == self.version)
    }
}
