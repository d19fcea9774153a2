//! Where a tenant's chain of audit seals ended when that was last noted.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{Error, Tenancy, TenantId, control::sql};

/// The last seal of a chain.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct AuditHead {
    pub seq: i64,
    pub mac: Vec<u8>,
}

impl Tenancy {
    pub async fn audit_head(&self, tenant: TenantId) -> Result<Option<AuditHead>, Error> {
        let read = "SELECT seq, mac FROM control.audit_heads WHERE tenant_id = $1";
        let read = sql(read, [tenant.uuid().into()]);
        Ok(AuditHead::find_by_statement(read).one(self.control().db()).await?)
    }

    /// Notes `head` where what is noted is still what the caller knows; whether it is.
    pub async fn note_audit_head(
        &self,
        tenant: TenantId,
        known: Option<&AuditHead>,
        head: &AuditHead,
    ) -> Result<bool, Error> {
        let (id, seq, mac) = (tenant.uuid().into(), head.seq.into(), head.mac.clone().into());
        let note = match known {
            // Not of a tenant that was deleted meanwhile.
            None => sql(
                "INSERT INTO control.audit_heads (tenant_id, seq, mac) SELECT id, $2, $3 FROM control.tenants WHERE id = $1 \
                 ON CONFLICT DO NOTHING",
                [id, seq, mac],
            ),
            Some(known) => sql(
                "UPDATE control.audit_heads SET seq = $2, mac = $3, updated_at = now() \
                 WHERE tenant_id = $1 AND seq = $4 AND mac = $5",
                [id, seq, mac, known.seq.into(), known.mac.clone().into()],
            ),
        };
        Ok(self.control().db().execute_raw(note).await?.rows_affected() > 0)
    }
}
