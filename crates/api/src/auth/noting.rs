//! What the audit log says of sign-ins and of the ends of sessions.

use rapport_domain::{
    event::{Event, security},
    record::Origin,
};
use rapport_tenancy::{Ended, PersonId, SessionId, SessionsOf, TenantId};

use super::{Auth, Error};
use crate::http::{Client, request_id};

/// A sign-in that names no workspace is told of in so many of the person's.
const MOST: usize = 10;

impl Auth {
    /// Something that a person did by one of their sessions.
    pub(super) async fn note_session(
        &self,
        (person, tenant, session): (PersonId, TenantId, SessionId),
        client: &Client,
        event: Event,
    ) -> Result<(), Error> {
        let Some(scope) = self.tenancy.scope(person, tenant).await? else { return Ok(()) };
        let db = self.tenancy.open(&scope.by_session(session));
        Ok(self.auditing.note(&db, &request_id::origin(client), event).await?)
    }

    pub(super) async fn note_signed_out(&self, ended: Vec<Ended>, client: &Client) -> Result<(), Error> {
        for Ended { id, tenant, person } in ended {
            self.note_session((person, tenant, id), client, Event::named(security::SIGNED_OUT)).await?;
        }
        Ok(())
    }

    /// Ends sessions on somebody's behalf, each of which its workspace's log then tells of; how many.
    pub(super) async fn end_and_note(&self, which: SessionsOf) -> Result<usize, rapport_tenancy::Error> {
        let ended = self.revocation.end_these(which).await?;
        let origin = Origin { request_id: request_id::current(), ..Origin::default() };
        for &Ended { id, tenant, person } in &ended {
            let revoked = move |user: uuid::Uuid| {
                Event::named(security::SESSION_REVOKED).with("user", user.to_string()).with("session", id.to_string())
            };
            self.auditing.note_of(person, async move { vec![tenant] }, origin.clone(), revoked);
        }
        Ok(ended.len())
    }

    /// A sign-in that failed, of somebody who is known: in the workspace that they named, or in all of theirs where they named
    /// none. Our own failures are none of theirs.
    pub(super) fn note_failed(
        &self,
        person: Option<PersonId>,
        workspace: Option<&str>,
        error: &Error,
        client: &Client,
    ) {
        let (Some(person), Error::Refused(refusal)) = (person, error) else { return };
        let (tenancy, why) = (self.tenancy.clone(), refusal.code());
        let workspace = workspace.map(str::trim).filter(|named| !named.is_empty()).map(str::to_owned);
        let tenants = async move {
            let memberships = tenancy.memberships(person).await.unwrap_or_else(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "A sign-in that failed was not noted");
                Vec::new()
            });
            let is_meant = |slug: &str, id: TenantId| {
                workspace.as_deref().is_none_or(|named| slug.eq_ignore_ascii_case(named) || named.parse() == Ok(id))
            };
            let meant = memberships.into_iter().filter(|member| is_meant(&member.slug, member.tenant));
            meant.map(|member| member.tenant).take(MOST).collect()
        };
        let failed = move |user: uuid::Uuid| {
            Event::named(security::SIGN_IN_FAILED).with("user", user.to_string()).with("reason", why)
        };
        self.auditing.note_of(person, tenants, request_id::origin(client), failed);
    }
}
