//! `createField`, `updateField`, `archiveField`, `restoreField`, `deleteField`: owners shape their objects.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, InputValue, Object, ResolverContext, TypeRef},
};
use rapport_domain::catalog::registry::{self, FieldAnswer};
use rapport_tenancy::{DbError, Role, TenantTx};
use serde::Serialize;

use super::{
    asked::{self, Asked, UserError},
    metadata::{FIELD, FIELD_TYPE, FieldDefinition},
};
use crate::graphql::{
    names::USER_ERROR,
    schema::{Types, input_field, list_nn, member},
};

const FIELD_PAYLOAD: &str = "FieldPayload";
const CREATE_FIELD_INPUT: &str = "CreateFieldInput";
const UPDATE_FIELD_INPUT: &str = "UpdateFieldInput";
const FIELD_OPTION_INPUT: &str = "FieldOptionInput";

/// `FieldPayload`: the field as it is afterwards, or why nothing was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldPayload<'a> {
    field: Option<FieldDefinition<'a>>,
    metadata_version: i64,
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy)]
enum Act {
    Create,
    Update,
    Archive,
    Restore,
    Delete,
}

impl Act {
    const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Archive, Self::Restore, Self::Delete];

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
            Self::Archive => "Takes a field of your own out of the graph. Its values stay.",
            Self::Restore => "Brings an archived field back, with its values.",
            Self::Delete => "Removes an archived field of your own, with its values.",
        }
    }

    fn input(self) -> Option<&'static str> {
        match self {
            Self::Create => Some(CREATE_FIELD_INPUT),
            Self::Update => Some(UPDATE_FIELD_INPUT),
            Self::Archive | Self::Restore | Self::Delete => None,
        }
    }

    fn field(self) -> Field {
        let text = || TypeRef::named_nn(TypeRef::STRING);
        let mut field = Field::new(self.name(), TypeRef::named(FIELD_PAYLOAD), move |ctx| {
            FieldFuture::new(async move { run(self, &ctx).await })
        })
        .description(self.about())
        .argument(input_field("object", text(), "Name of the object: `Contact`."));
        if !matches!(self, Self::Create) {
            field = field.argument(input_field("name", text(), "Name of the field: `favouriteCourse`."));
        }
        match self.input() {
            Some(input) => field.argument(input_field("input", TypeRef::named_nn(input), "The field.")),
            None => field,
        }
    }

    async fn on(self, tx: &TenantTx, asked: &Asked, ctx: &ResolverContext<'_>) -> Result<FieldAnswer> {
        let catalog = &*asked.catalog;
        let text = |name| ctx.args.try_get(name).and_then(|value| value.string());
        let object = text("object")?;
        let answer: std::result::Result<FieldAnswer, DbError> = match self {
            Self::Create => registry::create_field(tx, catalog, object, &asked::input(ctx)?).await,
            Self::Update => registry::update_field(tx, catalog, object, text("name")?, &asked::input(ctx)?).await,
            Self::Archive => registry::archive_field(tx, catalog, object, text("name")?).await,
            Self::Restore => registry::restore_field(tx, catalog, object, text("name")?).await,
            Self::Delete => registry::delete_field(tx, catalog, object, text("name")?).await,
        };
        answer.map_err(asked::database)
    }
}

/// Changes the registry in one transaction, and forgets the catalog that it made out of date.
async fn run(act: Act, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let scope = &asked.owner()?.scope;
    let tx = asked.app.tenancy.open(scope).begin().await.map_err(asked::database)?;
    let answer = act.on(&tx, asked, ctx).await?;
    if answer.user_errors.is_empty() {
        tx.commit().await.map_err(asked::database)?;
        asked.app.graph.catalogs.forget(scope.tenant());
        let db = asked.app.tenancy.open(scope);
        asked.app.indexing.wake(&db);
        asked.app.searching.wake(&db);
    } else {
        tx.rollback().await;
    }
    let object = ctx.args.try_get("object")?.string()?;
    let object = asked.catalog.object(object).zip(answer.field.as_ref());
    let payload = FieldPayload {
        field: object.map(|(object, field)| FieldDefinition::of(&asked.catalog, object, field)),
        metadata_version: answer.metadata_version,
        user_errors: answer.user_errors.into_iter().map(UserError::from).collect(),
    };
    Ok(Some(asked::present(&payload)?))
}

/// For owners only: others have no such fields in their graph.
pub fn mutations(role: Role) -> Vec<Field> {
    match role {
        Role::Owner => Act::ALL.into_iter().map(Act::field).collect(),
        Role::Member => Vec::new(),
    }
}

pub fn declare(types: &mut Types, role: Role) {
    if role == Role::Member {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        Object::new(FIELD_PAYLOAD)
            .description("What became of a change to a field.")
            .field(member("field", TypeRef::named(FIELD), "The field as it is afterwards; null when refused."))
            .field(member(
                "metadataVersion",
                TypeRef::named(TypeRef::INT),
                "Version of the workspace's metadata: goes up by one with every change.",
            ))
            .field(member(
                "userErrors",
                TypeRef::named_nn_list_nn(USER_ERROR),
                "Why it was refused; empty when it was not.",
            )),
    );
    let create = InputObject::new(CREATE_FIELD_INPUT)
        .description("A new field of an object.")
        .field(input_field("name", text(), "Name in the graph, camelCase: `favouriteCourse`."))
        .field(input_field(
            "type",
            TypeRef::named_nn(FIELD_TYPE),
            "What values it takes; this cannot be changed later.",
        ))
        .field(flag("unique", "No two live records may share a value; this cannot be changed later."))
        .field(input_field("target", maybe(), "The object that a relation points to."))
        .field(input_field("inverse", maybe(), "Name of the field at the other end of a relation."));
    let update = InputObject::new(UPDATE_FIELD_INPUT)
        .description("Changes to a field. What is left out stays.")
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

fn shared() -> [InputValue; 7] {
    let maybe = || TypeRef::named(TypeRef::STRING);
    [
        input_field("label", maybe(), "What people call it."),
        input_field("description", maybe(), "What it means."),
        flag("required", "A record cannot be without it, from now on."),
        flag(
            "filterable",
            "Conditions on it are fast however many records there are: it gets an index of its own, built in the background.",
        ),
        flag("searchable", "Search looks into it."),
        flag("restricted", "Only owners of the workspace see it."),
        input_field("options", list_nn(FIELD_OPTION_INPUT), "The options of a select, in order."),
    ]
}

fn flag(name: &str, about: &str) -> InputValue {
    input_field(name, TypeRef::named(TypeRef::BOOLEAN), about)
}
