use std::time::Duration;

use chrono::Utc;
use futures::future::join_all;
use rapport_tenancy::{
    Rotation, Session, Tenancy,
    testing::{TestDatabase, workspace},
};

fn hash(token: u8) -> [u8; 32] {
    [token; 32]
}

async fn sign_in(tenancy: &Tenancy, token: u8, lives: Duration) -> Session {
    let (acme, ana) = workspace(tenancy, "Acme").await;
    tenancy.open_session(ana.id, acme.id, hash(token), Utc::now() + lives).await.unwrap()
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_refreshes_at_once_one_succeeds() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let session = sign_in(&tenancy, 0, HOUR).await;

    let rotations = (1..=50).map(|token| {
        let tenancy = tenancy.clone();
        tokio::spawn(async move { tenancy.rotate_session(hash(0), hash(token)).await.unwrap() })
    });
    let outcomes: Vec<_> = join_all(rotations).await.into_iter().map(Result::unwrap).collect();

    let rotated: Vec<_> = outcomes.iter().filter(|outcome| matches!(outcome, Rotation::Rotated(_))).collect();
    let reused = outcomes.iter().filter(|outcome| matches!(outcome, Rotation::Reused)).count();
    assert_eq!((rotated.len(), reused), (1, 49));
    assert_eq!(tenancy.sessions_revoked_since(session.expires_at - 2 * HOUR).await.unwrap(), [session.id]);
}

#[tokio::test]
async fn a_refreshed_session_keeps_its_id_and_a_spent_token_ends_it_however_old() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let start = Utc::now();
    let session = sign_in(&tenancy, 1, HOUR).await;
    for token in 1..4 {
        let Rotation::Rotated(next) = tenancy.rotate_session(hash(token), hash(token + 1)).await.unwrap() else {
            panic!("token {token} was refused")
        };
        assert_eq!((next.id, next.person, next.tenant), (session.id, session.person, session.tenant));
    }
    assert!(tenancy.sessions_revoked_since(start).await.unwrap().is_empty());

    assert!(matches!(tenancy.rotate_session(hash(1), hash(9)).await.unwrap(), Rotation::Reused));

    assert!(matches!(tenancy.rotate_session(hash(4), hash(9)).await.unwrap(), Rotation::Unknown));
    assert_eq!(tenancy.sessions_revoked_since(start).await.unwrap(), [session.id]);
}

#[tokio::test]
async fn tokens_that_are_unknown_expired_or_signed_out_are_told_apart_only_here() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    assert!(matches!(tenancy.rotate_session(hash(7), hash(8)).await.unwrap(), Rotation::Unknown));
    sign_in(&tenancy, 1, Duration::ZERO).await;
    assert!(matches!(tenancy.rotate_session(hash(1), hash(8)).await.unwrap(), Rotation::Expired));
    let session = sign_in(&tenancy, 2, HOUR).await;
    tenancy.revoke_session(session.id).await.unwrap();
    assert!(matches!(tenancy.rotate_session(hash(2), hash(8)).await.unwrap(), Rotation::Unknown));
    assert_eq!(tenancy.forget_sessions(Utc::now()).await.unwrap(), 1);
}
