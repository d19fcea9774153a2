use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use rapport_tenancy::{
    LEEWAY, NewSession, Person, Rotation, Seen, Session, SessionsOf, Spending, Tenancy,
    testing::{TestDatabase, workspace},
};

use crate::support::session;

fn hash(token: u8) -> [u8; 32] {
    [token; 32]
}

async fn sign_in(tenancy: &Tenancy, token: u8, lives: Duration) -> Session {
    let (acme, ana) = workspace(tenancy, "Acme").await;
    tenancy.open_session(session(&ana, acme.id, hash(token), Utc::now() + lives)).await.unwrap()
}

fn spending(token: u8, child: u8, at: DateTime<Utc>) -> Spending {
    Spending {
        hash: hash(token),
        child_hash: hash(child),
        child_salt: [child; 32],
        at,
        unused_since: at - chrono::Duration::days(14),
        address: Some("192.0.2.7".to_owned()),
    }
}

async fn spend(tenancy: &Tenancy, token: u8, child: u8) -> Rotation {
    tenancy.rotate_session(&spending(token, child, Utc::now())).await.unwrap()
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_refreshes_at_once_one_succeeds_and_the_others_learn_of_its_child() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let session = sign_in(&tenancy, 0, HOUR).await;

    let rotations = (1..=50).map(|token| {
        let tenancy = tenancy.clone();
        tokio::spawn(async move { (token, spend(&tenancy, 0, token).await) })
    });
    let outcomes: Vec<_> = join_all(rotations).await.into_iter().map(Result::unwrap).collect();

    let won: Vec<_> = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Rotation::Rotated(_))).collect();
    assert_eq!(won.len(), 1);
    let salt = [won[0].0; 32];
    let same = |outcome: &Rotation| matches!(outcome, Rotation::Repeated { session: it, child_salt, .. } if it.id == session.id && *child_salt == salt);
    assert_eq!(outcomes.iter().filter(|(_, outcome)| same(outcome)).count(), 49);
    assert!(tenancy.sessions_revoked_since(session.expires_at - 2 * HOUR).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_token_before_counts_for_seconds_and_the_one_before_that_never() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let start = Utc::now();
    let first = sign_in(&tenancy, 1, HOUR).await;
    assert!(matches!(spend(&tenancy, 1, 2).await, Rotation::Rotated(_)));
    assert!(matches!(spend(&tenancy, 1, 9).await, Rotation::Repeated { .. }));
    assert!(matches!(spend(&tenancy, 2, 3).await, Rotation::Rotated(_)));
    let Rotation::Reused(ended) = spend(&tenancy, 1, 9).await else { panic!("the one before the last counted") };
    assert_eq!((ended.id, ended.tenant), (first.id, first.tenant));
    assert_eq!(tenancy.sessions_revoked_since(start).await.unwrap(), [first.id]);

    let second = sign_in(&tenancy, 11, HOUR).await;
    assert!(matches!(spend(&tenancy, 11, 12).await, Rotation::Rotated(_)));
    let late = spending(11, 19, Utc::now() + LEEWAY);
    assert!(matches!(tenancy.rotate_session(&late).await.unwrap(), Rotation::Reused(ended) if ended.id == second.id));
}

#[tokio::test]
async fn a_refreshed_session_keeps_its_id_and_a_spent_token_ends_it_however_old() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let start = Utc::now();
    let session = sign_in(&tenancy, 1, HOUR).await;
    for token in 1..4 {
        let Rotation::Rotated(next) = spend(&tenancy, token, token + 1).await else {
            panic!("token {token} was refused")
        };
        assert_eq!((next.id, next.person, next.tenant), (session.id, session.person, session.tenant));
    }
    assert!(tenancy.sessions_revoked_since(start).await.unwrap().is_empty());

    assert!(matches!(spend(&tenancy, 1, 9).await, Rotation::Reused(_)));
    // What has ended ends no second time.
    assert!(matches!(spend(&tenancy, 1, 9).await, Rotation::Unknown));

    assert!(matches!(spend(&tenancy, 4, 9).await, Rotation::Unknown));
    assert_eq!(tenancy.sessions_revoked_since(start).await.unwrap(), [session.id]);
    assert!(!tenancy.session_stands(session.id).await.unwrap());
}

#[tokio::test]
async fn tokens_that_are_unknown_expired_unused_or_signed_out_are_told_apart_only_here() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    assert!(matches!(spend(&tenancy, 7, 8).await, Rotation::Unknown));
    sign_in(&tenancy, 1, Duration::ZERO).await;
    assert!(matches!(spend(&tenancy, 1, 8).await, Rotation::Expired));
    let session = sign_in(&tenancy, 2, HOUR).await;
    let unused = Spending { unused_since: Utc::now() + HOUR, ..spending(2, 8, Utc::now()) };
    assert!(matches!(tenancy.rotate_session(&unused).await.unwrap(), Rotation::Expired));
    tenancy.end_sessions(SessionsOf::Session(session.id)).await.unwrap();
    assert!(matches!(spend(&tenancy, 2, 8).await, Rotation::Unknown));
    assert_eq!(tenancy.forget_sessions(Utc::now()).await.unwrap(), 2);
}

#[tokio::test]
async fn sessions_end_one_by_one_or_all_but_one_and_only_their_owners() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;
    let (globex, ben) = workspace(&tenancy, "Globex").await;
    let open = async |person: &Person, tenant, token| {
        tenancy.open_session(session(person, tenant, hash(token), Utc::now() + HOUR)).await.unwrap().id
    };
    let [one, two, three] = [1, 2, 3].map(|token| open(&ana, acme.id, token));
    let (one, two, three) = (one.await, two.await, three.await);
    let bens = open(&ben, globex.id, 4).await;
    let end = async |which| {
        let ended = tenancy.end_sessions(which).await.unwrap();
        ended.into_iter().map(|ended| ended.id).collect::<Vec<_>>()
    };

    assert!(end(SessionsOf::OnePersons(ana.id, bens)).await.is_empty());
    assert_eq!(end(SessionsOf::OnePersons(ana.id, one)).await, [one]);
    assert!(end(SessionsOf::OnePersons(ana.id, one)).await.is_empty());
    assert_eq!(end(SessionsOf::PersonBut(ana.id, three)).await, [two]);
    let user = tenancy.memberships(ana.id).await.unwrap()[0].user;
    assert!(end(SessionsOf::User(globex.id, user)).await.is_empty());
    assert_eq!(end(SessionsOf::User(acme.id, user)).await, [three]);
    assert_eq!(end(SessionsOf::Token(hash(4))).await, [bens]);
}

#[tokio::test]
async fn when_and_where_sessions_were_used_is_written_down_together() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (one, two) = (sign_in(&tenancy, 1, HOUR).await, sign_in(&tenancy, 2, HOUR).await);
    let later = Utc::now() + chrono::Duration::minutes(5);
    let seen = |id, at| Seen { id, at, address: "192.0.2.9".to_owned() };
    tenancy.note_seen(&[seen(one.id, later), seen(two.id, later)]).await.unwrap();
    // An older word from another node takes nothing back.
    tenancy.note_seen(&[seen(one.id, later - HOUR)]).await.unwrap();
    for session in [&one, &two] {
        let open = tenancy.open_sessions(session.person, Utc::now() - HOUR).await.unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].last_seen_at - later).num_milliseconds(), 0);
        assert_eq!((open[0].address.as_deref(), open[0].slug.starts_with("acme")), (Some("192.0.2.9"), true));
        assert!(tenancy.open_sessions(session.person, later + HOUR).await.unwrap().is_empty());
    }
    assert!(tenancy.is_known_address(one.person, "192.0.2.9").await.unwrap());
    assert!(!tenancy.is_known_address(one.person, "192.0.2.10").await.unwrap());
}

#[tokio::test]
async fn an_address_is_known_after_its_session_is_forgotten_and_until_nobody_came_for_long() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;
    for token in [1, 2] {
        let new = session(&ana, acme.id, hash(token), Utc::now() + HOUR);
        let from = Some(format!("192.0.2.{token}"));
        tenancy.open_session(NewSession { address: from, ..new }).await.unwrap();
    }
    tenancy.forget_sessions(Utc::now() + 2 * HOUR).await.unwrap();
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert!(tenancy.is_known_address(ana.id, address).await.unwrap());
    }
    assert_eq!(tenancy.forget_addresses(Utc::now() - HOUR).await.unwrap(), 0);
    assert_eq!(tenancy.forget_addresses(Utc::now() + HOUR).await.unwrap(), 2);
    assert!(!tenancy.is_known_address(ana.id, "192.0.2.1").await.unwrap());
}

#[tokio::test]
async fn who_is_cut_off_while_a_transaction_begins_leaves_none_open() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;
    let ask = |token: u8| {
        let (tenancy, new) = (tenancy.clone(), session(&ana, acme.id, hash(token), Utc::now() + HOUR));
        async move { tenancy.open_session(new).await }
    };
    for token in 0..200u8 {
        let _ = tokio::time::timeout(Duration::from_micros(u64::from(token) * 10), ask(token)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let owner = database.owner().await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(owner.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
}
