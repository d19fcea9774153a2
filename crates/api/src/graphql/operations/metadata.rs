//! `objects` and `object(name)`: the catalog as its reader may see it, for screens and tools.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use rapport_domain::catalog::{
    self, Catalog, IndexState, Kind, Storage,
    registry::{self, Clash, IndexReport},
    types,
};
use serde::Serialize;

use super::asked::{self, Asked};
use crate::graphql::{
    names::Verb,
    schema::{Types, choices, input_field, member},
};

pub const OBJECT: &str = "ObjectDefinition";
pub const FIELD: &str = "FieldDefinition";
pub const FIELD_TYPE: &str = "FieldType";
const INDEX_STATE: &str = "IndexState";
const OPTION: &str = "FieldOption";
const SECTION: &str = "FieldSection";
const CLASH: &str = "IndexClash";
pub const PRIVACY: &str = "Privacy";

/// By object and key of a field.
pub type IndexReports = HashMap<(String, String), IndexReport>;

/// An object of the catalog, as `ObjectDefinition`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDefinition<'a> {
    name: &'a str,
    singular: &'a str,
    plural: &'a str,
    label: &'a str,
    label_plural: &'a str,
    description: &'a str,
    name_field: &'a str,
    custom: bool,
    can_write: bool,
    fields: Vec<FieldDefinition<'a>>,
    sections: &'a [catalog::Section],
}

/// A field of an object, as `FieldDefinition`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "they are members of the answer")]
pub struct FieldDefinition<'a> {
    name: &'a str,
    label: &'a str,
    description: Option<&'a str>,
    #[serde(rename = "type")]
    type_name: &'static str,
    required: bool,
    unique: bool,
    filterable: bool,
    index_state: &'static str,
    index_error: Option<&'a str>,
    index_progress: Option<f32>,
    index_clashes: &'a [Clash],
    sortable: bool,
    groupable: bool,
    searchable: bool,
    restricted: bool,
    encrypted: bool,
    personal: bool,
    privacy: &'static str,
    help: Option<&'a str>,
    options: Option<Vec<FieldOption<'a>>>,
    target: Option<&'a str>,
    many: bool,
    inverse: Option<&'a str>,
    default: Option<&'a serde_json::Value>,
    custom: bool,
    can_write: bool,
}

#[derive(Serialize)]
struct FieldOption<'a> {
    value: &'a str,
    label: &'a str,
    color: Option<&'a str>,
}

impl<'a> ObjectDefinition<'a> {
    pub fn of(catalog: &'a Catalog, object: &'a catalog::Object, reports: Option<&'a IndexReports>) -> Self {
        Self {
            name: &object.name,
            singular: &object.singular,
            plural: &object.plural,
            label: &object.label,
            label_plural: &object.label_plural,
            description: &object.description,
            name_field: &object.name_field,
            custom: object.custom.is_some(),
            can_write: Verb::any_writes(catalog, object),
            fields: crate::graphql::names::fields_of(object)
                .map(|field| FieldDefinition::of(catalog, object, field, reports))
                .collect(),
            sections: &object.sections,
        }
    }
}

impl<'a> FieldDefinition<'a> {
    pub fn of(
        catalog: &'a Catalog,
        object: &'a catalog::Object,
        field: &'a catalog::Field,
        reports: Option<&'a IndexReports>,
    ) -> Self {
        let report = match &field.storage {
            Storage::Custom(key) => {
                reports.and_then(|reports| reports.get(&(object.name.to_string(), key.to_string())))
            }
            _ => None,
        };
        let is_many = matches!(field.kind, Kind::Many { .. });
        Self {
            name: &field.name,
            label: &field.label,
            description: field.description.as_deref(),
            type_name: field.kind.type_name(),
            required: field.required,
            unique: field.unique,
            filterable: field.filterable,
            index_state: field.index.as_str(),
            index_error: field.index_error.as_deref(),
            index_progress: report.and_then(|report| report.progress),
            // Values and records, whosever they are.
            index_clashes: report
                .filter(|_| catalog.shows_all(&object.name, &field.name))
                .map(|report| report.clashes.as_slice())
                .unwrap_or_default(),
            sortable: field.is_sortable(),
            groupable: field.is_groupable() && !field.kind.is_money(),
            searchable: field.searchable,
            restricted: field.restricted,
            encrypted: field.encrypted,
            personal: field.privacy.is_personal(),
            privacy: field.privacy.as_str(),
            help: field.help.as_deref(),
            options: field.kind.choices().map(|choices| choices.0.iter().map(FieldOption::of).collect()),
            target: field.kind.target().map(|target| &**target),
            many: is_many,
            inverse: inverse(catalog, object, field),
            default: field.default.as_ref(),
            custom: field.is_custom(),
            can_write: field.is_writable() && !is_many && Verb::any_writes(catalog, object),
        }
    }
}

impl<'a> FieldOption<'a> {
    fn of(choice: &'a catalog::Choice) -> Self {
        Self { value: &choice.value, label: &choice.label, color: choice.color.as_deref() }
    }
}

/// The field at the other end of a relation.
fn inverse<'a>(catalog: &'a Catalog, object: &catalog::Object, field: &'a catalog::Field) -> Option<&'a str> {
    match &field.kind {
        Kind::Many { via, .. } => Some(via),
        Kind::One(target) => catalog.object(target)?.fields().iter().find_map(|other| match &other.kind {
            Kind::Many { target, via } if **target == *object.name && **via == *field.name => Some(&*other.name),
            _ => None,
        }),
        _ => None,
    }
}

pub fn queries() -> Vec<Field> {
    let name = || input_field("name", TypeRef::named_nn(TypeRef::STRING), "Name of the object: `Company`.");
    vec![
        Field::new("objects", TypeRef::named_nn_list(OBJECT), |ctx| FieldFuture::new(async move { objects(&ctx).await }))
            .description("The objects of this workspace with their fields, as you may see them."),
        Field::new("object", TypeRef::named(OBJECT), |ctx| FieldFuture::new(async move { object(&ctx).await }))
            .description("One object with its fields; null when there is none of this name.")
            .argument(name()),
        Field::new("metadataVersion", TypeRef::named(TypeRef::INT), |ctx| {
            FieldFuture::new(async move {
                let asked = Asked::of(&ctx)?;
                asked.member()?;
                Ok(Some(Value::from(asked.metadata_version)))
            })
        })
        .description(
            "Version of this workspace's metadata: goes up by one with every change. Every answer has it in the header `Rapport-Metadata-Version`.",
        ),
    ]
}

async fn objects(ctx: &ResolverContext<'_>) -> async_graphql::Result<Option<Value>> {
    let catalog = catalog(ctx)?;
    let reports = reports(ctx).await?;
    let define = |object| ObjectDefinition::of(catalog, object, Some(&reports));
    let objects: Vec<_> = catalog.objects().iter().map(|object| define(object)).collect();
    Ok(Some(asked::present(&objects)?))
}

async fn object(ctx: &ResolverContext<'_>) -> async_graphql::Result<Option<Value>> {
    let catalog = catalog(ctx)?;
    let reports = reports(ctx).await?;
    let name = ctx.args.try_get("name")?.string()?;
    catalog
        .object(name)
        .map(|object| asked::present(&ObjectDefinition::of(catalog, object, Some(&reports))))
        .transpose()
}

fn catalog<'a>(ctx: &ResolverContext<'a>) -> async_graphql::Result<&'a Arc<Catalog>> {
    let asked = Asked::of(ctx)?;
    asked.member()?;
    Ok(&asked.catalog)
}

/// How far indexes are, where some are on their way.
async fn reports(ctx: &ResolverContext<'_>) -> async_graphql::Result<IndexReports> {
    let asked = Asked::of(ctx)?;
    let on_the_way = |field: &Arc<catalog::Field>| matches!(field.index, IndexState::Building | IndexState::Failed);
    if !asked.catalog.objects().iter().flat_map(|object| object.fields()).any(on_the_way) {
        return Ok(IndexReports::new());
    }
    let session = asked.app.tenancy.open(&asked.member()?.scope).session().await.map_err(asked::database)?;
    registry::index_reports(&session).await.map_err(asked::database)
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    types.add(
        Object::new(OBJECT)
            .description("What an object of this workspace consists of.")
            .field(member("name", text(), "Name of the type: `Company`."))
            .field(member("singular", text(), "Name of one record in operations: `company`."))
            .field(member("plural", text(), "Name of several in operations: `companies`."))
            .field(member("label", text(), "What people call it."))
            .field(member("labelPlural", text(), "What people call several."))
            .field(member("description", text(), "What it is."))
            .field(member("nameField", text(), "The field that stands for a record where one line must do."))
            .field(member("custom", flag(), "Whether this workspace made it."))
            .field(member("canWrite", flag(), "Whether you may change its records."))
            .field(member("fields", TypeRef::named_nn_list_nn(FIELD), "Its fields that you may see."))
            .field(member(
                "sections",
                TypeRef::named_nn_list_nn(SECTION),
                "How its fields stand on the page of a record; empty where nobody arranged them.",
            )),
    );
    types.add(
        Object::new(SECTION)
            .description("Fields that stand together on the page of a record.")
            .field(member("label", maybe(), "What stands above them."))
            .field(member("fields", TypeRef::named_nn_list_nn(TypeRef::STRING), "Their names, in order.")),
    );
    types.add(
        Object::new(CLASH)
            .description("A value that several records have and one may.")
            .field(member("value", text(), "The value."))
            .field(member("records", TypeRef::named_nn_list_nn(TypeRef::ID), "Some of the records that have it.")),
    );
    types.add(
        Object::new(FIELD)
            .description("What a field of an object takes and does.")
            .field(member("name", text(), "Name in the graph: `employeeCount`."))
            .field(member("label", text(), "What people call it."))
            .field(member("description", maybe(), "What it means."))
            .field(member("type", TypeRef::named_nn(FIELD_TYPE), "What values it takes."))
            .field(member("required", flag(), "Whether a record cannot be without it."))
            .field(member("unique", flag(), "Whether no two live records may share a value."))
            .field(member(
                "filterable",
                flag(),
                "Whether conditions on it are fast however many records there are: a field of your own then gets an index.",
            ))
            .field(member("indexState", TypeRef::named_nn(INDEX_STATE), "How far the index of a field of your own is."))
            .field(member("indexError", maybe(), "Why it has no index, where it could not be built."))
            .field(member("indexProgress", TypeRef::named(TypeRef::FLOAT), "From 0 to 1, while the index is being built."))
            .field(member(
                "indexClashes",
                TypeRef::named_nn_list_nn(CLASH),
                "Where it was to be unique: values that several records have.",
            ))
            .field(member("sortable", flag(), "Whether lists can be sorted by it."))
            .field(member("groupable", flag(), "Whether aggregates can be grouped by it."))
            .field(member("searchable", flag(), "Whether search looks into it."))
            .field(member("restricted", flag(), "Whether only roles that grant it see it."))
            .field(member(
                "encrypted",
                flag(),
                "Whether its values are kept encrypted: conditions ask for equal ones alone, and nothing sorts or groups by it.",
            ))
            .field(member("personal", flag(), "Whether it says something about a person."))
            .field(member("privacy", TypeRef::named_nn(PRIVACY), "What it says about a person."))
            .field(member("help", maybe(), "A line for the person who fills it in."))
            .field(member("options", TypeRef::named_nn_list(OPTION), "The options of a select, in order."))
            .field(member("target", maybe(), "The object that a relation points to."))
            .field(member("many", flag(), "Whether it is the to-many side of a relation."))
            .field(member("inverse", maybe(), "The field at the other end of a relation."))
            .field(member("default", TypeRef::named("JSON"), "What a new record gets when nothing is said."))
            .field(member("custom", flag(), "Whether this workspace made it."))
            .field(member("canWrite", flag(), "Whether you may give it a value.")),
    );
    types.add(
        Object::new(OPTION)
            .description("One option of a select.")
            .field(member("value", text(), "Name of the enum value: `LINKS`."))
            .field(member("label", text(), "What people call it."))
            .field(member("color", maybe(), "Its colour on screens.")),
    );
    types.add(choices(
        PRIVACY,
        "What a field says about a person.",
        [
            ("NONE", "Nothing."),
            ("PERSONAL", "Something about a person: exports and erasure reach it."),
            ("SENSITIVE", "Something that people are hurt by when it gets out: health, belief, origin."),
        ],
    ));
    types.add(choices(INDEX_STATE, "How far an index is.", INDEX_STATES.iter().copied()));
    types.add(choices(FIELD_TYPE, "What values a field takes.", field_types()));
}

const INDEX_STATES: &[(&str, &str)] = &[
    ("NONE", "There is none, or not yet."),
    ("BUILDING", "It is being built, while records are read and written."),
    ("READY", "Conditions on the field use it."),
    ("FAILED", "It could not be built: see `indexError` and `indexClashes`. Change the field to have it tried again."),
];

/// The types of values, and what else a field can be.
fn field_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    let id = ("ID", "The id of a record. No field of a workspace's own has it.");
    let relations = [("USER", "A user of this workspace."), ("RELATION", "A record of another object, or several.")];
    [id].into_iter().chain(types::all().map(|ty| (ty.name(), ty.description()))).chain(relations)
}
