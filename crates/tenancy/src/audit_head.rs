//! Where a tenant's chain of audit seals ended when that was last noted.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::{Error, LogKeys, Tenancy, TenantId, control::sql};

/// The last seal of a chain; before the first one, number 0.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct AuditHead {
    pub seq: i64,
    pub mac: Vec<u8>,
    mac_key: Option<i32>,
    proof: Option<Vec<u8>>,
}

impl AuditHead {
    /// Signed with the current key. None without one.
    pub fn signed(keys: &LogKeys, tenant: TenantId, seq: i64, mac: Vec<u8>) -> Option<Self> {
        let mac_key = keys.current()?;
        let proof = proof(keys, mac_key, tenant, seq, &mac)?;
        Some(Self { seq, mac, mac_key: Some(mac_key), proof: Some(proof.to_vec()) })
    }

    /// Whether we noted it.
    pub fn is_true(&self, keys: &LogKeys, tenant: TenantId) -> bool {
        let right = self.mac_key.and_then(|key| proof(keys, key, tenant, self.seq, &self.mac));
        right.is_some_and(|right| self.proof.as_deref() == Some(right.as_slice()))
    }
}

fn proof(keys: &LogKeys, key: i32, tenant: TenantId, seq: i64, mac: &[u8]) -> Option<[u8; 32]> {
    keys.seal_mac(key, &[b"rapport audit head 1", tenant.uuid().as_bytes(), &seq.to_be_bytes(), mac])
}

impl Tenancy {
    pub async fn audit_head(&self, tenant: TenantId) -> Result<Option<AuditHead>, Error> {
        let read = "SELECT seq, mac, mac_key, proof FROM control.audit_heads WHERE tenant_id = $1";
        let read = sql(read, [tenant.uuid().into()]);
        Ok(AuditHead::find_by_statement(read).one(self.control().db()).await?)
    }

    /// Notes `head` where what is noted is still what the caller knows; whether it is.
    pub async fn note_audit_head(&self, tenant: TenantId, known: &AuditHead, head: &AuditHead) -> Result<bool, Error> {
        let note = "UPDATE control.audit_heads SET seq = $2, mac = $3, mac_key = $4, proof = $5, updated_at = now() \
                    WHERE tenant_id = $1 AND seq = $6 AND mac = $7";
        let known = [known.seq.into(), known.mac.clone().into()];
        let done = self.control().db().execute_raw(sql(note, values(tenant, head).into_iter().chain(known))).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes `head`, whatever was noted before: somebody vouches for it.
    pub async fn set_audit_head(&self, tenant: TenantId, head: &AuditHead) -> Result<(), Error> {
        let set = "INSERT INTO control.audit_heads (tenant_id, seq, mac, mac_key, proof) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (tenant_id) DO UPDATE SET seq = $2, mac = $3, mac_key = $4, proof = $5, updated_at = now()";
        self.control().db().execute_raw(sql(set, values(tenant, head))).await?;
        Ok(())
    }
}

/// The chain of a new tenant begins: from now on it can only grow.
pub(crate) async fn begin(db: &impl ConnectionTrait, keys: &LogKeys, tenant: TenantId) -> Result<(), DbErr> {
    let Some(head) = AuditHead::signed(keys, tenant, 0, Vec::new()) else { return Ok(()) };
    let begin = "INSERT INTO control.audit_heads (tenant_id, seq, mac, mac_key, proof) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT DO NOTHING";
    db.execute_raw(sql(begin, values(tenant, &head))).await.map(|_| ())
}

fn values(tenant: TenantId, head: &AuditHead) -> [Value; 5] {
    let AuditHead { seq, mac, mac_key, proof } = head.clone();
    [tenant.uuid().into(), seq.into(), mac.into(), mac_key.into(), proof.into()]
}
