//! Links and mails, as the person's address changes and others ask for them.

use chrono::Duration;
use rapport_tenancy::{LinkPurpose, NewLink, Post, Posted, testing::TestDatabase};

use crate::{
    proof::{RESET, ana, reset_link},
    support::wait_for_blocked,
};

#[tokio::test]
async fn a_reset_link_to_an_address_of_before_opens_nothing() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    assert_eq!(reset_link(&tenancy, &before, RESET).await, Posted::Sent);
    let owner = |hash| tenancy.link_owner(LinkPurpose::ResetPassword, hash);
    assert!(owner(RESET).await.unwrap().is_some());

    // As it was found: the link came after the change had ended all links.
    let change = "UPDATE control.people SET email = 'ana@new.example'";
    database.owner().await.execute(change, &[]).await.unwrap();

    assert!(owner(RESET).await.unwrap().is_none());
    assert!(tenancy.reset_password(RESET, "a hash", "192.0.2.7", &[]).await.unwrap().is_none());
    assert_eq!(tenancy.person(before.id).await.unwrap().unwrap().password_hash, before.password_hash);
    assert_eq!(reset_link(&tenancy, &before, [2; 32]).await, Posted::Outdated);
}

/// The link is made while the change of the address is in the middle of its transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_waits_for_the_change_of_address_that_is_under_way_and_is_not_sent() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let before = ana(&tenancy).await;
    let confirm = NewLink {
        purpose: LinkPurpose::ConfirmEmail,
        hash: [9; 32],
        email: "ana@new.example".to_owned(),
        lifetime: Duration::hours(24),
    };
    let post = Post { links: vec![confirm], mails: Vec::new() };
    assert_eq!(tenancy.post(&before, &post, 5).await.unwrap(), Posted::Sent);
    let (mut stop, watcher) = (database.owner().await, database.owner().await);

    let held = stop.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE control.memberships IN SHARE MODE").await.unwrap();
    let confirming = tokio::spawn({
        let tenancy = tenancy.clone();
        async move { tenancy.confirm_email([9; 32], |_, _| Vec::new()).await }
    });
    wait_for_blocked(&watcher, 1).await;
    let asking = tokio::spawn({
        let (tenancy, before) = (tenancy.clone(), before.clone());
        async move { reset_link(&tenancy, &before, RESET).await }
    });
    wait_for_blocked(&watcher, 2).await;
    held.commit().await.unwrap();

    assert_eq!(confirming.await.unwrap().unwrap(), before.id);
    assert_eq!(asking.await.unwrap(), Posted::Outdated);
    assert!(tenancy.link_owner(LinkPurpose::ResetPassword, RESET).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_the_link_away_that_its_owner_holds() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ana = ana(&tenancy).await;
    let asking = (0..20_u8).map(|at| {
        let (tenancy, ana) = (tenancy.clone(), ana.clone());
        tokio::spawn(async move { (at, reset_link(&tenancy, &ana, [at; 32]).await) })
    });
    let asked: Vec<_> = futures::future::join_all(asking).await.into_iter().map(Result::unwrap).collect();
    let sent: Vec<u8> = asked.iter().filter(|(_, posted)| *posted == Posted::Sent).map(|(at, _)| *at).collect();
    assert_eq!(sent.len(), 5);
    for at in sent {
        assert!(tenancy.link_owner(LinkPurpose::ResetPassword, [at; 32]).await.unwrap().is_some());
    }

    // When the first of them is over, there is room for another.
    let owner = database.owner().await;
    owner.execute("UPDATE control.mails SET created_at = created_at - interval '31 minutes'", &[]).await.unwrap();
    assert_eq!(reset_link(&tenancy, &ana, [99; 32]).await, Posted::Sent);
}
