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
    asked::{self, Asked, id, maybe_id},
    held_role::{HELD_ROLE, HeldRole},
    me::ADMINISTRATION,
    registrar::text,
    rights_change::forbidden,
    role_types::{FIELD_ACCESS, LEVEL},
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
        let role = |role| Some(HeldRole::from(role));
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
            roles: roles.into_iter().map(HeldRole::from).collect(),
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
            "What a user may do with a record, and why. Null when you see no such record or user. Asking about others needs the right ROLES.",
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
            .description("What a user may do with a record, and why.")
            .field(member("actions", TypeRef::named_nn_list_nn(ACTION_ACCESS), "One entry for each action."))
            .field(member(
                "fields",
                TypeRef::named_nn_list_nn(FIELD_GRANT),
                "One entry for each field that you may see yourself.",
            )),
    );
    types.add(
        Object::new(ACTION_ACCESS)
            .description("Whether a user may do one thing with a record.")
            .field(member("action", TypeRef::named_nn(RECORD_ACTION), "The action."))
            .field(member("allowed", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether their rights allow it. The state of the record may still forbid it: only a deleted record is restored."))
            .field(member(
                "through",
                TypeRef::named_nn_list_nn(GROUND),
                "The reasons why it is allowed; empty when it is not. A record that is part of another one needs two: a role, and access to that one.",
            )),
    );
    types.add(choices(
        RECORD_ACTION,
        "An action on an existing record.",
        [
            (Action::Read.as_str(), "See it."),
            (Action::Update.as_str(), "Change it."),
            (Action::Delete.as_str(), "Put it into the bin."),
            (Action::Restore.as_str(), "Take it out of the bin."),
            (Action::Export.as_str(), "Export it."),
        ],
    ));
    types.add(
        Object::new(FIELD_GRANT)
            .description("What a user may do with a field of a record.")
            .field(member("field", text(), "Name of the field."))
            .field(member("access", TypeRef::named_nn(FIELD_ACCESS), "What they may do with its value."))
            .field(member("roles", TypeRef::named_nn_list_nn(HELD_ROLE), "The roles that give it.")),
    );
    types.add(
        Object::new(GROUND)
            .description("One reason why a user may do something with a record.")
            .field(member("kind", TypeRef::named_nn(GROUND_KIND), "Kind of the reason."))
            .field(member("role", TypeRef::named(HELD_ROLE), "Set when `kind` is ROLE or ADMINISTRATION: the role."))
            .field(member("level", TypeRef::named(LEVEL), "Set when `kind` is ROLE: how far the role reaches."))
            .field(member(
                "rule",
                TypeRef::named("JSON"),
                "Set when `level` is RULE and you have the right ROLES: the rule.",
            ))
            .field(member(
                "administration",
                TypeRef::named(ADMINISTRATION),
                "Set when `kind` is ADMINISTRATION: the right.",
            ))
            .field(member("share", TypeRef::named(RECORD_SHARE), "Set when `kind` is SHARE: the share."))
            .field(member(
                "object",
                TypeRef::named(TypeRef::STRING),
                "Set when `kind` is PART_OF: object of the whole, `Opportunity`.",
            ))
            .field(member("recordId", TypeRef::named(TypeRef::ID), "Set when `kind` is PART_OF: id of the whole."))
            .field(member(
                "through",
                TypeRef::named_nn_list_nn(GROUND),
                "When `kind` is PART_OF: the reasons why the whole is within reach. Otherwise empty.",
            )),
    );
    types.add(choices(
        GROUND_KIND,
        "What kind of reason allows something.",
        [
            ("ROLE", "A role of the user reaches the record."),
            ("ADMINISTRATION", "A role of the user administers the object, with all its records."),
            ("SHARE", "The record is shared with the user or with a team; see `shareRecord`."),
            (
                "PART_OF",
                "The record is part of another one, the whole, that is within reach: a line item of an opportunity.",
            ),
        ],
    ));
}
