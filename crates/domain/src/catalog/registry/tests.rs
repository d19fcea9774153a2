//! What a release may bring under a tenant's feet.

use super::{FieldRow, ObjectRow, Registry, State};
use crate::catalog::{Catalog, Kind, Source};

fn object(name: &str, plural: &str) -> ObjectRow {
    ObjectRow {
        id: uuid::Uuid::now_v7(),
        name: name.into(),
        plural: plural.into(),
        key: name.into(),
        label: name.into(),
        label_plural: plural.into(),
        description: None,
        name_field: Some("name".into()),
        standard: false,
        state: State::Live,
    }
}

#[test]
fn a_field_of_the_tenants_own_keeps_its_name_when_a_standard_one_comes() {
    let mut row = FieldRow::new("Contact", "title", "NUMBER");
    row.label = "Titles won".into();
    let catalog = Catalog::with(&vec![row].into());
    let contact = catalog.object("Contact").unwrap();
    assert_eq!(
        (&*contact.field("title").unwrap().label, contact.field("title").unwrap().is_custom()),
        ("Titles won", true)
    );
    let standard = contact.field("titleStandard").unwrap();
    assert!(!standard.is_custom() && standard.kind.is_text());
}

#[test]
fn what_speaks_of_a_standard_field_follows_it_to_its_other_name() {
    let rows = vec![
        FieldRow::new("Contact", "company", "TEXT"),
        FieldRow::new("Stage", "type", "TEXT"),
        FieldRow::new("Opportunity", "status", "TEXT"),
        FieldRow::new("Company", "name", "NUMBER"),
    ];
    let catalog = Catalog::with(&rows.into());
    let of = |object: &str, field: &str| catalog.object(object).unwrap().field(field).unwrap().clone();
    let Kind::Many { via, .. } = &of("Company", "contacts").kind else { panic!("a list") };
    assert_eq!(&**via, "companyStandard");
    assert!(matches!(of("Contact", "companyStandard").kind, Kind::One(_)));
    let Source::Follows { field, .. } = &of("Opportunity", "statusStandard").source else { panic!("a follower") };
    assert_eq!(&**field, "typeStandard");
    let opportunity = catalog.object("Opportunity").unwrap();
    assert!(opportunity.stamps.iter().all(|stamp| &*stamp.when == "statusStandard"));
    assert_eq!(&*catalog.object("Company").unwrap().name_field, "nameStandard");
}

#[test]
fn an_object_of_the_tenants_own_keeps_its_name_when_a_standard_one_comes() {
    let registry = Registry {
        objects: vec![object("Product", "products")],
        fields: vec![FieldRow::new("Product", "name", "TEXT")],
        ..Registry::default()
    };
    let catalog = Catalog::with(&registry);
    assert!(catalog.object("Product").unwrap().custom.is_some());
    let standard = catalog.object("ProductStandard").unwrap();
    assert_eq!(
        (&*standard.table, &*standard.plural, &*standard.singular),
        ("product", "productsStandard", "productStandard")
    );
    let relation = catalog.object("LineItem").unwrap().field("product").unwrap().clone();
    assert_eq!(relation.kind, Kind::One("ProductStandard".into()));
}

#[test]
fn tenants_with_the_same_rows_have_the_same_fingerprint() {
    let registry = || Registry {
        objects: vec![object("Club", "clubs")],
        fields: vec![FieldRow::new("Club", "name", "TEXT"), FieldRow::new("Contact", "score", "NUMBER")],
        ..Registry::default()
    };
    assert_eq!(Catalog::with(&registry()).fingerprint(), Catalog::with(&registry()).fingerprint());
    let mut other = registry();
    other.fields[1].settings.help = Some("Out of ten".into());
    assert_ne!(Catalog::with(&registry()).fingerprint(), Catalog::with(&other).fingerprint());
}

#[test]
fn a_relation_to_what_is_not_there_is_not_there_and_nothing_fails() {
    let mut relation = FieldRow::new("Contact", "club", "RELATION");
    relation.settings.target = Some("Club".into());
    relation.settings.inverse = Some("people".into());
    let mut archived = object("Club", "clubs");
    archived.state = State::Archived;
    let registry = Registry { objects: vec![archived], fields: vec![relation], ..Registry::default() };
    let catalog = Catalog::with(&registry);
    assert!(catalog.object("Club").is_none() && catalog.object("Contact").unwrap().field("club").is_none());
}
