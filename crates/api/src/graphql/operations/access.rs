//! `access`: why somebody may see a record, and do what with it.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use rapport_domain::{
    record::code,
    rights::{
        Action,
        explain::{self, Explanation, FieldPermission, Ground, Permission},
    },
};
use rapport_tenancy::UserId;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    asked::{self, Asked},
    me::{ADMINISTRATION, HELD_ROLE},
    registrar::text,
    rights_change::{forbidden, id, maybe_id},
    roles::{FIELD_ACCESS_TYPE, HeldRole, LEVEL},
    shares::{RECORD_SHARE, Share},
};
use crate::graphql::schema::{Types, choices, input_field, member};

const RECORD_ACCESS: &str = "RecordAccess";
const ACTION_ACCESS: &str = "ActionAccess";
const RECORD_ACTION: &str = "RecordAction";
const FIELD_GRANT: &str = "FieldAccessGrant";
const GROUND: &str = "AccessGround";
const GROUND_KIND: &str = "AccessGroundKind";

#[derive(Serialize)]
struct RecordAccess {
    actions: Vec<ActionAccess>,
    fields: Vec<FieldGrant>,
}

#[derive(Serialize)]
struct ActionAccess {
    action: &'static str,
    allowed: bool,
    through: Vec<Told>,
}

#[derive(Serialize)]
struct FieldGrant {
    field: String,
    access: &'static str,
    roles: Vec<HeldRole>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Told {
    kind: &'static str,
    role: Option<HeldRole>,
    level: Option<&'static str>,
    rule: Option<Json>,
    administration: Option<&'static str>,
    share: Option<Share>,
    object: Option<String>,
    record_id: Option<Uuid>,
    through: Vec<Told>,
}

impl From<Ground> for Told {
    fn from(ground: Ground) -> Self {
        let role = |role: rapport_domain::rights::HeldRole| Some(HeldRole::of(role.id, role.name));
        match ground {
            Ground::Role { role: held, level, rule } => {
                Self { kind: "ROLE", role: role(held), level: Some(level.as_str()), rule, ..Self::default() }
            }
            Ground::Administration { role: held, right } => Self {
                kind: "ADMINISTRATION",
                role: role(held),
                administration: Some(right.as_str()),
                ..Self::default()
            },
            Ground::Share(share) => Self { kind: "SHARE", share: Some(share.into()), ..Self::default() },
            Ground::PartOf { object, record, grounds } => Self {
                kind: "PART_OF",
                object: Some(object),
                record_id: Some(record),
                through: grounds.into_iter().map(Self::from).collect(),
                ..Self::default()
            },
        }
    }
}

impl From<Explanation> for RecordAccess {
    fn from(explanation: Explanation) -> Self {
        let action = |Permission { action, is_allowed, grounds }| ActionAccess {
            action: Action::as_str(action),
            allowed: is_allowed,
            through: grounds.into_iter().map(Told::from).collect(),
        };
        let field = |FieldPermission { field, access, roles }| FieldGrant {
            field,
            access: access.as_str(),
            roles: roles.into_iter().map(|role| HeldRole::of(role.id, role.name)).collect(),
        };
        Self {
            actions: explanation.actions.into_iter().map(action).collect(),
            fields: explanation.fields.into_iter().map(field).collect(),
        }
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("access", TypeRef::named(RECORD_ACCESS), |ctx| {
            FieldFuture::new(async move { access(&ctx).await })
        })
        .description(
            "Why a user may see a record, or not, and what they may do with it. Null when there is no such record, or user, for you. About others it is for those who manage roles.",
        )
        .argument(input_field("object", TypeRef::named_nn(TypeRef::STRING), "Name of the object: `Contact`."))
        .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the record."))
        .argument(input_field("userId", TypeRef::named(TypeRef::ID), "Id of the user; yourself when left out.")),
    ]
}

async fn access(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let scope = &asked.member()?.scope;
    let session = asked.app.tenancy.open(scope).session().await.map_err(asked::database)?;
    let user = maybe_id(ctx, "userId").map(UserId::from).or_else(|| scope.actor().user_id());
    let Some(user) = user else { return Ok(None) };
    let explained = explain::explain(&session, &text(ctx, "object")?, id(ctx, "id"), user).await;
    match explained.map_err(asked::database)? {
        None => Ok(None),
        Some(Err(error)) if error.code == code::NOT_FOUND => Ok(None),
        Some(Err(error)) => Err(forbidden(&error)),
        Some(Ok(explanation)) => Ok(Some(asked::present(&RecordAccess::from(explanation))?)),
    }
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    types.add(
        Object::new(RECORD_ACCESS)
            .description("What a user may do with a record, and through what.")
            .field(member("actions", TypeRef::named_nn_list_nn(ACTION_ACCESS), "Each thing that can be done with it."))
            .field(member("fields", TypeRef::named_nn_list_nn(FIELD_GRANT), "Each field that you see yourself.")),
    );
    types.add(
        Object::new(ACTION_ACCESS)
            .description("Whether a user may do something with a record.")
            .field(member("action", TypeRef::named_nn(RECORD_ACTION), "What is done."))
            .field(member("allowed", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether they may, where the record is in the state for it."))
            .field(member(
                "through",
                TypeRef::named_nn_list_nn(GROUND),
                "All that lets them; empty where they may not. Of a part of another record both are needed: a role, and the whole.",
            )),
    );
    types.add(choices(
        RECORD_ACTION,
        "What is done with a record that is there.",
        [
            (Action::Read.as_str(), "It is seen."),
            (Action::Update.as_str(), "It is changed."),
            (Action::Delete.as_str(), "It is put into the bin."),
            (Action::Restore.as_str(), "It is taken out of the bin."),
            (Action::Export.as_str(), "It is exported."),
        ],
    ));
    types.add(
        Object::new(FIELD_GRANT)
            .description("What a user may do with a field of a record.")
            .field(member("field", text(), "Name of the field."))
            .field(member("access", TypeRef::named_nn(FIELD_ACCESS_TYPE), "What they may do with its value."))
            .field(member("roles", TypeRef::named_nn_list_nn(HELD_ROLE), "The roles that give it.")),
    );
    types.add(
        Object::new(GROUND)
            .description("One thing that lets a user do something with a record.")
            .field(member("kind", TypeRef::named_nn(GROUND_KIND), "What it is."))
            .field(member("role", TypeRef::named(HELD_ROLE), "The role, of ROLE and ADMINISTRATION."))
            .field(member("level", TypeRef::named(LEVEL), "How far the role reaches, of ROLE."))
            .field(member(
                "rule",
                TypeRef::named("JSON"),
                "The rule, where the level is RULE. For those who manage roles.",
            ))
            .field(member("administration", TypeRef::named(ADMINISTRATION), "The right, of ADMINISTRATION."))
            .field(member("share", TypeRef::named(RECORD_SHARE), "The share, of SHARE."))
            .field(member("object", TypeRef::named(TypeRef::STRING), "Name of the whole's object, of PART_OF."))
            .field(member("recordId", TypeRef::named(TypeRef::ID), "Id of the whole, of PART_OF."))
            .field(member(
                "through",
                TypeRef::named_nn_list_nn(GROUND),
                "What puts the whole within reach, of PART_OF.",
            )),
    );
    types.add(choices(
        GROUND_KIND,
        "What lets a user do something with a record.",
        [
            ("ROLE", "A role of theirs that reaches the record."),
            ("ADMINISTRATION", "A role of theirs that administers all records of the object."),
            ("SHARE", "The record is shared with them or a team of theirs."),
            ("PART_OF", "It is a part of a record that is within reach."),
        ],
    ));
}
