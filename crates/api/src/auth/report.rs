//! Keys that somebody found where they should not be.

use rapport_domain::{record::Origin, rights::keys::KeyEvent};
use rapport_tenancy::{ApiKeyId, TenantId};

use super::{ApiKeyText, Auth, Error};
use crate::{api_keys::ApiKeys, http::Client, http::request_id};

impl Auth {
    /// The other nodes are told of a key that was revoked.
    pub async fn hear_of_revoked(&self, tenant: TenantId, key: ApiKeyId) {
        self.limits.mark_revoked(tenant, key).await;
    }

    /// Revokes a key that works. Who reports one need not be anybody: they hold it.
    pub async fn report_key(&self, text: &str, client: &Client) -> Result<(), Error> {
        self.charge(client).await?;
        let Some(text) = ApiKeyText::parse(text.trim()) else { return Ok(()) };
        let Some(key) = self.tenancy.genuine_api_key(text.id(), &text.hash()).await? else { return Ok(()) };
        tracing::warn!(tenant.id = %key.tenant, key.id = %key.id, "An API key was found by somebody else and is revoked");
        // First of all, whatever else can be done.
        self.tenancy.revoke_api_key(key.tenant, key.id, true).await?;
        self.hear_of_revoked(key.tenant, key.id).await;
        let Some(scope) = self.tenancy.system_scope(&key.tenant.to_string()).await? else { return Ok(()) };
        let origin = Origin { request_id: request_id::current(), ..Origin::default() };
        let db = self.tenancy.open(&scope);
        let keys = ApiKeys { tenancy: &self.tenancy, db: &db, origin: &origin };
        keys.write_down_end(key.id, KeyEvent::Leaked).await?;
        self.auditing.wake(&db);
        Ok(())
    }
}
