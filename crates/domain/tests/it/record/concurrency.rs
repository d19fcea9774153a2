use futures::future::join_all;
use rapport_domain::record::{self, Mode, Outcome};
use rapport_domain::rights::View;
use serde_json::json;

use super::support::{Workspace, map, maps, origin, refusals};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_one_new_value_make_one_record() {
    let mut workspace = Workspace::new().await;
    workspace.define("Product", json!({ "name": "ean", "type": "TEXT", "unique": true })).await;
    for field in ["externalId", "code", "ean"] {
        let input = json!({ "name": "Ball", field: "x" });
        let results = join_all((0..16).map(|_| workspace.create("Product", input.clone()))).await;
        let created = results.iter().filter(|row| row.outcome == Outcome::Created).count();
        assert_eq!(created, 1, "{field}");
        let refused = results.iter().filter(|row| row.outcome != Outcome::Created);
        refused.for_each(|row| assert_eq!(refusals(row), [format!("DUPLICATE {field}")]));
    }
    assert_eq!((workspace.count("product").await, workspace.count("event WHERE object <> 'User'").await), (3, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_updates_to_one_new_value_give_it_to_one_record() {
    let mut workspace = Workspace::new().await;
    workspace.define("Product", json!({ "name": "ean", "type": "TEXT", "unique": true })).await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(workspace.made("Product", json!({ "name": format!("Ball {n}") })).await);
    }
    for field in ["externalId", "code", "ean"] {
        let results = join_all(ids.iter().map(|id| workspace.update("Product", *id, json!({ field: "x" })))).await;
        let updated = results.iter().filter(|row| row.outcome == Outcome::Updated).count();
        assert_eq!(updated, 1, "{field}");
        let refused = results.iter().filter(|row| row.outcome != Outcome::Updated);
        refused.for_each(|row| assert_eq!(refusals(row), [format!("DUPLICATE {field}")]));
    }
    assert_eq!(workspace.count("event WHERE type = 'product.updated'").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_with_the_same_keys_in_any_order_do_not_lock_each_other_out() {
    let workspace = Workspace::new().await;
    let inputs: Vec<_> = (0..200).map(|n| json!({ "name": "Acme", "externalId": format!("c{n}") })).collect();
    let mut backwards = inputs.clone();
    backwards.reverse();
    let both = [inputs, backwards];
    let results = join_all((0..8).map(|n| workspace.create_all("Company", &both[n % 2], Mode::Partial))).await;
    let created = results.iter().flatten().filter(|row| row.outcome == Outcome::Created).count();
    assert_eq!(created, 200);
    assert_eq!((workspace.count("company").await, workspace.count("event WHERE object <> 'User'").await), (200, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn upserts_of_one_key_at_the_same_time_make_one_record() {
    let workspace = Workspace::new().await;
    for (key, field) in [("e", "externalId"), ("n", "lastName")] {
        let inputs = [json!({ "lastName": "Ortiz", field: key, "title": "CEO" })];
        let fields = [field];
        let upserts = join_all((0..8).map(|_| workspace.upsert("Contact", &inputs, &fields, Mode::Atomic)));
        let (upserts, created) =
            tokio::join!(upserts, workspace.create("Contact", json!({ "lastName": "Other", "externalId": "e" })));
        assert!(upserts.iter().flatten().all(|row| row.outcome != Outcome::Refused), "{upserts:?}");
        assert!(created.outcome == Outcome::Created || refusals(&created) == ["DUPLICATE externalId"]);
        assert_eq!(workspace.count(&format!("contact WHERE '{key}' IN (external_id, last_name)")).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_one_of_many_who_saw_the_same_version_writes() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Company", json!({ "name": "Acme" })).await;
    for version in 1..6 {
        let write =
            |n: i32| workspace.update_if("Company", id, json!({ "name": format!("{version}-{n}") }), Some(version));
        let results = join_all((0..8).map(write)).await;
        let updated = results.iter().filter(|row| row.as_ref().unwrap().outcome == Outcome::Updated).count();
        assert_eq!(updated, 1);
    }
    assert_eq!(workspace.row("Company", id).await["version"], 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_different_fields_at_the_same_time_are_all_kept() {
    let mut workspace = Workspace::new().await;
    for n in 0..8 {
        workspace.define("Company", json!({ "name": format!("f{n}"), "type": "NUMBER" })).await;
    }
    let id = workspace.made("Company", json!({ "name": "Acme" })).await;
    let results = join_all((0..8).map(|n| workspace.update("Company", id, json!({ format!("f{n}"): n })))).await;
    assert!(results.iter().all(|row| row.outcome == Outcome::Updated));
    assert_eq!(workspace.row("Company", id).await["custom"].as_object().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_new_points_to_what_is_deleted_at_the_same_time() {
    let workspace = Workspace::new().await;
    for _ in 0..10 {
        let company = workspace.made("Company", json!({ "name": "Acme" })).await;
        let create = async {
            let tx = workspace.begin().await;
            let input = maps(&[json!({ "lastName": "Ortiz", "companyId": company })]);
            let results = record::create(
                &tx,
                View::of_system(&workspace.catalog),
                workspace.object("Contact"),
                &input,
                Mode::Atomic,
                &origin(),
            )
            .await
            .unwrap();
            let outcome = results[0].outcome;
            // The delete waits for this transaction, or was first.
            let deleted = workspace.row("Company", company).await["deleted_at"].is_string();
            assert_eq!(outcome == Outcome::Created, !deleted);
            if outcome == Outcome::Created { tx.commit().await.unwrap() } else { tx.rollback().await }
        };
        tokio::join!(create, workspace.delete("Company", company));
    }
}

#[tokio::test]
async fn a_write_that_is_rolled_back_leaves_nothing() {
    let workspace = Workspace::new().await;
    let tx = workspace.begin().await;
    let input = [map(&json!({ "name": "Acme" }))];
    record::create(
        &tx,
        View::of_system(&workspace.catalog),
        workspace.object("Company"),
        &input,
        Mode::Atomic,
        &origin(),
    )
    .await
    .unwrap();
    tx.rollback().await;
    assert_eq!(workspace.count("company").await + workspace.count("event WHERE object <> 'User'").await, 0);
}
