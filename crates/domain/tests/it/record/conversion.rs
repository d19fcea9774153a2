//! Conversions step by step: with writers in between, and cut off anywhere.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use rapport_domain::{
    catalog::{
        Catalogs,
        registry::{
            self,
            conversion::{self, Conversion, OnFailure, State, Step, Worker},
        },
    },
    import,
    record::{Origin, Outcome},
};
use rapport_tenancy::DbError;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::support::{Workspace, map};

impl Workspace {
    async fn start(&mut self, name: &str, input: Json, on_failure: OnFailure) -> Uuid {
        let tx = self.begin().await;
        let answer =
            conversion::start(&tx, &Origin::default(), "Contact", name, &map(&input), on_failure).await.unwrap();
        assert_eq!(answer.user_errors, [], "{input}");
        tx.commit().await.unwrap();
        self.look().await;
        answer.conversion.unwrap()
    }

    async fn refused(&self, name: &str, input: Json) -> String {
        let tx = self.begin().await;
        let answer =
            conversion::start(&tx, &Origin::default(), "Contact", name, &map(&input), OnFailure::Refuse).await.unwrap();
        tx.rollback().await;
        answer.user_errors.iter().map(|e| format!("{} {}", e.code, e.field.join("."))).collect::<Vec<_>>().join(", ")
    }

    fn worker(&self) -> Worker<'_> {
        Worker { db: &self.db, settle: Duration::ZERO }
    }

    /// A step that was one: waiting is none.
    async fn step(&self) -> Step {
        loop {
            match self.worker().step().await.unwrap() {
                Step::Wait(_) => tokio::time::sleep(Duration::from_millis(2)).await,
                step => return step,
            }
        }
    }

    async fn run(&mut self) {
        while self.step().await != Step::Idle {}
        self.look().await;
    }

    async fn standing(&self, id: Uuid) -> Conversion {
        conversion::find(&self.db.session().await.unwrap(), id).await.unwrap().unwrap()
    }

    /// What a record has under keys of its own.
    async fn custom(&self, id: Uuid) -> Json {
        self.row("Contact", id).await["custom"].clone()
    }

    async fn with(&self, name: &str, value: Json) -> Uuid {
        self.made("Contact", json!({ "lastName": "x", name: value })).await
    }

    async fn failures(&self, id: Uuid) -> Vec<(Uuid, String, String)> {
        let session = self.db.session().await.unwrap();
        let left = conversion::failures(&session, id, 100, None).await.unwrap().unwrap();
        left.into_iter().map(|left| (left.record, left.value, left.code)).collect()
    }

    /// The type of a field and the options of a select.
    fn shape(&self, name: &str) -> (String, Vec<String>) {
        let kind = &self.object("Contact").field(name).unwrap().kind;
        let choices = kind.choices().map(|choices| choices.0.iter().map(|choice| choice.value.to_string()).collect());
        (kind.type_name().to_owned(), choices.unwrap_or_default())
    }
}

#[tokio::test]
async fn values_of_each_type_become_those_of_another() {
    let mut workspace = Workspace::new().await;
    let options = json!([{ "value": "COLD_CALL", "label": "Cold call" }, { "value": "WEB" }]);
    let cases = [
        (json!({ "type": "TEXT" }), json!({ "type": "NUMBER" }), json!("12.5"), json!(12.5)),
        (json!({ "type": "NUMBER" }), json!({ "type": "TEXT" }), json!(12.5), json!("12.5")),
        (json!({ "type": "NUMBER" }), json!({ "type": "TEXT" }), json!(12), json!("12")),
        (
            json!({ "type": "SELECT", "options": options }),
            json!({ "type": "TEXT" }),
            json!("COLD_CALL"),
            json!("Cold call"),
        ),
        (
            json!({ "type": "TEXT" }),
            json!({ "type": "SELECT", "options": options }),
            json!("cold call"),
            json!("COLD_CALL"),
        ),
        (
            json!({ "type": "TEXT" }),
            json!({ "type": "SELECT", "optionsFromValues": true }),
            json!("Real estate"),
            json!("REAL_ESTATE"),
        ),
        (
            json!({ "type": "TEXT" }),
            json!({ "type": "MULTI_SELECT", "optionsFromValues": true }),
            json!("b;a; b"),
            json!(["A", "B"]),
        ),
        (
            json!({ "type": "SELECT", "options": options }),
            json!({ "type": "MULTI_SELECT" }),
            json!("WEB"),
            json!(["WEB"]),
        ),
        (
            json!({ "type": "DATE" }),
            json!({ "type": "DATE_TIME" }),
            json!("2026-01-31"),
            json!("2026-01-31T00:00:00.000000Z"),
        ),
        (json!({ "type": "TEXT" }), json!({ "type": "EMAIL" }), json!("ana@Example.COM"), json!("ana@example.com")),
        (
            json!({ "type": "TEXT" }),
            json!({ "type": "PHONE", "region": "DE" }),
            json!("030 1234567"),
            json!("+49301234567"),
        ),
        (json!({ "type": "TEXT" }), json!({ "type": "BOOLEAN" }), json!("true"), json!(true)),
    ];
    for (at, (define, input, value, converted)) in cases.into_iter().enumerate() {
        let name = format!("field{at}");
        let mut define = define;
        define["name"] = json!(name);
        workspace.define("Contact", define).await;
        let (record, binned) = (workspace.with(&name, value.clone()).await, workspace.with(&name, value.clone()).await);
        workspace.delete("Contact", binned).await;
        let (before, events) = (workspace.row("Contact", record).await, workspace.events(record).await.len());
        let id = workspace.start(&name, input.clone(), OnFailure::Refuse).await;
        workspace.run().await;
        let done = workspace.standing(id).await;
        assert_eq!((done.state, done.total, done.done, done.failed), (State::Done, 2, 2, 0), "{input}");
        assert!(done.finished_at.is_some());
        let key = format!("{name}_2");
        assert_eq!(workspace.shape(&name).0, input["type"].as_str().unwrap());
        let after = workspace.row("Contact", record).await;
        assert_eq!(after["custom"], json!({ &key: converted }), "{value} {input}");
        assert_eq!(workspace.custom(binned).await, json!({ &key: converted }));
        // What a record says is the same: neither its version nor its log has more.
        assert_eq!((&after["version"], &after["updated_at"]), (&before["version"], &before["updated_at"]));
        assert_eq!(workspace.events(record).await.len(), events);
    }
}

#[tokio::test]
async fn a_value_that_is_written_at_any_time_is_the_one_that_counts() {
    let mut workspace = Workspace::new().await;
    for at in 0.. {
        let name = format!("field{at}");
        workspace.define("Contact", json!({ "name": name, "type": "TEXT" })).await;
        let knows_nothing = workspace.catalog.clone();
        let (kept, changed, cleared) = (
            workspace.with(&name, json!("1")).await,
            workspace.with(&name, json!("2")).await,
            workspace.with(&name, json!("3")).await,
        );
        let (late, gone) = (workspace.with(&name, json!("4")).await, workspace.with(&name, json!("no number")).await);
        let id = workspace.start(&name, json!({ "type": "NUMBER" }), OnFailure::Refuse).await;
        let knows_the_old = workspace.catalog.clone();
        workspace.update("Contact", gone, json!({ &name: "5" })).await;
        let mut steps = 0;
        while steps < at && workspace.step().await != Step::Idle {
            steps += 1;
            // What other fields left is swept out at any time.
            registry::sweep(&workspace.db).await.unwrap();
        }
        workspace.look().await;
        let number = workspace.shape(&name).0 == "NUMBER";
        let value = |n: i32| if number { json!(n) } else { json!(n.to_string()) };
        workspace.update("Contact", changed, json!({ &name: value(20) })).await;
        workspace.update("Contact", cleared, json!({ &name: null })).await;
        let created = workspace.with(&name, value(60)).await;
        // Nodes that have not heard of the last change yet.
        let late_value = match workspace.standing(id).await.state {
            State::Preparing => Some(knows_nothing),
            State::Copying | State::Settling => Some(knows_the_old),
            _ => None,
        };
        let expected = if let Some(catalog) = late_value {
            let now = std::mem::replace(&mut workspace.catalog, catalog);
            let written = workspace.update("Contact", late, json!({ &name: "40" })).await;
            assert_eq!(written.outcome, Outcome::Updated);
            workspace.catalog = now;
            40
        } else {
            4
        };
        workspace.run().await;
        assert_eq!(workspace.standing(id).await.state, State::Done);
        let key = format!("{name}_2");
        for (record, value) in [(kept, 1), (changed, 20), (late, expected), (gone, 5), (created, 60)] {
            assert_eq!(workspace.custom(record).await, json!({ &key: value }), "after {at} steps");
        }
        assert_eq!(workspace.custom(cleared).await, json!({}), "after {at} steps");
        if steps < at {
            assert!(at > 6, "{at} steps are all");
            return;
        }
    }
}

/// Drives a step until it was polled so often, and drops it then.
async fn cut_off(worker: &Worker<'_>, polls: usize) -> Option<Result<Step, DbError>> {
    let mut step = pin!(worker.step());
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        step.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_conversion_that_is_cut_off_anywhere_goes_on() {
    let mut workspace = Workspace::new().await;
    for (at, on_failure) in [(0, OnFailure::KeepOut), (1, OnFailure::Refuse)] {
        let name = format!("field{at}");
        workspace.define("Contact", json!({ "name": name, "type": "TEXT" })).await;
        let mut records = Vec::new();
        for value in ["1", "two", "3", " ", "five"] {
            records.push(workspace.with(&name, json!(value)).await);
        }
        let id = workspace.start(&name, json!({ "type": "RATING" }), on_failure).await;
        assert_eq!(workspace.refused(&name, json!({ "type": "DATE" })).await, "CONFLICT name");
        let mut polls = 1;
        loop {
            match cut_off(&workspace.worker(), polls).await {
                Some(Ok(Step::Idle)) => break,
                Some(Ok(_)) => polls = 1,
                // A connection that was in the middle of something may be settled still.
                Some(Err(_)) | None => polls += 1,
            }
        }
        workspace.look().await;
        let ended = workspace.standing(id).await;
        assert_eq!((ended.total, ended.done, ended.failed), (5, 3, 2));
        let failures = workspace.failures(id).await;
        let expected = [(records[1], "two"), (records[4], "five")]
            .map(|(id, value)| (id, value.to_owned(), "INVALID_VALUE".to_owned()));
        assert_eq!(failures, expected);
        let customs = async |workspace: &Workspace| {
            let mut customs = Vec::new();
            for record in &records {
                customs.push(workspace.custom(*record).await);
            }
            customs
        };
        if on_failure == OnFailure::KeepOut {
            assert_eq!((ended.state, workspace.shape(&name).0.as_str()), (State::Done, "RATING"));
            assert_eq!(
                customs(&workspace).await,
                [json!({"field0_2": 1}), json!({}), json!({"field0_2": 3}), json!({}), json!({})]
            );
        } else {
            assert_eq!((ended.state, workspace.shape(&name).0.as_str()), (State::Failed, "TEXT"));
            assert_eq!(ended.problem.as_deref(), Some("2 records have values that do not convert."));
            let untouched = ["1", "two", "3", " ", "five"].map(|value| json!({ "field1": value }));
            assert_eq!(customs(&workspace).await, untouched);
        }
        assert_eq!(workspace.object("Contact").field(&name).unwrap().shadow, None);
    }
}

#[tokio::test]
async fn a_conversion_that_is_stopped_leaves_the_field_as_it_was() {
    let mut workspace = Workspace::new().await;
    for at in 0.. {
        let name = format!("field{at}");
        workspace.define("Contact", json!({ "name": name, "type": "TEXT" })).await;
        let record = workspace.with(&name, json!("1")).await;
        let id = workspace.start(&name, json!({ "type": "NUMBER" }), OnFailure::Refuse).await;
        for _ in 0..at {
            workspace.step().await;
        }
        let is_free = workspace.standing(id).await.state.is_before_the_flip();
        let tx = workspace.begin().await;
        let answer = conversion::cancel(&tx, &Origin::default(), id).await.unwrap();
        tx.commit().await.unwrap();
        workspace.run().await;
        if !is_free {
            assert_eq!(answer.user_errors[0].code, "CONFLICT");
            assert_eq!(workspace.shape(&name).0, "NUMBER");
            return;
        }
        assert_eq!(answer.user_errors, []);
        assert_eq!(workspace.standing(id).await.state, State::Cancelled);
        assert_eq!(
            (workspace.shape(&name).0.as_str(), workspace.custom(record).await),
            ("TEXT", json!({ &name: "1" }))
        );
        // The key that was written to is never used again.
        workspace.start(&name, json!({ "type": "NUMBER" }), OnFailure::Refuse).await;
        workspace.run().await;
        assert_eq!(workspace.custom(record).await, json!({ format!("{name}_3"): 1 }));
    }
}

#[tokio::test]
async fn a_unique_value_stays_with_the_first_record() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "number", "type": "TEXT", "unique": true })).await;
    let first = workspace.with("number", json!("1")).await;
    let second = workspace.with("number", json!("1.0")).await;
    let third = workspace.with("number", json!("2")).await;
    let binned = workspace.with("number", json!("01.00")).await;
    workspace.delete("Contact", binned).await;
    let tx = workspace.begin().await;
    let input = map(&json!({ "type": "NUMBER" }));
    let preview = conversion::preview(&tx, "Contact", "number", &input, 10).await.unwrap();
    tx.rollback().await;
    assert_eq!((preview.total, preview.convertible, preview.failing), (4, 3, 1));
    assert_eq!((preview.failures[0].record, preview.failures[0].code), (second, "DUPLICATE"));
    let id = workspace.start("number", json!({ "type": "NUMBER" }), OnFailure::KeepOut).await;
    workspace.run().await;
    assert_eq!(workspace.failures(id).await, [(second, "1.0".to_owned(), "DUPLICATE".to_owned())]);
    assert_eq!(workspace.custom(first).await, json!({ "number_2": 1 }));
    assert_eq!(workspace.custom(third).await, json!({ "number_2": 2 }));
    assert_eq!(workspace.custom(binned).await, json!({ "number_2": 1 }));
    assert_eq!(workspace.create("Contact", json!({ "lastName": "x", "number": 2 })).await.outcome, Outcome::Refused);
}

#[tokio::test]
async fn a_type_that_does_not_fit_the_field_is_refused() {
    let mut workspace = Workspace::new().await;
    let options = json!([{ "value": "A" }]);
    for field in [
        json!({ "name": "code", "type": "TEXT", "unique": true }),
        json!({ "name": "note", "type": "TEXT", "searchable": true }),
        json!({ "name": "size", "type": "TEXT", "default": "large" }),
        json!({ "name": "rank", "type": "TEXT", "default": "3" }),
        json!({ "name": "friend", "type": "RELATION", "target": "Contact" }),
        json!({ "name": "plain", "type": "TEXT" }),
    ] {
        workspace.define("Contact", field).await;
    }
    for (name, input, refusal) in [
        ("code", json!({ "type": "SELECT", "options": options }), "INVALID_VALUE input.type"),
        ("note", json!({ "type": "NUMBER" }), "INVALID_VALUE input.type"),
        ("size", json!({ "type": "NUMBER" }), "INVALID_VALUE input.type"),
        ("friend", json!({ "type": "TEXT" }), "UNSUPPORTED_TYPE name"),
        ("plain", json!({ "type": "RELATION" }), "UNSUPPORTED_TYPE input.type"),
        ("plain", json!({ "type": "TEXT" }), "INVALID_VALUE input.type"),
        ("plain", json!({ "type": "SELECT" }), "REQUIRED input.options"),
        ("plain", json!({ "type": "SELECT", "optionsFromValues": true }), "REQUIRED input.optionsFromValues"),
        ("plain", json!({ "type": "NUMBER", "options": options }), "INVALID_VALUE input.options"),
        ("email", json!({ "type": "TEXT" }), "READ_ONLY name"),
        ("nothing", json!({ "type": "TEXT" }), "NOT_FOUND name"),
    ] {
        assert_eq!(workspace.refused(name, input.clone()).await, refusal, "{name} {input}");
    }
    let tx = workspace.begin().await;
    let answer =
        registry::update_field(&tx, &Origin::default(), "Contact", "plain", &map(&json!({ "type": "NUMBER" })), None)
            .await
            .unwrap();
    tx.rollback().await;
    assert_eq!(answer.user_errors[0].code, "READ_ONLY");
    assert!(answer.user_errors[0].message.contains("convertField"));
    // A default goes along.
    workspace.start("rank", json!({ "type": "RATING" }), OnFailure::Refuse).await;
    workspace.run().await;
    let made = workspace.made("Contact", json!({ "lastName": "x" })).await;
    assert_eq!(workspace.custom(made).await, json!({ "rank_2": 3, "size": "large" }));
}

#[tokio::test]
async fn more_values_than_a_select_has_options_are_refused() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "city", "type": "TEXT" })).await;
    let inputs: Vec<Json> = (0..201).map(|n| json!({ "lastName": "x", "city": format!("City {n}") })).collect();
    workspace.create_all("Contact", &inputs, rapport_domain::record::Mode::Atomic).await;
    let input = json!({ "type": "SELECT", "optionsFromValues": true });
    assert_eq!(workspace.refused("city", input).await, "LIMIT_REACHED input.optionsFromValues");
}

#[tokio::test]
async fn a_field_that_names_records_names_them_afterwards() {
    let mut workspace = Workspace::new().await;
    let tx = workspace.begin().await;
    let object = map(&json!({ "name": "Membership", "plural": "memberships" }));
    let answer = registry::create_object(&tx, &Origin::default(), &object, &|_| None).await.unwrap();
    assert_eq!(answer.user_errors, []);
    tx.commit().await.unwrap();
    workspace.look().await;
    let record = workspace.made("Membership", json!({ "name": "ana@example.com" })).await;
    let tx = workspace.begin().await;
    let input = map(&json!({ "type": "EMAIL" }));
    let answer =
        conversion::start(&tx, &Origin::default(), "Membership", "name", &input, OnFailure::Refuse).await.unwrap();
    assert_eq!(answer.user_errors, []);
    let refused =
        registry::archive_object(&tx, &Origin::default(), "Membership", registry::OnUse::Cascade).await.unwrap();
    assert_eq!(refused.user_errors[0].code, "CONFLICT");
    tx.commit().await.unwrap();
    workspace.run().await;
    assert_eq!(&*workspace.object("Membership").name_field, "name");
    assert_eq!(workspace.row("Membership", record).await["custom"], json!({ "name_2": "ana@example.com" }));
}

struct Nobody;

impl import::Observer for Nobody {}

#[tokio::test]
async fn an_import_and_a_conversion_wait_for_each_other() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "score", "type": "TEXT" })).await;
    let run = async |workspace: &Workspace| {
        let mapping = "[[step]]\nfile = \"a.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n[step.columns]\nlastName = \"name\"\nexternalId = \"key\"\nscore = \"score\"\n";
        let files = import::Files::given([("a.csv".to_owned(), "name;key;score\nOrtiz;1;7\n".into())]);
        let request = import::Request {
            name: "m.toml".into(),
            mapping: mapping.into(),
            files,
            dry_run: false,
            origin: Origin::default(),
        };
        import::run(&workspace.db, &Catalogs::default(), request, &mut Nobody).await.unwrap()
    };
    let tx = workspace.begin().await;
    let running = format!(
        "INSERT INTO {}.import (id, state, dry_run, fingerprint, files, rows_total) VALUES (gen_random_uuid(), 'RUNNING', false, '', '{{}}', 1)",
        tx.scope().schema()
    );
    tx.execute(&running, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(workspace.refused("score", json!({ "type": "NUMBER" })).await, "CONFLICT name");
    let tx = workspace.begin().await;
    let gone = format!("UPDATE {}.import SET seen_at = now() - interval '1 hour'", tx.scope().schema());
    tx.execute(&gone, &[]).await.unwrap();
    tx.commit().await.unwrap();

    workspace.start("score", json!({ "type": "NUMBER" }), OnFailure::Refuse).await;
    let stopped = run(&workspace).await;
    assert_eq!((stopped.state, stopped.report.stopped.unwrap().code.as_ref()), (import::State::Failed, "CONFLICT"));
    workspace.run().await;
    assert_eq!(run(&workspace).await.state, import::State::Succeeded);
}
