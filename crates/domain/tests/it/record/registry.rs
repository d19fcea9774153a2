use rapport_domain::{
    catalog::registry::{self, Answer, OnUse},
    record::{Origin, Outcome},
};
use serde_json::{Value as Json, json};

use super::support::{Workspace, funnel, map, refusals};

impl Workspace {
    async fn registry(
        &mut self,
        act: impl AsyncFnOnce(&rapport_tenancy::TenantTx) -> Result<Answer, rapport_tenancy::DbError>,
    ) -> Answer {
        let tx = self.begin().await;
        let answer = act(&tx).await.unwrap();
        tx.commit().await.unwrap();
        self.look().await;
        answer
    }

    async fn create_field(&mut self, object: &str, input: Json) -> Answer {
        self.registry(async |tx| registry::create_field(tx, &Origin::default(), object, &map(&input)).await).await
    }

    async fn update_field(&mut self, object: &str, name: &str, input: Json) -> Answer {
        self.registry(async |tx| registry::update_field(tx, &Origin::default(), object, name, &map(&input), None).await)
            .await
    }

    async fn archive(&mut self, name: &str) -> Answer {
        self.registry(async |tx| registry::archive_field(tx, &Origin::default(), "Contact", name, OnUse::Refuse).await)
            .await
    }

    async fn unarchive(&mut self, name: &str) -> Answer {
        self.registry(async |tx| registry::restore_field(tx, &Origin::default(), "Contact", name).await).await
    }

    async fn delete_field(&mut self, name: &str) -> Answer {
        self.registry(async |tx| registry::delete_field(tx, &Origin::default(), "Contact", name).await).await
    }
}

fn errors(answer: &Answer) -> Vec<String> {
    answer.user_errors.iter().map(|error| format!("{} {}", error.code, error.field.join("."))).collect()
}

#[tokio::test]
async fn a_field_is_there_as_soon_as_it_is_made() {
    let mut workspace = Workspace::new().await;
    let input = json!({ "name": "favouriteCourse", "type": "SELECT", "options": [{ "value": "LINKS", "color": "green" }, { "value": "PARK_LAND" }] });
    let answer = workspace.create_field("Contact", input).await;
    assert_eq!((errors(&answer), answer.metadata_version), (vec![], 2));
    let field = answer.field.unwrap();
    assert_eq!(
        (&*field.name, &*field.label, field.kind.type_name()),
        ("favouriteCourse", "Favourite course", "SELECT")
    );
    assert_eq!(
        field.kind.choices().unwrap().0.iter().map(|choice| &*choice.label).collect::<Vec<_>>(),
        ["Links", "Park land"]
    );

    workspace.made("Contact", json!({ "lastName": "Ortiz", "favouriteCourse": "LINKS" })).await;
    let refused = workspace.create("Contact", json!({ "lastName": "Ortiz", "favouriteCourse": "OTHER" })).await;
    assert_eq!(refusals(&refused), ["INVALID_OPTION favouriteCourse"]);
    assert_eq!(refused.user_errors[0].message, "\"OTHER\" is not an option. The options are LINKS, PARK_LAND.");
}

#[tokio::test]
async fn a_name_must_be_free_and_well_shaped() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "hobby", "type": "TEXT" })).await;
    workspace.define("Contact", json!({ "name": "old", "type": "TEXT" })).await;
    workspace.archive("old").await;
    for (name, code) in [
        ("Hobby", "INVALID_NAME"),
        ("", "INVALID_NAME"),
        ("__x", "INVALID_NAME"),
        ("two words", "INVALID_NAME"),
        ("snake_case", "INVALID_NAME"),
        ("größe", "INVALID_NAME"),
        ("x\"; DROP TABLE contact", "INVALID_NAME"),
        ("email", "NAME_TAKEN"),
        ("companyId", "NAME_TAKEN"),
        ("and", "NAME_TAKEN"),
        ("hobby", "NAME_TAKEN"),
        ("old", "NAME_TAKEN"),
        ("id", "NAME_TAKEN"),
    ] {
        let answer = workspace.create_field("Contact", json!({ "name": name, "type": "TEXT" })).await;
        assert_eq!(errors(&answer), [format!("{code} input.name")], "{name}");
        assert_eq!(answer.metadata_version, 4);
    }
    let answer = workspace.create_field("Contact", json!({ "name": "old", "type": "TEXT" })).await;
    assert!(answer.user_errors[0].message.contains("archived"));
    assert_eq!(
        errors(&workspace.create_field("Contact", json!({ "name": "a".repeat(64), "type": "TEXT" })).await),
        ["INVALID_NAME input.name"]
    );
}

#[tokio::test]
async fn everything_wrong_with_a_field_is_said_at_once() {
    let mut workspace = Workspace::new().await;
    let input = json!({ "type": "RELATED", "label": " ", "required": "yes", "colour": 1 });
    let answer = workspace.create_field("Contact", input).await;
    assert_eq!(
        errors(&answer),
        [
            "UNKNOWN_FIELD input.colour",
            "REQUIRED input.name",
            "UNSUPPORTED_TYPE input.type",
            "REQUIRED input.label",
            "INVALID_VALUE input.required"
        ]
    );
    assert!(answer.field.is_none());
    let options = json!([{ "value": "A" }, { "value": "A" }, { "value": "b" }, { "value": "TRUE" }, {}, "x", { "value": "C", "rank": 1 }]);
    let answer = workspace.create_field("Contact", json!({ "name": "x", "type": "SELECT", "options": options })).await;
    assert_eq!(
        errors(&answer),
        [
            "DUPLICATE input.options.1.value",
            "INVALID_NAME input.options.2.value",
            "INVALID_NAME input.options.3.value",
            "REQUIRED input.options.4.value",
            "INVALID_VALUE input.options.5",
            "UNKNOWN_FIELD input.options.6.rank"
        ]
    );
    for (input, error) in [
        (json!({ "name": "x", "type": "SELECT" }), "REQUIRED input.options"),
        (json!({ "name": "x", "type": "SELECT", "options": [] }), "REQUIRED input.options"),
        (json!({ "name": "x", "type": "TEXT", "options": [{ "value": "A" }] }), "INVALID_VALUE input.options"),
        (json!({ "name": "x", "type": "BOOLEAN", "unique": true }), "INVALID_VALUE input.unique"),
        (json!({ "name": "x", "type": "NUMBER", "searchable": true }), "INVALID_VALUE input.searchable"),
        (json!({ "name": "x", "type": "TEXT", "label": "a".repeat(101) }), "TOO_LONG input.label"),
        (json!({ "name": "x", "type": "TEXT", "description": "\u{0}" }), "INVALID_VALUE input.description"),
    ] {
        assert_eq!(errors(&workspace.create_field("Contact", input.clone()).await), [error], "{input}");
    }
    let many: Vec<_> = (0..201).map(|n| json!({ "value": format!("O{n}") })).collect();
    let answer = workspace.create_field("Contact", json!({ "name": "x", "type": "SELECT", "options": many })).await;
    assert_eq!(errors(&answer), ["LIMIT_REACHED input.options"]);
    assert_eq!(
        errors(&workspace.create_field("Nothing", json!({ "name": "x", "type": "TEXT" })).await),
        ["NOT_FOUND object"]
    );
}

#[tokio::test]
async fn renaming_keeps_the_values() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "hobby", "type": "TEXT" })).await;
    let id = workspace.made("Contact", json!({ "lastName": "Ortiz", "hobby": "chess" })).await;
    let answer = workspace
        .update_field(
            "Contact",
            "hobby",
            json!({ "name": "pastime", "label": "Pastime", "description": "After work." }),
        )
        .await;
    assert_eq!((errors(&answer), answer.metadata_version), (vec![], 3));
    assert_eq!(workspace.update("Contact", id, json!({ "pastime": "chess" })).await.outcome, Outcome::Unchanged);
    assert_eq!(refusals(&workspace.update("Contact", id, json!({ "hobby": "golf" })).await), ["UNKNOWN_FIELD hobby"]);
    let refused =
        workspace.update_field("Contact", "pastime", json!({ "type": "NUMBER", "many": true, "name": "email" })).await;
    assert_eq!(errors(&refused), ["READ_ONLY input.type", "READ_ONLY input.many", "NAME_TAKEN input.name"]);
    assert_eq!(errors(&workspace.update_field("Contact", "nope", json!({})).await), ["NOT_FOUND name"]);
}

#[tokio::test]
async fn an_option_in_use_stays() {
    let mut workspace = Workspace::new().await;
    let options = |values: &[&str]| values.iter().map(|value| json!({ "value": value })).collect::<Json>();
    for (name, kind, value) in [("one", "SELECT", json!("A")), ("many", "MULTI_SELECT", json!(["C", "A"]))] {
        workspace.define("Contact", json!({ "name": name, "type": kind, "options": options(&["A", "B", "C"]) })).await;
        let id = workspace.made("Contact", json!({ "lastName": "Ortiz", name: value })).await;
        workspace.delete("Contact", id).await;
        let refused = workspace.update_field("Contact", name, json!({ "options": options(&["B", "C"]) })).await;
        assert_eq!(errors(&refused), ["IN_USE input.options"]);
        assert_eq!(refused.user_errors[0].message, "Records have options that would go: A by 1.");
        let answer = workspace.update_field("Contact", name, json!({ "options": options(&["D", "A", "C"]) })).await;
        assert_eq!(errors(&answer), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_standard_select_takes_other_options_and_labels_but_keeps_those_with_rules() {
    let mut workspace = Workspace::new().await;
    workspace.made("Contact", json!({ "lastName": "Ortiz", "status": "LEAD" })).await;
    let refused = workspace.update_field("Contact", "status", json!({ "options": [{ "value": "VIP" }] })).await;
    assert_eq!(errors(&refused), ["IN_USE input.options"]);
    let input =
        json!({ "label": "Standing", "options": [{ "value": "LEAD", "label": "Interested" }, { "value": "VIP" }] });
    assert_eq!(errors(&workspace.update_field("Contact", "status", input).await), Vec::<String>::new());
    assert_eq!(&*workspace.object("Contact").field("status").unwrap().label, "Standing");
    workspace.made("Contact", json!({ "lastName": "Ortiz", "status": "VIP" })).await;
    assert_eq!(
        refusals(&workspace.create("Contact", json!({ "lastName": "O", "status": "CUSTOMER" })).await),
        ["INVALID_OPTION status"]
    );

    for (object, field) in [("Stage", "type"), ("Opportunity", "status")] {
        let more =
            json!({ "options": [{ "value": "OPEN" }, { "value": "WON" }, { "value": "LOST" }, { "value": "PAUSED" }] });
        assert_eq!(errors(&workspace.update_field(object, field, more).await), ["IN_USE input.options"]);
        let labels = json!({ "options": [{ "value": "WON", "label": "Yes" }, { "value": "LOST", "label": "No" }, { "value": "OPEN" }] });
        assert_eq!(errors(&workspace.update_field(object, field, labels).await), Vec::<String>::new());
    }
    funnel(&workspace).await;
    assert_eq!(
        errors(&workspace.update_field("Contact", "title", json!({ "label": "Position", "required": true })).await),
        ["READ_ONLY input.required"]
    );
    assert_eq!(
        errors(&workspace.update_field("Contact", "title", json!({ "label": "Position" })).await),
        Vec::<String>::new()
    );
    assert_eq!(&*workspace.object("Contact").field("title").unwrap().label, "Position");
    assert_eq!(errors(&workspace.archive("title").await), ["READ_ONLY name"]);
}

#[tokio::test]
async fn a_field_goes_and_comes_back_with_its_values_until_it_is_deleted() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "hobby", "type": "TEXT" })).await;
    let id = workspace.made("Contact", json!({ "lastName": "Ortiz", "hobby": "chess" })).await;
    assert_eq!(errors(&workspace.delete_field("hobby").await), ["NOT_ARCHIVED name"]);
    assert_eq!(workspace.archive("hobby").await.metadata_version, 3);
    assert_eq!(workspace.archive("hobby").await.metadata_version, 3);
    assert!(workspace.object("Contact").field("hobby").is_none());
    workspace.update("Contact", id, json!({ "title": "CEO" })).await;
    assert_eq!(workspace.unarchive("hobby").await.metadata_version, 4);
    assert_eq!(workspace.update("Contact", id, json!({ "hobby": "chess" })).await.outcome, Outcome::Unchanged);
    workspace.archive("hobby").await;
    assert_eq!(errors(&workspace.delete_field("hobby").await), Vec::<String>::new());
    assert_eq!(errors(&workspace.unarchive("hobby").await), ["NOT_FOUND name"]);
    workspace.define("Contact", json!({ "name": "hobby", "type": "NUMBER" })).await;
    assert_eq!(
        workspace.update("Contact", id, json!({ "hobby": null })).await.outcome,
        Outcome::Unchanged,
        "old values are out of reach"
    );
}

#[tokio::test]
async fn a_required_field_is_asked_of_new_writes_only() {
    let mut workspace = Workspace::new().await;
    let id = workspace.made("Contact", json!({ "lastName": "Ortiz" })).await;
    workspace.define("Contact", json!({ "name": "region", "type": "TEXT", "required": true })).await;
    assert_eq!(workspace.update("Contact", id, json!({ "title": "CEO" })).await.outcome, Outcome::Updated);
    assert_eq!(refusals(&workspace.create("Contact", json!({ "lastName": "New" })).await), ["REQUIRED region"]);
    workspace.update("Contact", id, json!({ "region": "North" })).await;
    assert_eq!(refusals(&workspace.update("Contact", id, json!({ "region": null })).await), ["REQUIRED region"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_the_registry_take_turns() {
    let workspace = Workspace::new().await;
    let make = async |n: usize| {
        let tx = workspace.begin().await;
        let input = map(&json!({ "name": format!("f{}", n % 4), "type": "TEXT" }));
        let answer = registry::create_field(&tx, &Origin::default(), "Contact", &input).await.unwrap();
        tx.commit().await.unwrap();
        answer.user_errors.is_empty()
    };
    let made = futures::future::join_all((0..12).map(make)).await;
    assert_eq!(made.iter().filter(|made| **made).count(), 4);
    assert_eq!(workspace.count("metadata_field").await, 4);
    assert_eq!(workspace.count("metadata_version WHERE version = 5").await, 1);
}

#[tokio::test]
async fn there_is_a_limit_to_fields() {
    let mut workspace = Workspace::new().await;
    let tx = workspace.begin().await;
    let sql = format!(
        "INSERT INTO {}.metadata_field (id, object, name, key, label, type) SELECT gen_random_uuid(), 'Contact', 'f' || n, 'k' || n, 'F', 'TEXT' FROM generate_series(1, 500) AS n",
        tx.scope().schema()
    );
    tx.execute(&sql, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        errors(&workspace.create_field("Contact", json!({ "name": "x", "type": "TEXT" })).await),
        ["LIMIT_REACHED "]
    );
}
