//! Templates: refused where they must be, applied as a whole, and there and back without a difference.

mod there_and_back;

use std::collections::BTreeSet;

use rapport_domain::catalog::{
    registry::{self, OnUse},
    template::{self, Applied},
};
use rapport_domain::record::Origin;
use rapport_tenancy::{
    BuiltInRole,
    testing::{TestDatabase, person, workspace},
};
use serde_json::json;

use super::support::Workspace;

const GOLF_CLUB: &str = include_str!("../../../../../docs/templates/golf-club.toml");
const CLINIC: &str = include_str!("../../../../../docs/templates/clinic.toml");

/// An object that is named by a text, for templates to start from.
const CLUB: &str = "format = 1\n\n[[object]]\nname = \"Club\"\nplural = \"clubs\"\nnameField = \"name\"\n\n\
    [[field]]\nobject = \"Club\"\nname = \"name\"\ntype = \"TEXT\"\n\n";

impl Workspace {
    /// Keeps it where nothing is wrong with it.
    async fn apply(&mut self, text: &str) -> Applied {
        let tx = self.begin().await;
        let applied = template::apply(&tx, &Origin::default(), text, &|_| None).await.unwrap();
        if applied.problems.is_empty() {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await;
        }
        self.look().await;
        applied
    }

    /// The same for one that must be taken.
    async fn take(&mut self, text: &str) -> String {
        let applied = self.apply(text).await;
        assert_eq!(applied.problems, []);
        applied.to_string()
    }

    async fn refusals(&mut self, text: &str) -> Vec<String> {
        self.apply(text).await.problems.iter().map(|problem| format!("{} {}", problem.code, problem.field())).collect()
    }

    async fn exported(&self) -> String {
        template::export(&self.db.session().await.unwrap()).await.unwrap()
    }

    async fn version(&self) -> i64 {
        registry::version(&self.db.session().await.unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn the_templates_of_the_guide_are_taken_and_taken_again() {
    for text in [GOLF_CLUB, CLINIC] {
        let (mut first, mut second) = (Workspace::new().await, Workspace::new().await);
        let said = first.take(text).await;
        assert!(said.ends_with("= 0 unchanged"), "{said}");
        let (version, exported) = (first.version().await, first.exported().await);
        let again = first.take(text).await;
        assert_eq!(again.lines().count(), 1, "{again}");
        assert_eq!(first.version().await, version);

        second.take(&exported).await;
        assert_eq!(second.exported().await, exported);
        assert_eq!(second.catalog.fingerprint(), first.catalog.fingerprint());
    }
    let mut both = Workspace::new().await;
    both.take(GOLF_CLUB).await;
    let said = both.take(CLINIC).await;
    assert!(said.contains("~ field Contact.dateOfBirth restricted true → false"), "{said}");
    assert!(said.contains("· object Course is not in the template"), "{said}");
}

#[tokio::test]
async fn the_golf_club_has_a_field_of_every_type() {
    let mut workspace = Workspace::new().await;
    workspace.take(GOLF_CLUB).await;
    let objects = workspace.catalog.objects().iter();
    let own = objects.flat_map(|object| object.fields()).filter(|field| field.is_custom());
    let types: std::collections::BTreeSet<_> = own.map(|field| field.kind.type_name()).collect();
    let known = "ADDRESS BOOLEAN CURRENCY DATE DATE_TIME DECIMAL EMAIL JSON LONG_TEXT MULTI_SELECT NUMBER PHONE RATING RELATION SELECT TEXT URL USER";
    for name in known.split(' ') {
        assert!(types.contains(name), "{name} is missing: {types:?}");
    }
}

#[tokio::test]
async fn what_a_template_does_is_said_line_by_line() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "course", "type": "TEXT", "label": "Course", "help": "Which?" })).await;
    workspace.define("Contact", json!({ "name": "shoeSize", "type": "NUMBER" })).await;
    let text = "format = 1\n\
        [[standardField]]\nobject = \"Contact\"\nname = \"title\"\nlabel = \"Position\"\n\
        [[object]]\nname = \"Membership\"\nplural = \"memberships\"\nnameField = \"number\"\n\
        [[field]]\nobject = \"Membership\"\nname = \"number\"\ntype = \"TEXT\"\n\
        [[field]]\nobject = \"Membership\"\nname = \"member\"\ntype = \"RELATION\"\ntarget = \"Contact\"\ninverse = \"memberships\"\nrequired = true\n\
        [[field]]\nobject = \"Contact\"\nname = \"course\"\ntype = \"TEXT\"\nlabel = \"Favourite course\"\n\
        [[layout]]\nobject = \"Contact\"\nsections = [{ label = \"Golf\", fields = [\"course\", \"memberships\"] }]\n";
    let said = workspace.take(text).await;
    assert_eq!(
        said,
        "+ object Membership (memberships)\n\
         ~ field Contact.title label \"Title\" → \"Position\"\n\
         + field Membership.number TEXT\n\
         + field Membership.member RELATION → Contact (inverse memberships), required\n\
         ~ field Contact.course label \"Course\" → \"Favourite course\", help \"Which?\" → none\n\
         + layout Contact: 1 sections, 2 fields\n\
         · field Contact.shoeSize is not in the template\n\
         = 0 unchanged"
    );
    assert_eq!(workspace.take(text).await, "· field Contact.shoeSize is not in the template\n= 6 unchanged");
    assert_eq!(&*workspace.object("Membership").name_field, "number");
}

#[tokio::test]
async fn relations_point_to_each_other_in_any_order() {
    let mut workspace = Workspace::new().await;
    let relation = |object: &str, name: &str, target: &str, inverse: &str| {
        format!(
            "[[field]]\nobject = \"{object}\"\nname = \"{name}\"\ntype = \"RELATION\"\ntarget = \"{target}\"\ninverse = \"{inverse}\"\n"
        )
    };
    let object = |name: &str, plural: &str| {
        format!("[[object]]\nname = \"{name}\"\nplural = \"{plural}\"\nnameField = \"id\"\n")
    };
    let parts = [
        relation("Horse", "stable", "Stable", "horses"),
        relation("Stable", "champion", "Horse", "championOf"),
        relation("Horse", "mother", "Horse", "foals"),
        object("Stable", "stables"),
        object("Horse", "horses"),
    ];
    workspace.take(&format!("format = 1\n{}", parts.concat())).await;
    let names: BTreeSet<_> = workspace
        .object("Horse")
        .fields()
        .iter()
        .filter(|field| field.is_custom())
        .map(|field| field.name.to_string())
        .collect();
    assert_eq!(names, BTreeSet::from(["stable", "mother", "championOf", "foals"].map(str::to_owned)));
}

#[tokio::test]
async fn what_is_wrong_with_a_template_is_said_with_code_and_place() {
    let mut workspace = Workspace::new().await;
    let field = |rest: &str| format!("{CLUB}[[field]]\nobject = \"Club\"\n{rest}\n");
    let relation = |name: &str, rest: &str| field(&format!("name = \"{name}\"\ntype = \"RELATION\"\n{rest}"));
    let person = "[[object]]\nname = \"Person\"\nplural = \"people\"\nnameField = \"id\"\n";
    for (text, wanted) in [
        ("format = ".to_owned(), "INVALID_TEMPLATE "),
        (String::new(), "REQUIRED format"),
        ("format = \"1\"".into(), "INVALID_VALUE format"),
        ("format = 0".into(), "INVALID_VALUE format"),
        ("format = 2\n[[view]]\nname = \"x\"".into(), "NEWER_FORMAT format"),
        ("format = 99999999999999999999".into(), "NEWER_FORMAT format"),
        ("format = 1\nviews = 1".into(), "UNKNOWN_FIELD views"),
        ("format = 1\nobject = 1".into(), "INVALID_VALUE object"),
        (field("name = \"a\"\ntype = \"TEXT\"\ncolour = 1"), "UNKNOWN_FIELD field[1].colour"),
        (field("type = \"TEXT\""), "REQUIRED field[1].name"),
        (field("name = \"a\"\ntype = \"TEXT\"\nrequired = \"yes\""), "INVALID_VALUE field[1].required"),
        (field("name = \"a\"\ntype = \"TEXT\"\nprivacy = \"SECRET\""), "INVALID_VALUE field[1].privacy"),
        (field("name = \"a\"\ntype = \"NUMBER\"\ndefault = nan"), "INVALID_VALUE field[1].default"),
        (field("name = \"a\"\ntype = \"JSON\"\ndefaultJson = \"{\""), "INVALID_VALUE field[1].defaultJson"),
        (
            field("name = \"a\"\ntype = \"SELECT\"\noptions = [{ value = \"A\", rank = 1 }]"),
            "UNKNOWN_FIELD field[1].options[0].rank",
        ),
        (
            field("name = \"a\"\ntype = \"SELECT\"\noptions = [{ value = \"A\" }, { value = \"A\" }]"),
            "DUPLICATE field[1].options[1].value",
        ),
        (field("name = \"a\"\ntype = \"SELECT\""), "REQUIRED field[1].options"),
        (field("name = \"a\"\ntype = \"MOOD\""), "UNSUPPORTED_TYPE field[1].type"),
        (field("name = \"A\"\ntype = \"TEXT\""), "INVALID_NAME field[1].name"),
        (field("name = \"a\"\ntype = \"NUMBER\"\ndefault = \"x\""), "INVALID_VALUE field[1].default"),
        (field("name = \"name\"\ntype = \"TEXT\""), "DUPLICATE field[1].name"),
        (format!("{CLUB}{person}{}", person.replace("people", "persons")), "DUPLICATE object[2].name"),
        (format!("{CLUB}{}", person.replace("people", "clubs")), "DUPLICATE object[1].plural"),
        (format!("{CLUB}{}", person.replace("people", "contacts")), "NAME_TAKEN object[1].plural"),
        (format!("{CLUB}{}", person.replace("Person", "Contact")), "NAME_TAKEN object[1].name"),
        (
            field("name = \"a\"\ntype = \"TEXT\"").replacen("\"Club\"\nname = \"a\"", "\"Nothing\"\nname = \"a\"", 1),
            "NOT_FOUND field[1].object",
        ),
        (relation("a", "target = \"Nothing\""), "NOT_FOUND field[1].target"),
        (relation("a", ""), "REQUIRED field[1].target"),
        (relation("a", "target = \"Contact\"\ninverse = \"email\""), "NAME_TAKEN field[1].inverse"),
        (relation("a", "target = \"Club\"\ninverse = \"name\""), "NAME_TAKEN field[1].inverse"),
        (relation("a", "target = \"Club\"\ninverseLabel = \"As\""), "INVALID_VALUE field[1].inverseLabel"),
        (relation("a", "target = \"Club\"\ninverse = \"a\""), "CYCLE field[1].inverse"),
        (relation("a", "target = \"Club\"\nrequired = true"), "CYCLE field[1].required"),
        (
            relation("a", "target = \"Club\"").replace("nameField = \"name\"", "nameField = \"a\""),
            "CYCLE object[0].nameField",
        ),
        (CLUB.replace("nameField = \"name\"", "nameField = \"nope\""), "NOT_FOUND object[0].nameField"),
        (
            format!("{CLUB}[[layout]]\nobject = \"Club\"\nsections = [{{ fields = [\"name\", \"nope\"] }}]"),
            "UNKNOWN_FIELD layout[0].sections[0].fields[1]",
        ),
        (format!("{CLUB}[[layout]]\nobject = \"Nothing\"\nsections = []"), "NOT_FOUND layout[0].object"),
        (format!("{CLUB}[[standardObject]]\nname = \"Club\"\nlabel = \"x\""), "NOT_FOUND standardObject[0].name"),
        (format!("{CLUB}[[standardField]]\nobject = \"Contact\"\nname = \"nope\""), "NOT_FOUND standardField[0].name"),
        (
            format!("{CLUB}[[standardField]]\nobject = \"Contact\"\nname = \"email\"\noptions = [{{ value = \"A\" }}]"),
            "INVALID_VALUE standardField[0].options",
        ),
    ] {
        assert_eq!(workspace.refusals(&text).await, [wanted], "{text}");
    }
    assert_eq!((workspace.version().await, workspace.count("metadata_object").await), (1, 0));

    let applied = workspace.apply("format = 2\nrelease = \"3.1.0\"\n").await;
    assert_eq!(
        applied.problems[0].to_string(),
        "1:1: NEWER_FORMAT format: This template has format 2 and needs release 3.1.0 or newer. This is release 0.1.0, which reads formats up to 1."
    );
    let applied = workspace.apply(&field("name = \"a\"\ntype = \"TEXT\"\ncolour = 1")).await;
    assert!(
        applied.problems[0].to_string().starts_with("17:1: UNKNOWN_FIELD field[1].colour: "),
        "{:?}",
        applied.problems
    );
}

#[tokio::test]
async fn a_round_of_several_is_named_whole() {
    let mut workspace = Workspace::new().await;
    let text = "format = 1\n\
        [[object]]\nname = \"Club\"\nplural = \"clubs\"\nnameField = \"id\"\n\
        [[object]]\nname = \"Person\"\nplural = \"people\"\nnameField = \"id\"\n\
        [[field]]\nobject = \"Club\"\nname = \"founder\"\ntype = \"RELATION\"\ntarget = \"Person\"\nrequired = true\n\
        [[field]]\nobject = \"Person\"\nname = \"club\"\ntype = \"RELATION\"\ntarget = \"Club\"\nrequired = true\n";
    let applied = workspace.apply(text).await;
    let said: Vec<_> = applied.problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("15:1: CYCLE field[0].required: ") && said[0].contains("Club → Person → Club"),
        "{said:?}"
    );
    // Either of them may come later.
    workspace.take(&text.replacen("required = true\n", "", 1)).await;
    assert_eq!(workspace.refusals(text).await.len(), 2);

    let mutual =
        text.replacen("required = true", "inverse = \"club\"", 1).replace("required = true", "inverse = \"founder\"");
    assert_eq!(workspace.refusals(&mutual).await, ["CYCLE field[0].inverse", "CYCLE field[1].inverse"]);
}

#[tokio::test]
async fn what_is_there_and_different_is_a_conflict() {
    let mut workspace = Workspace::new().await;
    workspace.take(CLUB).await;
    workspace.define("Contact", json!({ "name": "score", "type": "NUMBER" })).await;
    workspace.define("Contact", json!({ "name": "club", "type": "RELATION", "target": "Club" })).await;
    workspace
        .define(
            "Contact",
            json!({ "name": "level", "type": "SELECT", "options": [{ "value": "A" }, { "value": "B" }] }),
        )
        .await;
    workspace.made("Contact", json!({ "lastName": "Ortiz", "level": "A" })).await;
    let before = workspace.version().await;
    let text = CLUB.replace("clubs", "societies")
        + "[[field]]\nobject = \"Contact\"\nname = \"score\"\ntype = \"TEXT\"\n\
           [[field]]\nobject = \"Contact\"\nname = \"club\"\ntype = \"RELATION\"\ntarget = \"Company\"\n\
           [[field]]\nobject = \"Contact\"\nname = \"email\"\ntype = \"EMAIL\"\n\
           [[field]]\nobject = \"Contact\"\nname = \"level\"\ntype = \"SELECT\"\n";
    let applied = workspace.apply(&text).await;
    let said: Vec<_> = applied.problems.iter().map(|problem| format!("{} {}", problem.code, problem.field())).collect();
    assert_eq!(
        said,
        [
            "CONFLICT object[0].plural",
            "CONFLICT field[1].type",
            "CONFLICT field[2].target",
            "NAME_TAKEN field[3].name",
            "REQUIRED field[4].options"
        ]
    );
    assert_eq!(applied.problems[1].message, "Contact.score is NUMBER here and TEXT in the template.");

    // Records have an option that would go: what came before it is taken back as well.
    let text = CLUB.to_owned()
        + "[[field]]\nobject = \"Club\"\nname = \"motto\"\ntype = \"TEXT\"\n\
           [[field]]\nobject = \"Contact\"\nname = \"level\"\ntype = \"SELECT\"\noptions = [{ value = \"B\" }]\n";
    assert_eq!(workspace.refusals(&text).await, ["IN_USE field[2].options"]);
    assert_eq!(workspace.version().await, before);
    assert!(workspace.object("Club").field("motto").is_none());
}

#[tokio::test]
async fn a_template_that_is_refused_half_way_leaves_nothing() {
    let mut workspace = Workspace::new().await;
    let before = workspace.exported().await;
    let text = GOLF_CLUB.to_owned() + "[[field]]\nobject = \"Course\"\nname = \"and\"\ntype = \"TEXT\"\n";
    let refused = workspace.refusals(&text).await;
    assert_eq!(refused.len(), 1);
    assert!(refused[0].starts_with("NAME_TAKEN field["), "{refused:?}");
    assert_eq!((workspace.exported().await, workspace.version().await), (before, 1));
    assert_eq!(workspace.count("metadata_field").await, 0);
}

#[tokio::test]
async fn what_is_archived_comes_back_with_its_values() {
    let mut workspace = Workspace::new().await;
    workspace.take(CLUB).await;
    workspace.define("Club", json!({ "name": "motto", "type": "TEXT" })).await;
    let exported = workspace.exported().await;
    let id = workspace.made("Club", json!({ "name": "North", "motto": "On" })).await;
    let tx = workspace.begin().await;
    registry::archive_field(&tx, &Origin::default(), "Club", "motto", OnUse::Cascade).await.unwrap();
    registry::archive_object(&tx, &Origin::default(), "Club", OnUse::Cascade).await.unwrap();
    tx.commit().await.unwrap();
    workspace.look().await;
    let relation =
        "format = 1\n[[field]]\nobject = \"Contact\"\nname = \"club\"\ntype = \"RELATION\"\ntarget = \"Club\"\n";
    assert_eq!(workspace.refusals(relation).await, ["NOT_FOUND field[0].target"]);
    assert_eq!(
        workspace.take(&exported).await,
        "+ object Club out of the archive\n+ field Club.motto TEXT out of the archive\n= 1 unchanged"
    );
    assert_eq!(workspace.row("Club", id).await["custom"], json!({ "name": "North", "motto": "On" }));

    let tx = workspace.begin().await;
    registry::archive_field(&tx, &Origin::default(), "Club", "motto", OnUse::Cascade).await.unwrap();
    tx.commit().await.unwrap();
    let other = CLUB.to_owned() + "[[field]]\nobject = \"Club\"\nname = \"motto\"\ntype = \"NUMBER\"\n";
    let applied = workspace.apply(&other).await;
    assert_eq!(applied.problems[0].message, "Club.motto is TEXT here (in the archive) and NUMBER in the template.");
}

#[tokio::test]
async fn a_name_that_one_field_gives_up_is_free_for_the_next() {
    let mut workspace = Workspace::new().await;
    let relation = |name: &str, inverse: &str| {
        format!(
            "[[field]]\nobject = \"Club\"\nname = \"{name}\"\ntype = \"RELATION\"\ntarget = \"Contact\"\n{inverse}\n"
        )
    };
    workspace.take(&format!("{CLUB}{}", relation("first", "inverse = \"clubs\""))).await;
    let turned = format!("{CLUB}{}{}", relation("second", "inverse = \"clubs\""), relation("first", ""));
    let said = workspace.take(&turned).await;
    assert!(said.contains("~ field Club.first inverse \"clubs\" → none"), "{said}");
}

#[tokio::test]
async fn only_owners_apply_templates() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ((tenant, _), ben) = (workspace(&tenancy, "acme").await, person(&tenancy, "ben").await);
    tenancy.add_member(tenant.id, ben.id, &BuiltInRole::Rep.into()).await.unwrap();
    let scope = tenancy.scope(ben.id, tenant.id).await.unwrap().unwrap();
    let tx = tenancy.open(&scope).begin().await.unwrap();
    let applied = template::apply(&tx, &Origin::default(), CLUB, &|_| None).await.unwrap();
    assert_eq!((applied.problems[0].code, applied.changes), ("FORBIDDEN", vec![]));
    tx.rollback().await;
}

#[tokio::test]
async fn names_that_the_graph_has_are_refused() {
    let workspace = Workspace::new().await;
    let tx = workspace.begin().await;
    let taken = |object: &rapport_domain::catalog::Object| Some(format!("create{}", object.name));
    let applied = template::apply(&tx, &Origin::default(), CLUB, &taken).await.unwrap();
    assert_eq!((applied.problems[0].code, applied.problems[0].field().as_str()), ("NAME_TAKEN", "object[0].name"));
    tx.rollback().await;
}

#[tokio::test]
async fn texts_and_defaults_of_any_kind_are_written_so_that_they_are_read_the_same() {
    let mut workspace = Workspace::new().await;
    let note = "\"quoted\" \\ back\ttab\nline\r\nend \u{7f}\u{1b} é 🏌 ''' \"\"\"";
    let default =
        json!({ "none": null, "large": u64::MAX, "small": 5e-324, "list": [1, 1.5, [], {}], "a b": { "é": note } });
    workspace.define("Contact", json!({ "name": "a", "type": "TEXT", "description": note, "default": "x\ty" })).await;
    workspace.define("Contact", json!({ "name": "b", "type": "JSON", "default": default })).await;
    workspace
        .define(
            "Contact",
            json!({ "name": "c", "type": "JSON", "default": { "z": [1, 2.5, "x"], "": true, "a.b": {} } }),
        )
        .await;
    let exported = workspace.exported().await;
    let mut other = Workspace::new().await;
    other.take(&exported).await;
    assert_eq!(other.exported().await, exported);
    assert_eq!(
        other.object("Contact").field("b").unwrap().default,
        workspace.object("Contact").field("b").unwrap().default
    );
    assert_eq!(other.object("Contact").field("a").unwrap().description.as_deref(), Some(note));
    assert_eq!(other.take(&exported).await, "= 3 unchanged");
    let by_hand =
        format!("{CLUB}[[field]]\nobject = \"Club\"\nname = \"since\"\ntype = \"DATE\"\ndefault = 2026-01-01\n");
    other.take(&by_hand).await;
    assert_eq!(other.object("Club").field("since").unwrap().default, Some(json!("2026-01-01")));
}
