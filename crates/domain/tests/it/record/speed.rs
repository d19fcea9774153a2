use rapport_domain::rights::View;
use std::time::Instant;

use rapport_domain::record::{self, Mode, Outcome};
use serde_json::json;

use super::support::{Workspace, map, maps, origin};

/// Not a check: prints what an import's inner loop does in a second. Run by hand, built for speed.
#[tokio::test]
#[ignore = "prints a measure; see docs"]
async fn how_many_contacts_a_second() {
    let workspace = Workspace::new().await;
    let companies: Vec<_> = (0..100).map(|n| json!({ "name": format!("Company {n}") })).collect();
    let companies = workspace.create_all("Company", &companies, Mode::Atomic).await;
    let contact = workspace.object("Contact");
    for size in [1, 100, 1_000, 5_000] {
        let rounds = (20_000 / size).min(500);
        let inputs = |round: usize| -> Vec<_> {
            (0..size)
                .map(|n| {
                    json!({
                        "externalId": format!("{size}-{round}-{n}"), "firstName": "Lena", "lastName": format!("Ortiz {n}"),
                        "email": format!("lena.{round}.{n}@example.com"), "phone": "+49 30 1234567", "companyId": companies[n % 100].id, "status": "LEAD",
                    })
                })
                .collect()
        };
        let batches: Vec<_> = (0..rounds).map(|round| maps(&inputs(round))).collect();
        let start = Instant::now();
        for batch in &batches {
            let tx = workspace.begin().await;
            let results =
                record::create(&tx, View::of_system(&workspace.catalog), contact, batch, Mode::Atomic, &origin())
                    .await
                    .unwrap();
            assert!(results.iter().all(|row| row.outcome == Outcome::Created));
            tx.commit().await.unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("create, batches of {size}: {:.0} contacts/s", (rounds * size) as f64 / seconds);
        let start = Instant::now();
        for batch in batches.iter().take(20) {
            let tx = workspace.begin().await;
            record::upsert(
                &tx,
                View::of_system(&workspace.catalog),
                contact,
                batch,
                &["externalId"],
                Mode::Partial,
                &origin(),
            )
            .await
            .unwrap();
            tx.commit().await.unwrap();
        }
        println!("upsert unchanged: {:.0} contacts/s", (rounds.min(20) * size) as f64 / start.elapsed().as_secs_f64());
    }
    let id = workspace.made("Contact", json!({ "lastName": "Ortiz" })).await;
    let start = Instant::now();
    for n in 0..500 {
        let tx = workspace.begin().await;
        record::update(
            &tx,
            View::of_system(&workspace.catalog),
            contact,
            id,
            &map(&json!({ "title": format!("{n}") })),
            None,
            &origin(),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
    println!("update: {:.0} contacts/s", 500.0 / start.elapsed().as_secs_f64());
}
