//! `createField`, `updateField`, `archiveField`, `restoreField`, `deleteField`: with the right METADATA people change
//! the fields of objects.

use async_graphql::{
    Result,
    dynamic::{Field, InputObject, InputValue, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::{
        Catalog,
        registry::{self, Answer},
    },
    rights::Administration,
};
use rapport_tenancy::{DbError, TenantTx};

use super::{
    asked::{self, Asked},
    metadata::{FIELD_TYPE, PRIVACY},
    registrar::{self, Act, Payload, on_use, text},
};
use crate::graphql::schema::{Types, input_field, list_nn};

const CREATE_FIELD_INPUT: &str = "CreateFieldInput";
const UPDATE_FIELD_INPUT: &str = "UpdateFieldInput";
pub(super) const FIELD_OPTION_INPUT: &str = "FieldOptionInput";

#[derive(Clone, Copy)]
enum FieldAct {
    Create,
    Update,
    Archive,
    Restore,
    Delete,
}

impl FieldAct {
    const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Archive, Self::Restore, Self::Delete];
}

impl Act for FieldAct {
    const PAYLOAD: Payload = Payload::Field;

    fn name(self) -> &'static str {
        match self {
            Self::Create => "createField",
            Self::Update => "updateField",
            Self::Archive => "archiveField",
            Self::Restore => "restoreField",
            Self::Delete => "deleteField",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Create => "Adds a field of your own to an object. It is in the graph at once.",
            Self::Update => "Changes a field of your own, or the label and the options of a standard one.",
            Self::Archive => {
                "Takes a field of your own out of the graph. Its values stay. See `fieldUsage` for what uses it."
            }
            Self::Restore => "Brings an archived field back, with its values.",
            Self::Delete => "Removes an archived field of your own, with its values.",
        }
    }

    fn arguments(self) -> Vec<InputValue> {
        let text = || TypeRef::named_nn(TypeRef::STRING);
        let object = input_field("object", text(), "Name of the object: `Contact`.");
        let name = input_field("name", text(), "Name of the field: `favouriteCourse`.");
        let input = |ty| input_field("input", TypeRef::named_nn(ty), "The field.");
        match self {
            Self::Create => vec![object, input(CREATE_FIELD_INPUT)],
            Self::Update => vec![
                object,
                name,
                input(UPDATE_FIELD_INPUT),
                input_field(
                    "ifVersion",
                    TypeRef::named(TypeRef::INT),
                    "Only if nobody changed the field since this version of the metadata.",
                ),
            ],
            Self::Archive => vec![object, name, registrar::on_use_argument()],
            Self::Restore | Self::Delete => vec![object, name],
        }
    }

    async fn make(
        self,
        tx: &TenantTx,
        asked: &Asked,
        ctx: &ResolverContext<'_>,
    ) -> Result<std::result::Result<Answer, DbError>> {
        let object = text(ctx, "object")?;
        Ok(match self {
            Self::Create => registry::create_field(tx, &asked.origin, &object, &asked::input(ctx)?).await,
            Self::Update => {
                let if_version = ctx.args.get("ifVersion").filter(|version| !version.is_null());
                let if_version = if_version.map(|version| version.i64()).transpose()?;
                registry::update_field(tx, &asked.origin, &object, &text(ctx, "name")?, &asked::input(ctx)?, if_version)
                    .await
            }
            Self::Archive => {
                registry::archive_field(tx, &asked.origin, &object, &text(ctx, "name")?, on_use(ctx)).await
            }
            Self::Restore => registry::restore_field(tx, &asked.origin, &object, &text(ctx, "name")?).await,
            Self::Delete => registry::delete_field(tx, &asked.origin, &object, &text(ctx, "name")?).await,
        })
    }
}

pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    registrar::offered(catalog, FieldAct::ALL)
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    if !catalog.may(Administration::Metadata) {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let create = InputObject::new(CREATE_FIELD_INPUT)
        .description("A new field of an object.")
        .field(input_field("name", text(), "Name in the graph, camelCase: `favouriteCourse`."))
        .field(input_field("type", TypeRef::named_nn(FIELD_TYPE), "What values it takes."))
        .field(input_field("target", maybe(), "The object that a relation points to."))
        .field(flag(
            "encrypted",
            "Its values are kept encrypted, for good: found when equal, and never sorted by, searched, or in the log.",
        ))
        .field(flag(
            "many",
            "Of a relation: this is the side that has many. The other side, named by `inverse`, points back here and is made too.",
        ));
    let update = InputObject::new(UPDATE_FIELD_INPUT)
        .description("Changes to a field. What is left out stays; null takes away.")
        .field(input_field("name", maybe(), "A new name in the graph. No value is touched."));
    types.add(shared().into_iter().fold(create, InputObject::field));
    types.add(shared().into_iter().fold(update, InputObject::field));
    types.add(
        InputObject::new(FIELD_OPTION_INPUT)
            .description("One option of a select.")
            .field(input_field("value", text(), "Name of the enum value: `LINKS`."))
            .field(input_field("label", maybe(), "What people call it."))
            .field(input_field("color", maybe(), "Its colour on screens.")),
    );
}

fn shared() -> [InputValue; 14] {
    let maybe = || TypeRef::named(TypeRef::STRING);
    [
        input_field("label", maybe(), "What people call it."),
        input_field("description", maybe(), "What it means."),
        input_field("help", maybe(), "A line for the person who fills it in."),
        flag("required", "A record cannot be without it, from now on."),
        flag(
            "unique",
            "No two live records may share a value. Where some do, `indexClashes` says which; no more are let in.",
        ),
        flag(
            "filterable",
            "Conditions on it are fast however many records there are: it gets an index of its own, built in the background.",
        ),
        flag("searchable", "Search looks into it."),
        flag("restricted", "Visible only to roles that grant it (see `restrictedFields` of a role)."),
        input_field("privacy", TypeRef::named(PRIVACY), "What it says about a person."),
        input_field("default", TypeRef::named("JSON"), "What a new record gets when nothing is said."),
        input_field(
            "options",
            list_nn(FIELD_OPTION_INPUT),
            "The options of a select, all of them, in order. One that records have cannot be left out.",
        ),
        input_field(
            "region",
            maybe(),
            "Of phone numbers: the country that those without a country code are from, `DE`.",
        ),
        input_field("inverse", maybe(), "Name of the list at the other end of a relation."),
        input_field("inverseLabel", maybe(), "What people call that list."),
    ]
}

fn flag(name: &str, about: &str) -> InputValue {
    input_field(name, TypeRef::named(TypeRef::BOOLEAN), about)
}
