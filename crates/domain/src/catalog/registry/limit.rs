//! How many there can be of what a tenant makes. A tenant's plan may say otherwise: `entitlement`.

use rapport_tenancy::{DbError, TenantTx};

use super::held::Held;
use crate::record::{UserError, code};

#[derive(Clone, Copy)]
pub(super) enum Limit {
    Objects,
    /// Of one object, archived ones included.
    Fields,
    /// Of one object's fields.
    Indexes,
}

impl Limit {
    fn name(self) -> &'static str {
        match self {
            Self::Objects => "custom_objects",
            Self::Fields => "custom_fields_per_object",
            Self::Indexes => "indexes_per_object",
        }
    }

    fn usual(self) -> i64 {
        match self {
            Self::Objects => 100,
            Self::Fields => 500,
            Self::Indexes => 50,
        }
    }

    /// Refuses one more where there are `count` already.
    pub async fn allows(self, held: &Held<'_>, count: usize, what: &str) -> Result<Result<(), UserError>, DbError> {
        let most = self.most(held.tx).await?;
        if i64::try_from(count).unwrap_or(i64::MAX) < most {
            return Ok(Ok(()));
        }
        Ok(Err(UserError::new(code::LIMIT_REACHED, format!("There are {count} {what}, and there can be {most}."))))
    }

    async fn most(self, tx: &TenantTx) -> Result<i64, DbError> {
        let sql = format!("SELECT value FROM {}.entitlement WHERE name = $1", tx.scope().schema());
        Ok(tx.query(&sql, &[&self.name()]).await?.first().map_or(self.usual(), |row| row.get(0)))
    }
}
