//! A role as the graph shows it and as it is made.

use async_graphql::dynamic::{InputObject, Object, TypeRef};
use rapport_domain::{
    catalog::Catalog,
    rights::{
        Action, Administration, FieldAccess, Level, ObjectRights,
        role::{self, Member, NamedRights},
    },
};
use rapport_tenancy::BuiltInRole;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{held_role::HELD_ROLE, me::ADMINISTRATION};
use crate::graphql::schema::{Types, choices, input_field, list_nn, member, user_errors};

pub const ROLE: &str = "Role";
const OBJECT_RIGHTS: &str = "ObjectRights";
const FIELD_RIGHTS: &str = "FieldRights";
pub const FIELD_ACCESS: &str = "FieldAccess";
pub const CREATE_ROLE_INPUT: &str = "CreateRoleInput";
pub const UPDATE_ROLE_INPUT: &str = "UpdateRoleInput";
const OBJECT_RIGHTS_INPUT: &str = "ObjectRightsInput";
const FIELD_RIGHTS_INPUT: &str = "FieldRightsInput";
pub const ROLE_PAYLOAD: &str = "RolePayload";
pub const DELETE_ROLE_PAYLOAD: &str = "DeleteRolePayload";
pub const SET_ROLES_PAYLOAD: &str = "SetRolesPayload";
pub const LEVEL: &str = "AccessLevel";
pub const RECORD_NAME: &str = "RecordName";

/// A record in one line: its id, and its name where the one who asks may see it.
#[derive(Serialize)]
pub struct RecordName {
    pub id: Uuid,
    pub name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
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
    pub fn of(catalog: &Catalog, role: role::Role, members: Vec<Member>) -> Self {
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
