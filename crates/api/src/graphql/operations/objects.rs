//! `createObject`, `updateObject`, `archiveObject`, `restoreObject`, `deleteObject`, `arrangeFields`: with the right
//! METADATA people make objects of their own.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use async_graphql::{
    Result,
    dynamic::{Field, InputObject, InputValue, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::{
        Catalog, Object,
        registry::{self, Answer},
    },
    rights::Administration,
};
use rapport_tenancy::{DbError, TenantTx};
use serde_json::Value as Json;

use super::{
    asked::{self, Asked},
    registrar::{self, Act, Payload, on_use, text},
};
use crate::graphql::{
    names::{self, Verb},
    schema::{Schema, Types, input_field},
};

const CREATE_OBJECT_INPUT: &str = "CreateObjectInput";
const UPDATE_OBJECT_INPUT: &str = "UpdateObjectInput";
const SECTION_INPUT: &str = "SectionInput";

#[derive(Clone, Copy)]
enum ObjectAct {
    Create,
    Update,
    Archive,
    Restore,
    Delete,
    Arrange,
}

impl ObjectAct {
    const ALL: [Self; 6] = [Self::Create, Self::Update, Self::Archive, Self::Restore, Self::Delete, Self::Arrange];
}

impl Act for ObjectAct {
    const PAYLOAD: Payload = Payload::Object;

    fn name(self) -> &'static str {
        match self {
            Self::Create => "createObject",
            Self::Update => "updateObject",
            Self::Archive => "archiveObject",
            Self::Restore => "restoreObject",
            Self::Delete => "deleteObject",
            Self::Arrange => "arrangeFields",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Create => {
                "Adds an object of your own, with the text field that names its records. Its operations are in the graph at once."
            }
            Self::Update => "Changes an object of your own, or the labels of a standard one. Its name stays.",
            Self::Archive => {
                "Takes an object of your own out of the graph. Its records stay. See `objectUsage` for what uses it."
            }
            Self::Restore => "Brings an archived object back, with its records.",
            Self::Delete => {
                "Removes an archived object of your own, with its fields, its records, and the relations to it."
            }
            Self::Arrange => {
                "Arranges the fields of an object on the page of a record. Those that are in no section come last."
            }
        }
    }

    fn arguments(self) -> Vec<InputValue> {
        let text = || TypeRef::named_nn(TypeRef::STRING);
        let name = input_field("name", text(), "Name of the object: `Membership`.");
        let input = |ty| input_field("input", TypeRef::named_nn(ty), "The object.");
        match self {
            Self::Create => vec![input(CREATE_OBJECT_INPUT)],
            Self::Update => vec![name, input(UPDATE_OBJECT_INPUT)],
            Self::Restore => vec![name],
            Self::Archive | Self::Delete => vec![name, registrar::on_use_argument()],
            Self::Arrange => vec![
                input_field("object", text(), "Name of the object: `Contact`."),
                input_field(
                    "sections",
                    TypeRef::named_nn_list_nn(SECTION_INPUT),
                    "The sections, in order; none to start anew.",
                ),
            ],
        }
    }

    async fn make(
        self,
        tx: &TenantTx,
        asked: &Asked,
        ctx: &ResolverContext<'_>,
    ) -> Result<std::result::Result<Answer, DbError>> {
        Ok(match self {
            Self::Create => {
                let schema = asked.app.graph.schemas.of(&asked.catalog).await;
                let schema = schema.map_err(|error| asked::internal(&*error))?;
                registry::create_object(tx, &asked.origin, &asked::input(ctx)?, &|object| taken(&schema, object)).await
            }
            Self::Update => registry::update_object(tx, &asked.origin, &text(ctx, "name")?, &asked::input(ctx)?).await,
            Self::Archive => registry::archive_object(tx, &asked.origin, &text(ctx, "name")?, on_use(ctx)).await,
            Self::Restore => registry::restore_object(tx, &asked.origin, &text(ctx, "name")?).await,
            Self::Delete => registry::delete_object(tx, &asked.origin, &text(ctx, "name")?, on_use(ctx)).await,
            Self::Arrange => {
                let sections: Vec<Json> = ctx.args.try_get("sections")?.deserialize()?;
                registry::arrange_fields(tx, &asked.origin, &text(ctx, "object")?, &sections).await
            }
        })
    }
}

/// The first of the names that `object` would bring to the graph which is there already.
fn taken(schema: &Schema, object: &Object) -> Option<String> {
    let mut own = HashSet::new();
    let ty = names::types_of(object).find(|name| schema.has_type(name));
    let mut operations = Verb::ALL.into_iter().map(|verb| verb.root_field(object));
    ty.or_else(|| operations.find(|name| schema.has_operation(name) || !own.insert(name.clone())))
}

/// The same for objects that are made one after the other: each finds the names of those before it taken as well.
pub fn taken_in_turn(schema: &Schema) -> impl Fn(&Object) -> Option<String> + Sync + '_ {
    let before = Mutex::new(HashSet::new());
    move |object| {
        let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
        let names = || names::types_of(object).chain(Verb::ALL.into_iter().map(|verb| verb.root_field(object)));
        let name = taken(schema, object).or_else(|| names().find(|name| before.contains(name)));
        if name.is_none() {
            before.extend(names());
        }
        name
    }
}

pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    registrar::offered(catalog, ObjectAct::ALL)
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    if !catalog.may(Administration::Metadata) {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let name_field = |about: &str| input_field("nameField", maybe(), about);
    let shared = || {
        [
            input_field("label", maybe(), "What people call one."),
            input_field("labelPlural", maybe(), "What people call several."),
            input_field("description", maybe(), "What it is."),
        ]
    };
    let create = InputObject::new(CREATE_OBJECT_INPUT)
        .description("A new object.")
        .field(input_field("name", text(), "Name of the type in the graph: `Membership`. It stays."))
        .field(input_field("plural", text(), "Name of several in operations: `memberships`. It stays."))
        .field(name_field(
            "Name of the text field that stands for a record, which is made with it; `name` unless told otherwise.",
        ));
    let update = InputObject::new(UPDATE_OBJECT_INPUT)
        .description("Changes to an object. What is left out stays.")
        .field(name_field("The text field of its own that stands for a record from now on."));
    types.add(shared().into_iter().fold(create, InputObject::field));
    types.add(shared().into_iter().fold(update, InputObject::field));
    types.add(
        InputObject::new(SECTION_INPUT)
            .description("Fields that stand together on the page of a record.")
            .field(input_field("label", maybe(), "What stands above them."))
            .field(input_field("fields", TypeRef::named_nn_list_nn(TypeRef::STRING), "Their names, in order.")),
    );
}
