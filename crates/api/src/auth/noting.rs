//! What the audit log says of sign-ins.

use rapport_domain::event::{Event, security};
use rapport_tenancy::{PersonId, SessionId, TenantId};

use super::{Auth, Error};
use crate::{http::request_id, limits::ClientAddress};

/// A sign-in that names no workspace is told of in so many of the person's.
const MOST: usize = 10;

impl Auth {
    /// Before anybody gets a token: no session that the log does not know.
    pub(super) async fn note_session(
        &self,
        (person, tenant, session): (PersonId, TenantId, SessionId),
        from: ClientAddress,
        event: Event,
    ) -> Result<(), Error> {
        let Some(scope) = self.tenancy.scope(person, tenant).await? else { return Ok(()) };
        let db = self.tenancy.open(&scope.by_session(session));
        Ok(self.auditing.note(&db, &request_id::origin(from), event).await?)
    }

    /// A known person's sign-in that failed, in the workspace that it named, or in all of theirs where it named none.
    pub(super) fn note_failed(
        &self,
        person: PersonId,
        workspace: Option<String>,
        why: &'static str,
        from: ClientAddress,
    ) {
        let tenancy = self.tenancy.clone();
        let tenants = async move {
            let memberships = tenancy.memberships(person).await.unwrap_or_else(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "A sign-in that failed was not noted");
                Vec::new()
            });
            let is_meant = |slug: &str, id: TenantId| {
                let workspace = workspace.as_deref().map(str::trim).filter(|named| !named.is_empty());
                workspace.is_none_or(|named| slug.eq_ignore_ascii_case(named) || named.parse() == Ok(id))
            };
            let meant = memberships.into_iter().filter(|member| is_meant(&member.slug, member.tenant));
            meant.map(|member| member.tenant).take(MOST).collect()
        };
        let failed = move |user: uuid::Uuid| {
            Event::named(security::SIGN_IN_FAILED).with("user", user.to_string()).with("reason", why)
        };
        self.auditing.note_of(person, tenants, request_id::origin(from), failed);
    }
}
