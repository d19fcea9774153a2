//! `roles`, `createRole`, `setRoles` and the like: what people may see and do, made and given by those who have the right.

use std::collections::HashMap;

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, InputValue, Object, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::Catalog,
    rights::{
        Action, Administration, FieldAccess, Level, ObjectRights,
        assign::{self, Assignee},
        role::{self, Member, NamedRights},
    },
};
use rapport_tenancy::{BuiltInRole, UserId};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError},
    me::{ADMINISTRATION, HELD_ROLE},
    registrar::text,
    rights_change::{begin, end, id, maybe_id},
};
use crate::graphql::{
    code,
    schema::{Types, choices, input_field, list_nn, member, user_errors},
};

const ROLE: &str = "Role";
const OBJECT_RIGHTS: &str = "ObjectRights";
const FIELD_RIGHTS: &str = "FieldRights";
const FIELD_ACCESS: &str = "FieldAccess";
const CREATE_ROLE_INPUT: &str = "CreateRoleInput";
const UPDATE_ROLE_INPUT: &str = "UpdateRoleInput";
const OBJECT_RIGHTS_INPUT: &str = "ObjectRightsInput";
const FIELD_RIGHTS_INPUT: &str = "FieldRightsInput";
const ROLE_PAYLOAD: &str = "RolePayload";
const DELETE_ROLE_PAYLOAD: &str = "DeleteRolePayload";
const SET_ROLES_PAYLOAD: &str = "SetRolesPayload";
pub const LEVEL: &str = "AccessLevel";
pub const RECORD_NAME: &str = "RecordName";
pub const FIELD_ACCESS_TYPE: &str = FIELD_ACCESS;

/// A record in one line: its id, and its name where the one who asks may see it.
#[derive(Serialize)]
pub struct RecordName {
    pub id: Uuid,
    pub name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    id: Uuid,
    key: Option<&'static str>,
    name: String,
    description: Option<String>,
    built_in: bool,
    administration: Vec<&'static str>,
    others: Rights,
    objects: Vec<Rights>,
    fields: Vec<FieldRights>,
    restricted_fields: &'static str,
    version: i32,
    member_count: usize,
    members: Vec<RecordName>,
    api_key_ids: Vec<Uuid>,
}

#[derive(Serialize)]
struct Rights {
    object: Option<String>,
    create: bool,
    import: bool,
    read: &'static str,
    update: &'static str,
    delete: &'static str,
    restore: &'static str,
    export: &'static str,
    rule: Option<Json>,
}

#[derive(Serialize)]
struct FieldRights {
    object: String,
    field: String,
    access: &'static str,
}

/// A role that somebody has.
#[derive(Serialize)]
pub struct HeldRole {
    id: Uuid,
    key: Option<&'static str>,
    name: String,
}

impl HeldRole {
    pub fn of(id: Uuid, name: String) -> Self {
        Self { id, key: BuiltInRole::of(id).map(BuiltInRole::key), name }
    }
}

impl Rights {
    fn of(object: Option<String>, rights: ObjectRights) -> Self {
        let level = |action| rights.level(action).as_str();
        Self {
            object,
            create: rights.create,
            import: rights.import,
            read: level(Action::Read),
            update: level(Action::Update),
            delete: level(Action::Delete),
            restore: level(Action::Restore),
            export: level(Action::Export),
            rule: rights.rule,
        }
    }
}

impl Role {
    fn of(catalog: &Catalog, role: role::Role, members: Vec<Member>) -> Self {
        let NamedRights { administration, others, objects, fields, restricted_fields } = role.rights.by_names(catalog);
        let member_count = members.len();
        let (users, keys): (Vec<Member>, Vec<Member>) = members.into_iter().partition(|member| member.name.is_some());
        Self {
            id: role.id,
            key: role.built_in.map(BuiltInRole::key),
            name: role.name,
            description: role.description,
            built_in: role.built_in.is_some(),
            administration: administration.into_iter().map(Administration::as_str).collect(),
            others: Rights::of(None, others),
            objects: objects.into_iter().map(|named| Rights::of(Some(named.object), named.rights)).collect(),
            fields: fields
                .into_iter()
                .map(|named| FieldRights { object: named.object, field: named.field, access: named.access.as_str() })
                .collect(),
            restricted_fields: restricted_fields.as_str(),
            version: role.version,
            member_count,
            members: users.into_iter().map(|Member { subject, name }| RecordName { id: subject, name }).collect(),
            api_key_ids: keys.into_iter().map(|key| key.subject).collect(),
        }
    }
}

/// Who gives roles to members, guests or keys chooses among them.
fn chooser(asked: &Asked) -> Result<()> {
    let rights = [Administration::Roles, Administration::Members, Administration::ApiKeys];
    if asked.member().is_ok() && rights.into_iter().any(|right| asked.catalog.may(right)) {
        return Ok(());
    }
    asked.member()?;
    Err(asked::coded("You may not manage roles.", code::FORBIDDEN))
}

async fn roles(ctx: &ResolverContext<'_>, only: Option<Uuid>) -> Result<Vec<Role>> {
    let asked = Asked::of(ctx)?;
    chooser(asked)?;
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let catalog = asked.app.graph.catalogs.whole(&db).await.map_err(asked::database)?;
    let session = db.session().await.map_err(asked::database)?;
    let roles = match only {
        None => role::list(&session).await.map_err(asked::database)?,
        Some(id) => role::find(&session, id).await.map_err(asked::database)?.into_iter().collect(),
    };
    let mut members = role::members(&session).await.map_err(asked::database)?;
    Ok(named(&catalog, roles, &mut members))
}

fn named(catalog: &Catalog, roles: Vec<role::Role>, members: &mut HashMap<Uuid, Vec<Member>>) -> Vec<Role> {
    let named = |role: role::Role| {
        let members = members.remove(&role.id).unwrap_or_default();
        Role::of(catalog, role, members)
    };
    roles.into_iter().map(named).collect()
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("roles", TypeRef::named_nn_list(ROLE), |ctx| {
            FieldFuture::new(async move { Ok(Some(asked::present(&roles(&ctx, None).await?)?)) })
        })
        .description(
            "All roles: the built-in ones, then your own by name. Needs one of the rights ROLES, MEMBERS and API_KEYS.",
        ),
        Field::new("role", TypeRef::named(ROLE), |ctx| {
            FieldFuture::new(async move {
                let role = roles(&ctx, Some(id(&ctx, "id"))).await?.pop();
                role.map(|role| asked::present(&role)).transpose()
            })
        })
        .description(
            "One role; null when there is none with this id. Needs one of the rights ROLES, MEMBERS and API_KEYS.",
        )
        .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the role.")),
    ]
}

#[derive(Clone, Copy)]
enum Act {
    Create,
    Copy,
    Update,
    Delete,
    Set,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<HeldRole>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    user_errors: Vec<UserError>,
}

async fn run(act: Act, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let (tx, origin) = (begin(asked).await?, &asked.origin);
    let (role, user_errors) = match act {
        Act::Create => end(asked, role::create(&tx, &asked::input(ctx)?, origin).await, tx).await?,
        Act::Copy => end(asked, role::copy(&tx, id(ctx, "id"), &text(ctx, "name")?, origin).await, tx).await?,
        Act::Update => {
            let if_version = ctx.args.get("ifVersion").filter(|version| !version.is_null());
            let if_version = if_version.map(|version| version.i64()).transpose()?;
            let if_version = if_version.map(|version| i32::try_from(version).unwrap_or(i32::MAX));
            let answer = role::update(&tx, id(ctx, "id"), &asked::input(ctx)?, if_version, origin).await;
            end(asked, answer, tx).await?
        }
        Act::Delete => {
            let answer = role::delete(&tx, id(ctx, "id"), maybe_id(ctx, "replaceWith"), origin).await;
            let (role, user_errors) = end(asked, answer, tx).await?;
            let id = role.map(|role| role.id);
            return Ok(Some(asked::present(&Told { role: None, roles: None, id, user_errors })?));
        }
        Act::Set => return set(asked, tx, ctx).await,
    };
    let role = match role {
        Some(role) => {
            let db = asked.app.tenancy.open(&asked.member()?.scope);
            let catalog = asked.app.graph.catalogs.whole(&db).await.map_err(asked::database)?;
            let session = db.session().await.map_err(asked::database)?;
            let mut members = role::members(&session).await.map_err(asked::database)?;
            named(&catalog, vec![role], &mut members).pop()
        }
        None => None,
    };
    Ok(Some(asked::present(&Told { role, roles: None, id: None, user_errors })?))
}

async fn set(asked: &Asked, tx: rapport_tenancy::TenantTx, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let ids: Vec<String> = ctx.args.try_get("roleIds")?.deserialize()?;
    // What is no id is the id of nothing.
    let ids: Vec<Uuid> = ids.iter().map(|id| id.parse().unwrap_or_default()).collect();
    let user = Assignee::User(UserId::from(id(ctx, "userId")));
    let (roles, user_errors) = end(asked, assign::set(&tx, user, &ids, &asked.origin).await, tx).await?;
    let roles = roles.map(|roles| roles.into_iter().map(|role| HeldRole::of(role.id, role.name)).collect());
    Ok(Some(asked::present(&Told { role: None, roles, id: None, user_errors })?))
}

/// Which only those have in their graph who may manage roles.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Roles) {
        return Vec::new();
    }
    let field = |name: &str, payload: &str, act: Act, arguments: Vec<InputValue>, about: &str| {
        let field =
            Field::new(name, TypeRef::named(payload), move |ctx| FieldFuture::new(async move { run(act, &ctx).await }));
        arguments.into_iter().fold(field.description(about), Field::argument)
    };
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the role.");
    let input = |ty| input_field("input", TypeRef::named_nn(ty), "The role.");
    vec![
        field(
            "createRole",
            ROLE_PAYLOAD,
            Act::Create,
            vec![input(CREATE_ROLE_INPUT)],
            "Makes a role. It allows what you name and nothing else, and it cannot allow what you may not do yourself.",
        ),
        field(
            "copyRole",
            ROLE_PAYLOAD,
            Act::Copy,
            vec![id(), input_field("name", TypeRef::named_nn(TypeRef::STRING), "Name of the copy.")],
            "Copies a role, a built-in one as well. The copy can be changed.",
        ),
        field(
            "updateRole",
            ROLE_PAYLOAD,
            Act::Update,
            vec![
                id(),
                input(UPDATE_ROLE_INPUT),
                input_field(
                    "ifVersion",
                    TypeRef::named(TypeRef::INT),
                    "Change the role only if it is at this version.",
                ),
            ],
            "Changes a role of your own, at once for everybody who has it. Built-in roles cannot be changed.",
        ),
        field(
            "deleteRole",
            DELETE_ROLE_PAYLOAD,
            Act::Delete,
            vec![
                id(),
                input_field(
                    "replaceWith",
                    TypeRef::named(TypeRef::ID),
                    "Id of the role that its holders get instead. Without it, a role that somebody has is not removed.",
                ),
            ],
            "Removes a role of your own.",
        ),
        field(
            "setRoles",
            SET_ROLES_PAYLOAD,
            Act::Set,
            vec![
                input_field("userId", TypeRef::named_nn(TypeRef::ID), "Id of the user."),
                input_field(
                    "roleIds",
                    TypeRef::named_nn_list_nn(TypeRef::ID),
                    "Ids of all the roles they have from now on.",
                ),
            ],
            "Gives a user these roles and no others. Only owners make owners, and the last owner stays one.",
        ),
    ]
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let id = || TypeRef::named_nn(TypeRef::ID);
    types.add(
        Object::new(RECORD_NAME)
            .description("Id and name of a record.")
            .field(member("id", id(), "Id of the record."))
            .field(member(
                "name",
                TypeRef::named(TypeRef::STRING),
                "Name of the record; null when you may not see it.",
            )),
    );
    types.add(
        Object::new(ROLE)
            .description("What its holders may see and do. The rights of several roles add up.")
            .field(member("id", id(), "Id of the role."))
            .field(member(
                "key",
                TypeRef::named(TypeRef::STRING),
                "Key of a built-in role: `REP`. Null for a role of your own.",
            ))
            .field(member("name", text(), "Name."))
            .field(member("description", TypeRef::named(TypeRef::STRING), "What it is for."))
            .field(member(
                "builtIn",
                TypeRef::named_nn(TypeRef::BOOLEAN),
                "Whether it comes with Rapport. Such a role cannot be changed.",
            ))
            .field(member("administration", TypeRef::named_nn_list_nn(ADMINISTRATION), "Its rights of administration."))
            .field(member("others", TypeRef::named_nn(OBJECT_RIGHTS), "Rights for objects that are not in `objects`."))
            .field(member("objects", TypeRef::named_nn_list_nn(OBJECT_RIGHTS), "Rights for single objects."))
            .field(member(
                "fields",
                TypeRef::named_nn_list_nn(FIELD_RIGHTS),
                "Rights for single fields. Fields not listed are writable; restricted ones follow `restrictedFields`.",
            ))
            .field(member(
                "restrictedFields",
                TypeRef::named_nn(FIELD_ACCESS),
                "What may be done with restricted fields that are not in `fields`.",
            ))
            .field(member(
                "version",
                TypeRef::named_nn(TypeRef::INT),
                "Goes up by one with every change; see `ifVersion`.",
            ))
            .field(member("memberCount", TypeRef::named_nn(TypeRef::INT), "How many users and API keys have it."))
            .field(member("members", TypeRef::named_nn_list_nn(RECORD_NAME), "The users who have it, by name."))
            .field(member("apiKeyIds", TypeRef::named_nn_list_nn(TypeRef::ID), "The API keys that have it.")),
    );
    let rights = Object::new(OBJECT_RIGHTS)
        .description("What a role allows with the records of an object.")
        .field(member("object", TypeRef::named(TypeRef::STRING), "Name of the object: `Contact`. Null in `others`."));
    let flags = FLAGS
        .into_iter()
        .fold(rights, |rights, (name, about)| rights.field(member(name, TypeRef::named_nn(TypeRef::BOOLEAN), about)));
    let levels = LEVELS
        .into_iter()
        .fold(flags, |rights, (name, about)| rights.field(member(name, TypeRef::named_nn(LEVEL), about)));
    types.add(levels.field(member("rule", TypeRef::named("JSON"), RULE)));
    types.add(
        Object::new(FIELD_RIGHTS)
            .description("What a role allows with a field.")
            .field(member("object", text(), "Name of the object: `Contact`."))
            .field(member("field", text(), "Name of the field: `email`."))
            .field(member("access", TypeRef::named_nn(FIELD_ACCESS), "What may be done with its values.")),
    );
    types.add(choices(
        LEVEL,
        "Which records a right reaches.",
        [
            (Level::None.as_str(), "No records."),
            (Level::Own.as_str(), "Records you own, and ownerless records you created."),
            (
                Level::Team.as_str(),
                "Records of people in your team, in teams you lead and in teams below those; your own as well.",
            ),
            (Level::Rule.as_str(), "Records that match the rule."),
            (Level::All.as_str(), "All records."),
        ],
    ));
    types.add(choices(
        FIELD_ACCESS,
        "What may be done with the values of a field.",
        [
            (FieldAccess::None.as_str(), "Nothing: as if the field were not there."),
            (FieldAccess::Masked.as_str(), "Only the end of a text is seen; no filter or sort may use the field."),
            (FieldAccess::Read.as_str(), "The values are seen."),
            (FieldAccess::Write.as_str(), "The values are seen and changed."),
        ],
    ));
    if catalog.may(Administration::Roles) {
        declare_changes(types);
    }
}

const FLAGS: [(&str, &str); 2] = [("create", "May create records."), ("import", "May import records.")];
const LEVELS: [(&str, &str); 5] = [
    ("read", "Which records are seen. Without any the object is not in the graph."),
    ("update", "Which of those may be changed."),
    ("delete", "Which of those may be put into the bin."),
    ("restore", "Which of those may be taken out of the bin."),
    ("export", "Which of those may be exported."),
];
const RULE: &str = "Used where a level is RULE: a filter of the object. A text that begins with `$viewer.` stands for a value of the viewer: `$viewer.id`, `$viewer.teamIds`, `$viewer.region`.";

fn declare_changes(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    let shared = || {
        [
            input_field("description", maybe(), "What it is for."),
            input_field("administration", list_nn(ADMINISTRATION), "All its rights of administration."),
            input_field("others", TypeRef::named(OBJECT_RIGHTS_INPUT), "Rights for objects that are not in `objects`."),
            input_field("objects", list_nn(OBJECT_RIGHTS_INPUT), "Rights for single objects, all of them."),
            input_field(
                "fields",
                list_nn(FIELD_RIGHTS_INPUT),
                "Rights for single fields, all of them. Fields not listed are writable; restricted ones follow `restrictedFields`.",
            ),
            input_field(
                "restrictedFields",
                TypeRef::named(FIELD_ACCESS),
                "What may be done with restricted fields that are not in `fields`: NONE, READ or WRITE.",
            ),
        ]
    };
    let create = InputObject::new(CREATE_ROLE_INPUT).description("A new role.").field(input_field(
        "name",
        text(),
        "Name, unique among roles, whatever the case.",
    ));
    let update = InputObject::new(UPDATE_ROLE_INPUT)
        .description("Changes to a role. What is left out stays; a list that is given replaces the whole one.")
        .field(input_field("name", maybe(), "Name, unique among roles, whatever the case."));
    types.add(shared().into_iter().fold(create, InputObject::field));
    types.add(shared().into_iter().fold(update, InputObject::field));
    let rights = InputObject::new(OBJECT_RIGHTS_INPUT)
        .description("What a role allows with the records of an object. What is left out is not allowed.")
        .field(input_field("object", maybe(), "Name of the object: `Contact`. Not in `others`."));
    let flags = FLAGS
        .into_iter()
        .fold(rights, |rights, (name, about)| rights.field(input_field(name, TypeRef::named(TypeRef::BOOLEAN), about)));
    let levels = LEVELS
        .into_iter()
        .fold(flags, |rights, (name, about)| rights.field(input_field(name, TypeRef::named(LEVEL), about)));
    types.add(levels.field(input_field("rule", TypeRef::named("JSON"), RULE)));
    types.add(
        InputObject::new(FIELD_RIGHTS_INPUT)
            .description("What a role allows with a field.")
            .field(input_field("object", text(), "Name of the object: `Contact`."))
            .field(input_field("field", text(), "Name of the field: `email`."))
            .field(input_field("access", TypeRef::named_nn(FIELD_ACCESS), "What may be done with its values.")),
    );
    types.add(
        Object::new(ROLE_PAYLOAD)
            .description("Result of a change to a role.")
            .field(member("role", TypeRef::named(ROLE), "The role as it is afterwards; null when refused."))
            .field(user_errors()),
    );
    types.add(
        Object::new(DELETE_ROLE_PAYLOAD)
            .description("Result of removing a role.")
            .field(member("id", TypeRef::named(TypeRef::ID), "Id of the role that is gone; null when refused."))
            .field(user_errors()),
    );
    types.add(
        Object::new(SET_ROLES_PAYLOAD)
            .description("Result of giving roles.")
            .field(member("roles", TypeRef::named_nn_list(HELD_ROLE), "The roles from now on; null when refused."))
            .field(user_errors()),
    );
}
