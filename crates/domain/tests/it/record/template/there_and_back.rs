//! Any catalog that the registry takes is the same after it was a file.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};
use rapport_domain::catalog::{
    registry::{self, Answer, OnUse},
    template,
    types::{self, FieldType},
};
use rapport_domain::record::Origin;
use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Value as Json, json};

use crate::record::support::{Workspace, map};

const OBJECTS: [(&str, &str); 5] =
    [("Contact", ""), ("Company", ""), ("Horse", "horses"), ("Stable", "stables"), ("Race", "races")];

/// One change of the registry. Those that it refuses change nothing.
#[derive(Debug, Clone)]
enum Act {
    Create { object: usize, input: Json },
    Update { object: usize, name: String, input: Json },
    Name { object: usize, field: String },
    Label { object: usize, input: Json },
    Archive { object: usize, name: String },
    Delete { object: usize, name: String },
    ArchiveObject { object: usize },
    Arrange { object: usize, sections: Vec<Json> },
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{1,12}", "\\PC{1,20}", any::<String>()]
        .prop_map(|text| text.replace('\0', "").chars().take(60).collect())
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["name", "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"])
        .prop_map(str::to_owned)
}

fn options() -> impl Strategy<Value = Json> {
    let option = ("[A-D]", proptest::option::of(text()), proptest::option::of("[a-z]{3}"));
    vec(option.prop_map(|(value, label, color)| json!({ "value": value, "label": label, "color": color })), 1..4)
        .prop_map(Json::from)
}

fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((text(), inner), 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// A default that some type takes.
fn default() -> impl Strategy<Value = Json> {
    prop_oneof![
        anything(),
        text().prop_map(Json::from),
        (1..6_i32).prop_map(Json::from),
        (-1e6..1e6_f64).prop_map(Json::from),
        Just(json!("12.50")),
        Just(json!({ "value": "12.50", "currency": "EUR" })),
        Just(json!({ "city": "Porto", "country": "PT" })),
        Just(json!("2026-11-20")),
        Just(json!("2026-11-20T10:00:00Z")),
        Just(json!("A")),
        Just(json!(["A", "B"])),
        any::<bool>().prop_map(Json::from),
    ]
}

fn settings() -> impl Strategy<Value = Json> {
    let texts = (proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text()));
    let privacy = prop::sample::select(vec!["NONE", "PERSONAL", "SENSITIVE"]);
    // Not required: relations in a round that are, are for another test.
    (texts, any::<[bool; 3]>(), privacy, proptest::option::of(default())).prop_map(
        |((label, description, help), flags, privacy, default)| {
            let [filterable, restricted, unique] = flags;
            json!({
                "label": label.filter(|label| !label.trim().is_empty()),
                "description": description,
                "help": help,
                "filterable": filterable,
                "restricted": restricted,
                "unique": unique && default.is_none(),
                "privacy": privacy,
                "default": default,
            })
        },
    )
}

fn field() -> impl Strategy<Value = Json> {
    let relation = (0..OBJECTS.len(), proptest::option::of(name()), proptest::option::of("[a-z]{1,5}"));
    let of_type =
        prop::sample::select(types::all().map(FieldType::name).chain(["RELATION", "USER"]).collect::<Vec<_>>());
    (name(), of_type, settings(), options(), relation, any::<[bool; 2]>(), proptest::bool::weighted(0.1)).prop_map(
        |(name, of_type, mut input, options, (target, inverse, label), [required, searchable], encrypted)| {
            input["name"] = json!(name);
            input["type"] = json!(of_type);
            match of_type {
                "SELECT" | "MULTI_SELECT" => input["options"] = options,
                "RELATION" | "USER" => {
                    if of_type == "RELATION" {
                        input["target"] = json!(OBJECTS[target].0);
                    }
                    input["inverseLabel"] = json!(label.filter(|_| inverse.is_some()));
                    input["inverse"] = json!(inverse.map(|inverse| format!("{inverse}List")));
                    input["default"] = Json::Null;
                    input["unique"] = json!(false);
                }
                "PHONE" => input["region"] = json!("DE"),
                _ => {}
            }
            input["required"] = json!(required && !matches!(of_type, "RELATION" | "USER"));
            if encrypted && !matches!(of_type, "RELATION" | "USER") {
                input["encrypted"] = json!(true);
                input["default"] = Json::Null;
            } else if matches!(of_type, "TEXT" | "EMAIL") {
                input["searchable"] = json!(searchable);
            } else if !matches!(of_type, "PHONE" | "NUMBER" | "DATE") {
                input["unique"] = json!(false);
            }
            input
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let object = || 0..OBJECTS.len();
    let standard = prop::sample::select(vec!["title", "status", "name", "email"]).prop_map(str::to_owned);
    let labels = (text(), proptest::option::of(options()))
        .prop_map(|(label, options)| json!({ "label": label, "options": options }));
    let sections = vec((proptest::option::of(text()), vec(name(), 0..3)), 0..3);
    prop_oneof![
        8 => (object(), field()).prop_map(|(object, input)| Act::Create { object, input }),
        3 => (object(), name(), settings(), proptest::option::of(name())).prop_map(|(object, name, mut input, to)| {
            if let Some(to) = to {
                input["name"] = json!(to);
            }
            Act::Update { object, name, input }
        }),
        1 => (object(), standard, labels).prop_map(|(object, name, input)| Act::Update { object, name, input }),
        2 => (object(), name()).prop_map(|(object, field)| Act::Name { object, field }),
        1 => (object(), text(), text()).prop_map(|(object, label, plural)| Act::Label { object, input: json!({ "label": label, "labelPlural": plural }) }),
        1 => (object(), name()).prop_map(|(object, name)| Act::Archive { object, name }),
        1 => (object(), name()).prop_map(|(object, name)| Act::Delete { object, name }),
        1 => (2..OBJECTS.len()).prop_map(|object| Act::ArchiveObject { object }),
        2 => (object(), sections).prop_map(|(object, sections)| Act::Arrange {
            object,
            sections: sections.into_iter().map(|(label, fields)| json!({ "label": label, "fields": fields })).collect(),
        }),
    ]
}

async fn make(tx: &TenantTx, act: &Act) -> Result<Answer, DbError> {
    let name_of = |object: &usize| OBJECTS[*object].0;
    match act {
        Act::Create { object, input } => {
            registry::create_field(tx, &Origin::default(), name_of(object), &map(input)).await
        }
        Act::Update { object, name, input } => {
            let mut input = map(input);
            input.retain(|_, value| !value.is_null());
            registry::update_field(tx, &Origin::default(), name_of(object), name, &input, None).await
        }
        Act::Name { object, field } => {
            registry::update_object(tx, &Origin::default(), name_of(object), &map(&json!({ "nameField": field }))).await
        }
        Act::Label { object, input } => {
            registry::update_object(tx, &Origin::default(), name_of(object), &map(input)).await
        }
        Act::Archive { object, name } => {
            registry::archive_field(tx, &Origin::default(), name_of(object), name, OnUse::Cascade).await
        }
        Act::Delete { object, name } => {
            registry::archive_field(tx, &Origin::default(), name_of(object), name, OnUse::Cascade).await?;
            registry::delete_field(tx, &Origin::default(), name_of(object), name).await
        }
        Act::ArchiveObject { object } => {
            registry::archive_object(tx, &Origin::default(), name_of(object), OnUse::Cascade).await
        }
        Act::Arrange { object, sections } => {
            registry::arrange_fields(tx, &Origin::default(), name_of(object), sections).await
        }
    }
}

/// A catalog made of these changes, as a file.
async fn shaped(workspace: &Workspace, acts: &[Act]) -> (String, usize) {
    let tx = workspace.begin().await;
    let mut done = 0;
    for (name, plural) in &OBJECTS[2..] {
        let input = json!({ "name": name, "plural": plural });
        let answer = registry::create_object(&tx, &Origin::default(), &map(&input), &|_| None).await.unwrap();
        assert_eq!(answer.user_errors, []);
    }
    for act in acts {
        done += usize::from(make(&tx, act).await.unwrap().user_errors.is_empty());
    }
    let text = template::export(&tx).await.unwrap();
    tx.rollback().await;
    (text, done)
}

#[test]
fn any_catalog_is_the_same_after_it_was_a_file() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let workspace = runtime.block_on(Workspace::new());
    let mut config = Config { cases: 24, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(20_261_120);
    }
    let done = std::cell::Cell::new(0);
    let test = |acts: Vec<Act>| {
        runtime.block_on(async {
            let (text, count) = shaped(&workspace, &acts).await;
            done.set(done.get() + count);
            let tx = workspace.begin().await;
            let first = template::apply(&tx, &Origin::default(), &text, &|_| None).await.unwrap();
            prop_assert_eq!(&first.problems, &[], "{}", text);
            let back = template::export(&tx).await.unwrap();
            prop_assert_eq!(&back, &text);
            let second = template::apply(&tx, &Origin::default(), &text, &|_| None).await.unwrap();
            prop_assert_eq!(&second.problems, &[]);
            prop_assert_eq!(&second.changes, &[]);
            prop_assert_eq!(second.metadata_version, first.metadata_version);
            tx.rollback().await;
            Ok(())
        })
    };
    TestRunner::new(config).run(&vec(act(), 1..30), test).unwrap_or_else(|error| panic!("{error}"));
    assert!(done.get() > 100, "the registry took {} changes only", done.get());
    runtime.block_on(async { drop(workspace) });
}
