//! What the binary logs of encrypted fields, at its most talkative.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rapport_tenancy::testing::MASTER_KEY;
use serde_json::{Value, json};

use super::{create, define};
use crate::support::{TestApp, schema_of};

/// A `rapport serve`, and what it said so far.
struct Serve {
    child: Child,
    said: Arc<Mutex<String>>,
    _data: tempfile::TempDir,
}

impl Serve {
    fn start(app: &TestApp) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut command = crate::command::rapport(data.path());
        command.env("RAPPORT_DATABASE_URL", app.database.url()).env("RAPPORT_MASTER_KEY", MASTER_KEY);
        command.env("RAPPORT_LOG", "debug").arg("serve").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let into = said.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *into.lock().expect("text") += &(line + "\n");
            }
        });
        Self { child, said, _data: data }
    }

    fn said(&self) -> String {
        self.said.lock().expect("text").clone()
    }

    async fn url(&self) -> String {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let said = self.said();
            if let Some((_, rest)) = said.split_once("serving on ") {
                return rest.split_whitespace().next().expect("a URL").to_owned();
            }
            assert!(Instant::now() < until, "it does not serve: {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_ever_logged() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT, unique: true").await;
    define(&ana, "born", "type: DATE").await;
    let serve = Serve::start(&app);
    let body = json!({"email": "ana@example.com", "password": crate::support::PASSWORD});
    let session = reqwest::Client::new().post(format!("{}/auth/sign-in", serve.url().await)).json(&body).send().await;
    let session: Value = session.expect("an answer").json().await.expect("JSON");
    let there = app.client(&session).at(&serve.url().await);

    let ids = create(&there, json!([{"lastName": "One", "pin": "Zanzibar", "born": "1931-07-23"}])).await;
    for (query, variables) in [
        ("{ contacts(filter: {pin: {in: [\"Zanzibar\"]}}) { nodes { pin born } } }", Value::Null),
        ("query($pin: String) { contacts(filter: {pin: {eq: $pin}}) { totalCount } }", json!({"pin": "Zanzibar"})),
        ("query($day: Date) { contacts(filter: {born: {eq: $day}}) { totalCount } }", json!({"day": "1931-07-99"})),
        (
            "mutation { createContact(input: {lastName: \"Two\", pin: \"Zanzibar\"}) { userErrors { code } } }",
            Value::Null,
        ),
        (
            "mutation { createContact(input: {lastName: \"Two\", born: \"1931-07-98\"}) { userErrors { code } } }",
            Value::Null,
        ),
    ] {
        there.graphql(query, variables).await;
    }
    let damage = format!(
        "UPDATE {}.contact SET custom = jsonb_set(custom, '{{pin,c}}', to_jsonb(left(custom->'pin'->>'c', 24)))",
        schema_of(&ana)
    );
    app.sql(&damage).await.expect("damaged");
    assert_eq!(there.graphql("{ contacts { nodes { pin born } } }", Value::Null).await.code(), "UNREADABLE");

    let until = Instant::now() + Duration::from_mins(1);
    while !serve.said().contains("An encrypted value cannot be read") {
        assert!(Instant::now() < until, "nothing is logged: {}", serve.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = serve.said();
    assert!(said.contains(&ids[0]), "{said}");
    for secret in ["Zanzibar", "1931-07", MASTER_KEY.split(':').next_back().expect("a key")] {
        assert!(!said.contains(secret), "{secret} is logged: {said}");
    }
}
