//! What compiled plans answer, compared with an interpreter that follows the language's specification.

use std::{cell::RefCell, collections::BTreeSet};

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

#[test]
fn wrong_arguments_are_told_of_where_they_stand_however_deep() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (app, client, world) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.sign_up("ana").await;
        let world = World::create(&client, 3).await;
        (app, client, world)
    });
    let told = RefCell::new(BTreeSet::new());
    for_tapes(400, 400, |tape| {
        let document = document::with_wrong_arguments(tape, &world, 30);
        let (query, variables) = (document.write(), document.variables.given());
        let wrong = interpret::wrong_arguments(&world, &document);
        let answer = runtime.block_on(client.graphql(&query, variables.clone()));
        let failed = |why: &str| Err(format!("{why}\n{query}\n\nvariables {variables}\n\n{}", answer.body));
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        let mut places = Vec::new();
        for error in &errors {
            let path: Vec<String> = serde_json::from_value(error["path"].clone()).unwrap_or_default();
            let argument = error["extensions"]["argument"].as_str().unwrap_or_default();
            if answer.code() != "BAD_USER_INPUT"
                || !wrong.iter().any(|known| (&*known.0, known.1) == (&*path, argument))
            {
                return failed("nothing is wrong there");
            }
            if wrong.iter().any(|known| path.len() > known.0.len() && path.starts_with(&known.0)) {
                return failed("there is a wrong one on the way");
            }
            told.borrow_mut().insert((path.len(), argument.to_owned()));
            places.push(path);
        }
        let at_the_root = wrong.iter().filter(|(path, argument)| path.len() == 1 && !argument.starts_with("filter"));
        for (path, _) in at_the_root {
            if !places.contains(path) {
                return failed("a wrong argument at the root is not told of");
            }
        }
        Ok(())
    });
    let told = told.into_inner();
    assert!(told.iter().any(|(depth, _)| *depth > 4) && told.len() > 15, "{told:?}");
    drop(app);
}

async fn ask(client: &Client, query: &str, variables: &Value) -> Result<Value, String> {
    let answer = client.graphql(query, variables.clone()).await;
    match answer.body.get("errors") {
        None => Ok(answer.body["data"].clone()),
        Some(errors) => Err(format!("{query}\n\nvariables {variables}\n\nanswered {errors}")),
    }
}
