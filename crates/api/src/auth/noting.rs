//! What the audit log says of sign-ins and of the ends of sessions.

use std::future::ready;

use rapport_domain::{
    event::{Event, security},
    record::Origin,
};
use rapport_tenancy::{Ended, PersonId, SessionId, SessionsOf, TenantId, UserId};

use uuid::Uuid;

use super::{Auth, Error, Principal, Refusal};
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

    /// Something that a member did.
    pub(super) async fn note_as(&self, member: &Principal, origin: &Origin, event: Event) -> Result<(), Error> {
        Ok(self.auditing.note(&self.tenancy.open(&member.scope), origin, event).await?)
    }

    pub(super) async fn note_signed_out(&self, ended: Vec<Ended>, client: &Client) -> Result<(), Error> {
        for Ended { id, tenant, person } in ended {
            self.note_session((person, tenant, id), client, Event::named(security::SIGNED_OUT)).await?;
        }
        Ok(())
    }

    /// Ends sessions as a member wants it; how many.
    pub(super) async fn end_and_note(
        &self,
        which: SessionsOf,
        by: &Principal,
        client: &Client,
    ) -> Result<usize, Error> {
        let ended = self.revocation.end(which).await?;
        self.note_revoked(&ended, "ENDED", Some(by), client);
        Ok(ended.len())
    }

    /// Sessions that ended in Postgres: the nodes are told, and the log of each one's workspace. `by` is who wanted it, where
    /// somebody did.
    pub(super) async fn tell_of(&self, ended: &[Ended], why: &'static str, by: Option<&Principal>, client: &Client) {
        self.revocation.tell(ended).await;
        self.note_revoked(ended, why, by, client);
    }

    fn note_revoked(&self, ended: &[Ended], why: &'static str, by: Option<&Principal>, client: &Client) {
        for &Ended { id, tenant, person } in ended {
            let by = by.filter(|by| by.scope.tenant() == tenant).map(|by| self.tenancy.open(&by.scope));
            let revoked = move |user| revoked(user, id, why);
            self.auditing.note_of(person, by, ready(vec![tenant]), request_id::origin(client), revoked);
        }
    }

    /// A membership has ended, and these sessions with it.
    pub async fn hear_of_ended(
        &self,
        ended: &[Ended],
        user: UserId,
        by: &Principal,
        client: &Client,
    ) -> Result<(), Error> {
        self.revocation.tell(ended).await;
        for session in ended {
            let revoked = revoked(user.uuid(), session.id, "MEMBERSHIP_ENDED");
            self.note_as(by, &request_id::origin(client), revoked).await?;
        }
        Ok(())
    }

    /// Something about a person's account changed: told in all of their workspaces.
    pub(super) fn note_account(&self, person: PersonId, event: Event, client: &Client) {
        let changed = move |user: Uuid| event.clone().with("user", user.to_string());
        self.auditing.note_of(person, None, self.workspaces_of(person, None), request_id::origin(client), changed);
    }

    /// A wrong password or code of somebody who is known: in the workspace that they named, or in all of theirs where they named
    /// none. Hands back how it is told.
    pub(super) fn note_failed(
        &self,
        person: PersonId,
        workspace: Option<&str>,
        refusal: Refusal,
        client: &Client,
    ) -> Refusal {
        let (why, named) = (refusal.code(), workspace.map(str::trim).filter(|named| !named.is_empty()));
        let tenants = self.workspaces_of(person, named.map(str::to_owned));
        let failed =
            move |user: Uuid| Event::named(security::SIGN_IN_FAILED).with("user", user.to_string()).with("reason", why);
        self.auditing.note_of(person, None, tenants, request_id::origin(client), failed);
        refusal
    }

    /// Those of a person, or the one of this name; ten at most.
    fn workspaces_of(
        &self,
        person: PersonId,
        named: Option<String>,
    ) -> impl Future<Output = Vec<TenantId>> + Send + use<> {
        let tenancy = self.tenancy.clone();
        async move {
            let memberships = tenancy.memberships(person).await.unwrap_or_else(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "Something was not noted in the audit log");
                Vec::new()
            });
            let is_meant = |slug: &str, id: TenantId| {
                named.as_deref().is_none_or(|named| slug.eq_ignore_ascii_case(named) || named.parse() == Ok(id))
            };
            let meant = memberships.into_iter().filter(|member| is_meant(&member.slug, member.tenant));
            meant.map(|member| member.tenant).take(MOST).collect()
        }
    }
}

fn revoked(user: Uuid, session: SessionId, why: &str) -> Event {
    let revoked = Event::named(security::SESSION_REVOKED).with("user", user.to_string());
    revoked.with("session", session.to_string()).with("reason", why)
}
