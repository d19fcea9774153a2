//! What compiled plans answer, compared with an interpreter that follows the language's specification.

use serde_json::Value;

use crate::{
    oracle::{document, interpret, world::World},
    support::{Client, TestApp, for_tapes},
};

#[test]
fn plans_answer_what_the_specification_says() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (app, clients) = runtime.block_on(async {
        let app = TestApp::start().await;
        let mut worlds = Vec::new();
        for (seed, name) in [(1, "ana"), (2, "ben")] {
            let client = app.sign_up(name).await;
            let world = World::create(&client, seed).await;
            worlds.push((client, world));
        }
        (app, worlds)
    });
    for_tapes(800, 400, |tape| {
        let (client, world) = &clients[tape.below(2)];
        let mut document = document::random(tape, world);
        // The same document asks for something else where its conditions differ.
        for _ in 0..3 {
            let wanted = interpret::answer(world, &document);
            let (query, variables) = (document.write(), document.variables.given());
            let got = runtime.block_on(ask(client, &query, &variables))?;
            if !interpret::same(&wanted, &got) {
                return Err(format!("{query}\n\nvariables {variables}\n\nwanted {wanted}\n\ngot    {got}"));
            }
            if !document.reconsider(tape) {
                break;
            }
        }
        Ok(())
    });
    drop(app);
}

async fn ask(client: &Client, query: &str, variables: &Value) -> Result<Value, String> {
    let answer = client.graphql(query, variables.clone()).await;
    match answer.body.get("errors") {
        None => Ok(answer.body["data"].clone()),
        Some(errors) => Err(format!("{query}\n\nvariables {variables}\n\nanswered {errors}")),
    }
}
