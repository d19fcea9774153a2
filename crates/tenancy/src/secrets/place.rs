use uuid::Uuid;

use super::cipher::joined;
use crate::TenantId;

/// Where a value belongs. By names that never change, so that renaming moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretPlace<'a> {
    pub object: &'a str,
    pub field: &'a str,
    pub record: Uuid,
}

impl SecretPlace<'_> {
    /// What a sealed value is bound to: it opens nowhere else, and not with another blind index.
    pub(super) fn context(&self, tenant: TenantId, key: i32, index: &str) -> Vec<u8> {
        let (tenant, key) = (tenant.uuid(), key.to_be_bytes());
        joined(&[
            b"rapport value 1",
            tenant.as_bytes(),
            self.object.as_bytes(),
            self.field.as_bytes(),
            self.record.as_bytes(),
            &key,
            index.as_bytes(),
        ])
    }
}
