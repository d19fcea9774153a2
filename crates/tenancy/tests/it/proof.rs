//! What somebody does by a password that is not theirs any more.

use chrono::{Duration, Utc};
use rapport_tenancy::{
    AcceptError, AccessScope, ApiKeyId, BuiltInRole, Challenge, CreateTenantError, Error, Guest, Key, LinkPurpose,
    NewApiKey, NewInvitation, NewLink, NewMail, NewPerson, NewTenant, Person, Post, Posted, Reset, SecondFactorError,
    SessionId, Tenancy, TenantId,
    testing::{TestDatabase, person, workspace, workspace_of},
};

use crate::support::{session, wait_for_blocked};

pub const RESET: [u8; 32] = [77; 32];

/// Somebody who has a password, as whoever knows it saw them.
pub async fn ana(tenancy: &Tenancy) -> Person {
    let new = NewPerson {
        email: "ana@example.com".to_owned(),
        name: "Ana".to_owned(),
        password_hash: Some("the old hash".to_owned()),
    };
    tenancy.create_person(new).await.unwrap()
}

/// A link by which the person chooses a new password.
pub async fn reset_link(tenancy: &Tenancy, person: &Person, hash: [u8; 32]) -> Posted {
    let link = NewLink {
        purpose: LinkPurpose::ResetPassword,
        hash,
        email: person.email.clone(),
        lifetime: Duration::minutes(30),
    };
    tenancy.post(person, &Post { links: vec![link], mails: vec![mail(&person.email)] }, 5).await.unwrap()
}

fn mail(to: &str) -> NewMail {
    let text = String::new;
    let lifetime = Duration::minutes(30);
    NewMail { to: to.to_owned(), kind: "RESET_PASSWORD", subject: text(), text: text(), html: text(), lifetime }
}

async fn reset(tenancy: &Tenancy) -> Option<Reset> {
    tenancy.reset_password(RESET, "the new hash", "192.0.2.7", &[]).await.unwrap()
}

fn api_key(person: &Person, tenant: TenantId) -> NewApiKey {
    NewApiKey {
        id: ApiKeyId::new(),
        by: Some(person.proved()),
        tenant,
        name: "Export".to_owned(),
        hash: [1; 32],
        scopes: [AccessScope::RecordsRead].into_iter().collect(),
        created_by: None,
        expires_at: Utc::now() + Duration::days(1),
    }
}

#[tokio::test]
async fn nothing_follows_from_a_password_that_was_reset() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    let by = before.proved();
    let tenant = tenancy.create_tenant(workspace_of(&before, "Acme")).await.unwrap().id;
    let key = api_key(&before, tenant);
    let id = key.id;
    assert!(tenancy.insert_api_key(key, 10).await.unwrap());
    tenancy.ready_api_key(id).await.unwrap();
    let (theirs, other) = workspace(&tenancy, "Globex").await;
    let invited = NewInvitation {
        tenant: theirs.id,
        email: before.email.clone(),
        name: None,
        roles: vec![BuiltInRole::Owner.id()],
        team: None,
        by: other.id,
        token_hash: [5; 32],
    };
    tenancy.invite(invited, mail(&before.email), 5).await.unwrap();
    assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);

    let done = reset(&tenancy).await.expect("a link that is good");
    assert!(done.sessions.is_empty());

    let changed = |outcome: Error| matches!(outcome, Error::PasswordChanged);
    let later = Utc::now() + Duration::hours(1);
    assert!(changed(tenancy.open_session(session(&before, tenant, [1; 32], later)).await.unwrap_err()));
    let challenge = Challenge { by, workspace: None };
    assert!(changed(tenancy.open_challenge([2; 32], challenge, later).await.unwrap_err()));
    assert!(changed(tenancy.change_password(by, "the thief's", SessionId::new(), &[]).await.unwrap_err()));
    assert!(changed(tenancy.renew_recovery_codes(by, &[[3; 32]]).await.unwrap_err()));
    assert!(changed(tenancy.remove_second_factor(by, &[]).await.unwrap_err()));
    let started = tenancy.start_second_factor(by, &Key::random()).await.unwrap_err();
    assert!(matches!(started, SecondFactorError::Storage(Error::PasswordChanged)));
    assert!(changed(tenancy.insert_api_key(api_key(&before, tenant), 10).await.unwrap_err()));
    assert!(changed(tenancy.rotate_api_key(tenant, id, [4; 32], later, by).await.unwrap_err()));
    let made = tenancy.create_tenant(NewTenant { by: Some(by), ..workspace_of(&before, "Evil") }).await.unwrap_err();
    assert!(matches!(made, CreateTenantError::Storage(Error::PasswordChanged)));
    let joined = tenancy.accept_invitation([5; 32], Guest::Known(by)).await.unwrap_err();
    assert!(matches!(joined, AcceptError::Storage(Error::PasswordChanged)));
    assert_eq!(reset_link(&tenancy, &before, [6; 32]).await, Posted::Outdated);
    assert!(!tenancy.renew_password_hash(before.id, "the old hash", "the old hash anew").await.unwrap());

    let now = tenancy.person(before.id).await.unwrap().unwrap();
    assert_eq!(now.password_hash.as_deref(), Some("the new hash"));
    assert_eq!(tenancy.memberships(before.id).await.unwrap().len(), 1);
    tenancy.open_session(session(&now, tenant, [1; 32], later)).await.unwrap();
    assert_eq!(reset_link(&tenancy, &now, [6; 32]).await, Posted::Sent);
}

/// The reset is in the middle of its transaction when the session is about to be opened.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_waits_for_the_reset_that_is_under_way_and_fails() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    let tenant = tenancy.create_tenant(workspace_of(&before, "Acme")).await.unwrap().id;
    assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);
    let (mut stop, watcher) = (database.owner().await, database.owner().await);

    // It holds the person's row and stops where it ends sign-ins that wait.
    let held = stop.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE control.sign_in_challenges IN SHARE MODE").await.unwrap();
    let resetting = tokio::spawn({
        let tenancy = tenancy.clone();
        async move { reset(&tenancy).await }
    });
    wait_for_blocked(&watcher, 1).await;
    let signing_in = tokio::spawn({
        let (tenancy, before) = (tenancy.clone(), before.clone());
        let later = Utc::now() + Duration::hours(1);
        async move { tenancy.open_session(session(&before, tenant, [1; 32], later)).await }
    });
    wait_for_blocked(&watcher, 2).await;
    held.commit().await.unwrap();

    assert!(resetting.await.unwrap().is_some());
    assert!(matches!(signing_in.await.unwrap(), Err(Error::PasswordChanged)));
}

/// The session is about to be written when the reset begins.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_the_session_that_was_being_opened() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    let tenant = tenancy.create_tenant(workspace_of(&before, "Acme")).await.unwrap().id;
    assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);
    let (mut stop, watcher) = (database.owner().await, database.owner().await);

    let held = stop.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE control.sessions IN SHARE MODE").await.unwrap();
    let signing_in = tokio::spawn({
        let (tenancy, before) = (tenancy.clone(), before.clone());
        let later = Utc::now() + Duration::hours(1);
        async move { tenancy.open_session(session(&before, tenant, [1; 32], later)).await }
    });
    wait_for_blocked(&watcher, 1).await;
    let resetting = tokio::spawn({
        let tenancy = tenancy.clone();
        async move { reset(&tenancy).await }
    });
    wait_for_blocked(&watcher, 2).await;
    held.commit().await.unwrap();

    let opened = signing_in.await.unwrap().unwrap();
    let ended = resetting.await.unwrap().expect("a link that is good").sessions;
    assert_eq!(ended.iter().map(|ended| ended.id).collect::<Vec<_>>(), [opened.id]);
    assert!(!tenancy.session_stands(opened.id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sign_ins_that_race_a_reset_no_session_is_left() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let mut before = ana(&tenancy).await;
    let tenant = tenancy.create_tenant(workspace_of(&before, "Acme")).await.unwrap().id;
    let later = Utc::now() + Duration::hours(1);
    for round in 0..10_u8 {
        database.owner().await.execute("DELETE FROM control.mails", &[]).await.unwrap();
        assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);
        let signing_in = (0..8_u8).map(|at| {
            let (tenancy, before) = (tenancy.clone(), before.clone());
            let mut refresh = [round; 32];
            refresh[0] = at;
            tokio::spawn(async move { tenancy.open_session(session(&before, tenant, refresh, later)).await })
        });
        let signing_in: Vec<_> = signing_in.collect();
        assert!(reset(&tenancy).await.is_some());
        for signed_in in signing_in {
            match signed_in.await.unwrap() {
                Ok(session) => assert!(!tenancy.session_stands(session.id).await.unwrap(), "round {round}"),
                Err(error) => assert!(matches!(error, Error::PasswordChanged), "{error}"),
            }
        }
        before = tenancy.person(before.id).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_challenge_is_worth_as_much_as_the_password_that_opened_it() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    let tenant = tenancy.create_tenant(workspace_of(&before, "Acme")).await.unwrap().id;
    let later = Utc::now() + Duration::minutes(5);
    tenancy.open_challenge([1; 32], Challenge { by: before.proved(), workspace: None }, later).await.unwrap();
    let tried = tenancy.try_challenge([1; 32], 5).await.unwrap().expect("a challenge");
    assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);
    assert!(reset(&tenancy).await.is_some());

    assert!(tenancy.try_challenge([1; 32], 5).await.unwrap().is_none());
    let new = rapport_tenancy::NewSession { by: tried.by, ..session(&before, tenant, [1; 32], later) };
    assert!(matches!(tenancy.open_session(new).await, Err(Error::PasswordChanged)));
}

#[tokio::test]
async fn the_first_proof_of_an_address_takes_what_somebody_else_may_have_left_there() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    for is_first in [true, false] {
        let squatted = person(&tenancy, "squatted").await;
        if !is_first {
            tenancy.vouch_for_email(squatted.id).await.unwrap();
        }
        let tenant = tenancy.create_tenant(workspace_of(&squatted, "Squat")).await.unwrap().id;
        let user = tenancy.memberships(squatted.id).await.unwrap()[0].user;
        let key = NewApiKey { created_by: Some(user), ..api_key(&squatted, tenant) };
        let id = key.id;
        assert!(tenancy.insert_api_key(key, 10).await.unwrap());
        tenancy.ready_api_key(id).await.unwrap();
        assert!(tenancy.start_second_factor(squatted.proved(), &Key::random()).await.unwrap());
        assert!(tenancy.confirm_second_factor(squatted.id, 1, &[], &[]).await.unwrap());
        let from = rapport_tenancy::NewSession {
            address: Some("192.0.2.66".to_owned()),
            ..session(
                &squatted,
                tenant,
                id.uuid().as_bytes().repeat(2).try_into().unwrap(),
                Utc::now() + Duration::hours(1),
            )
        };
        tenancy.open_session(from).await.unwrap();
        assert_eq!(reset_link(&tenancy, &squatted, RESET).await, Posted::Sent);

        let done = reset(&tenancy).await.expect("a link that is good");

        assert_eq!((done.second_factor, done.sessions.len()), (is_first, 1));
        assert_eq!(done.api_keys, if is_first { vec![(tenant, id)] } else { Vec::new() });
        assert_eq!(tenancy.api_key(tenant, id).await.unwrap().unwrap().is_usable(), !is_first);
        assert_eq!(tenancy.second_factor_state(squatted.id).await.unwrap().is_some(), !is_first);
        assert_eq!(tenancy.is_known_address(squatted.id, "192.0.2.66").await.unwrap(), !is_first);
        // Whoever reset it comes in from where they did so.
        assert!(tenancy.is_known_address(squatted.id, "192.0.2.7").await.unwrap());
    }
}
