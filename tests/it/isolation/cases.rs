//! What to try with a neighbour's ids, names and cursors, by the shape of an operation's arguments.

use serde_json::{Value, json};

use super::Known;
use crate::{
    sdl::{Root, Sdl, named},
    support::PASSWORD,
};

pub struct Case {
    pub what: String,
    pub query: String,
    pub variables: Box<dyn Fn(&Known) -> Value>,
    /// Whether data and error code are what they must be.
    pub wanted: fn(&Value, &str) -> bool,
}

fn case(
    what: impl Into<String>,
    query: impl Into<String>,
    variables: impl Fn(&Known) -> Value + 'static,
    wanted: fn(&Value, &str) -> bool,
) -> Case {
    Case { what: what.into(), query: query.into(), variables: Box::new(variables), wanted }
}

const ERRORS: &str = "userErrors { code field message }";

fn nothing(data: &Value, code: &str) -> bool {
    code.is_empty() && data["it"].is_null()
}

fn empty(data: &Value, code: &str) -> bool {
    code.is_empty() && data["it"]["totalCount"] == 0
}

fn bad_input(_: &Value, code: &str) -> bool {
    code == "BAD_USER_INPUT"
}

/// A payload that refuses with `NOT_FOUND`, or all rows of a batch that do.
fn not_found(data: &Value, code: &str) -> bool {
    let refused = |payload: &Value| payload["userErrors"][0]["code"] == "NOT_FOUND";
    let results = data["it"]["results"].as_array();
    code.is_empty() && results.map_or_else(|| refused(&data["it"]), |rows| !rows.is_empty() && rows.iter().all(refused))
}

fn no_rows(data: &Value, code: &str) -> bool {
    code.is_empty() && data["it"]["results"] == json!([])
}

/// Done with the caller's own records: not the neighbour's were found.
fn created(data: &Value, code: &str) -> bool {
    code.is_empty() && data["it"]["results"][0]["outcome"] == "CREATED"
}

fn done(data: &Value, code: &str) -> bool {
    let payload = data["it"]["results"].get(0).unwrap_or(&data["it"]);
    code.is_empty() && payload["userErrors"] == json!([])
}

fn no_secrets(data: &Value, code: &str) -> bool {
    code.is_empty() && !data.to_string().contains("secret")
}

fn any(_: &Value, code: &str) -> bool {
    code.is_empty()
}

/// The cases of one root field; none means that nobody thought of it yet.
pub fn of(sdl: &Sdl, operation: &str, root: &Root, own: &Known) -> Vec<Case> {
    let explicit = explicit(&root.name);
    if !explicit.is_empty() {
        return explicit;
    }
    let Some(object) = object_of(sdl, root) else { return Vec::new() };
    if operation == "query" {
        return if root.has("id") { vec![by_id(root)] } else { lists(sdl, root, &object) };
    }
    writes(sdl, root, &object, own)
}

/// The object whose records a root field is about, by the type that it answers with.
fn object_of(sdl: &Sdl, root: &Root) -> Option<String> {
    let ty = named(&root.ty);
    let suffixes = ["", "Connection", "Aggregate", "Payload", "BatchPayload"];
    sdl.objects().into_iter().find(|object| suffixes.iter().any(|suffix| ty == format!("{object}{suffix}")))
}

fn by_id(root: &Root) -> Case {
    let object = named(&root.ty).to_owned();
    let query = format!("query($id: ID!) {{ it: {}(id: $id) {{ id }} }}", root.name);
    case("by id", query, move |known| json!({"id": known.id(&object)}), nothing)
}

fn lists(sdl: &Sdl, root: &Root, object: &str) -> Vec<Case> {
    let filter_type = root.argument("filter").ty.clone();
    let query = format!("query($filter: {filter_type}) {{ it: {}(filter: $filter) {{ totalCount }} }}", root.name);
    let (mut cases, objects) = (Vec::new(), sdl.objects());
    for field in sdl.inputs(&filter_type) {
        let (name, ty) = (field.name.clone(), named(&field.ty).to_owned());
        let what = format!("filter {name}");
        let related = ty
            .strip_suffix("ListFilter")
            .or_else(|| ty.strip_suffix("Filter"))
            .filter(|of| objects.iter().any(|known| known == of));
        if let Some(target) = related.filter(|_| !["and", "or", "not"].contains(&&*name)).map(str::to_owned) {
            let is_list = ty.ends_with("ListFilter");
            let variables = move |known: &Known| {
                let inner = json!({"id": {"eq": known.id(&target)}});
                json!({"filter": {&name: if is_list { json!({"some": inner}) } else { inner }}})
            };
            cases.push(case(what, &query, variables, empty));
        } else if ty == "IdFilter" {
            let target = sdl.target(object, &name).unwrap_or(object).to_owned();
            cases.push(case(what, &query, move |known| json!({"filter": {&name: {"in": [known.id(&target)]}}}), empty));
        } else if ty == "TextFilter" {
            cases.push(case(what, &query, move |known| json!({"filter": {&name: {"contains": known.text}}}), empty));
        }
    }
    for argument in ["after", "before"].into_iter().filter(|argument| root.has(argument)) {
        let list = root.name.clone();
        let query = format!("query($cursor: String) {{ it: {list}({argument}: $cursor) {{ totalCount }} }}");
        cases.push(case(argument, query, move |known| json!({"cursor": known.cursors[&list]}), bad_input));
    }
    cases
}

fn writes(sdl: &Sdl, root: &Root, object: &str, own: &Known) -> Vec<Case> {
    let is_batch = named(&root.ty).ends_with("BatchPayload");
    let answer = if is_batch { format!("results {{ outcome {ERRORS} }}") } else { ERRORS.to_owned() };
    let declared: Vec<String> =
        root.arguments.iter().map(|argument| format!("${}: {}", argument.name, argument.ty)).collect();
    let passed: Vec<String> = root.arguments.iter().map(|argument| format!("{0}: ${0}", argument.name)).collect();
    let query =
        format!("mutation({}) {{ it: {}({}) {{ {answer} }} }}", declared.join(", "), root.name, passed.join(", "));
    let input = ["input", "inputs"].into_iter().find(|name| root.has(name));
    let least =
        |input_type: &str| sdl.minimal(input_type, &|_, field| own.id(sdl.target(object, field).unwrap_or(object)));
    let object_name = object.to_owned();
    let mut cases = Vec::new();
    if root.has("id") {
        let least = input.map(|input| least(&root.argument(input).ty));
        let variables = move |known: &Known| json!({"id": known.id(&object_name), "input": least});
        cases.push(case("by id", &query, variables, not_found));
    } else if root.has("filter") {
        let variables = move |known: &Known| json!({"filter": {"id": {"eq": known.id(&object_name)}}, "input": {}});
        cases.push(case("by filter", &query, variables, no_rows));
    } else if root.has("matchOn") {
        let least = least(&root.argument("inputs").ty);
        let variables = move |known: &Known| {
            let mut input = least.clone();
            input["externalId"] = json!(known.text);
            json!({"inputs": [input], "matchOn": ["externalId"], "atomic": false})
        };
        cases.push(case("by external id", &query, variables, created));
    }
    if root.name.starts_with("create")
        && let Some(input) = input
    {
        let (least, name) = (least(&root.argument(input).ty), root.name.clone());
        let variables = move |known: &Known| {
            let mut row = least.clone();
            row["externalId"] = json!(format!("{} {name}", known.text));
            if input == "inputs" { json!({"inputs": [row], "atomic": true}) } else { json!({"input": row}) }
        };
        cases.push(case("with an external id", &query, variables, done));
    }
    // A relation to a record of the neighbour.
    if let Some(input) = input {
        let input_type = root.argument(input).ty.clone();
        for field in sdl.inputs(&input_type) {
            let Some(target) = sdl.target(object, &field.name).map(str::to_owned) else { continue };
            let (least, own_id) = (least(&input_type), own.id(object));
            let (name, root) = (field.name.clone(), root.clone());
            let variables = move |known: &Known| {
                let mut row = least.clone();
                row[&name] = known.id(&target);
                if root.has("matchOn") {
                    row["externalId"] = json!("a new one");
                }
                let row = if input == "inputs" { json!([row]) } else { row };
                let filter = json!({"id": {"eq": own_id}});
                let all =
                    json!({"id": own_id, input: row, "filter": filter, "matchOn": ["externalId"], "atomic": false});
                let wanted = |name: &&String| root.has(name);
                all.as_object()
                    .expect("variables")
                    .iter()
                    .filter(|(name, _)| wanted(name))
                    .map(|(n, v)| (n.clone(), v.clone()))
                    .collect()
            };
            cases.push(case(format!("with {}", field.name), &query, variables, not_found));
        }
    }
    cases
}

fn an_import(known: &Known) -> Value {
    json!({"id": known.id("Import")})
}

/// An import of one contact, known by its external id.
pub fn import_of(external_id: &str) -> Value {
    let mapping = "[[step]]\nfile = \"people.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n\
                   [step.columns]\nlastName = \"name\"\nexternalId = \"key\"\n";
    let content = format!("name;key\nImported;{external_id}\n");
    json!({"mapping": mapping, "files": [{"name": "people.csv", "content": content}]})
}

/// The object that a workspace of this text has of its own.
pub fn own_object(text: &str) -> String {
    format!("O{text}")
}

/// A name that only the neighbour's workspace has, with this ending.
fn called(suffix: &'static str) -> impl Fn(&Known) -> Value {
    move |known| json!({"name": format!("{}{suffix}", known.text)})
}

/// Operations on objects and what is told of them.
fn of_objects(root: &str) -> Vec<Case> {
    let an_object = |known: &Known| json!({"name": own_object(&known.text)});
    match root {
        "metadataVersion" => vec![case("of the caller", "{ it: metadataVersion }", |_| json!({}), any)],
        "archived" => {
            vec![case("all", "{ it: archived { objects { name } fields { name } } }", |_| json!({}), no_secrets)]
        }
        "fieldUsage" => vec![case(
            "of a field",
            "query($name: String!) { it: fieldUsage(object: \"Contact\", name: $name) { kind } }",
            called("Live"),
            nothing,
        )],
        "objectUsage" => vec![case(
            "of an object",
            "query($name: String!) { it: objectUsage(name: $name) { kind } }",
            an_object,
            nothing,
        )],
        "createObject" => {
            let query = format!(
                "mutation($name: String!, $plural: String!) {{ it: createObject(input: {{name: $name, plural: $plural}}) {{ {ERRORS} }} }}"
            );
            vec![case(
                "of the same name",
                query,
                |known| json!({"name": format!("Its{}", known.text), "plural": format!("{}s", known.text)}),
                any,
            )]
        }
        "updateObject" | "archiveObject" | "restoreObject" | "deleteObject" => {
            let input = if root == "updateObject" { ", input: {label: \"mine\"}" } else { "" };
            let query = format!("mutation($name: String!) {{ it: {root}(name: $name{input}) {{ {ERRORS} }} }}");
            vec![case("an object", query, an_object, not_found)]
        }
        "arrangeFields" => {
            let query = format!(
                "mutation($name: String!) {{ it: arrangeFields(object: \"Contact\", sections: [{{fields: [$name]}}]) {{ {ERRORS} }} }}"
            );
            vec![case("a field", query, called("Archived"), |data, code| {
                code.is_empty() && data["it"]["userErrors"][0]["code"] == "UNKNOWN_FIELD"
            })]
        }
        "exportCatalog" => vec![case("all", "{ it: exportCatalog }", |_| json!({}), no_secrets)],
        "applyCatalog" => {
            let query =
                format!("mutation($template: String!) {{ it: applyCatalog(template: $template) {{ {ERRORS} }} }}");
            let layout = |known: &Known| {
                let object = own_object(&known.text);
                json!({"template": format!("format = 1\n[[layout]]\nobject = \"{object}\"\nsections = []\n")})
            };
            vec![case("an object", query, layout, not_found)]
        }
        _ => Vec::new(),
    }
}

/// Operations of other shapes.
fn explicit(root: &str) -> Vec<Case> {
    let by_name = |call: &str| {
        let query = format!("mutation($name: String!) {{ it: {call} {{ {ERRORS} }} }}");
        vec![
            case("a live field", query.clone(), called("Live"), not_found),
            case("an archived field", query, called("Archived"), not_found),
        ]
    };
    match root {
        "objects" => vec![case("all", "{ it: objects { name fields { name label } } }", |_| json!({}), no_secrets)],
        "object" => {
            let query = "{ it: object(name: \"Contact\") { fields { name label } } }";
            vec![case("fields", query, |_| json!({}), no_secrets)]
        }
        "inviteMember" => {
            let query = format!(
                "mutation($team: ID!) {{ it: inviteMember(input: {{email: \"eve@example.com\", teamId: $team,
                   roleIds: [\"00000000-0000-7000-8000-000000000004\"]}}) {{ {ERRORS} }} }}"
            );
            vec![case("into a team", query, |known| json!({"team": known.id("Team")}), not_found)]
        }
        "revokeInvitation" => {
            let query = format!("mutation($id: ID!) {{ it: revokeInvitation(id: $id) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("Contact")}), not_found)]
        }
        "search" => vec![case(
            "by name",
            "query($query: String!) { it: search(query: $query) { hits { object id title } isCatchingUp } }",
            |known| json!({"query": known.text}),
            |data, code| code.is_empty() && data["it"] == json!({"hits": [], "isCatchingUp": false}),
        )],
        "auditEvents" => vec![
            case(
                "of a record",
                "query($id: ID!) { it: auditEvents(filter: {recordId: $id}) { nodes { id } } }",
                |known| json!({"id": known.id("Contact")}),
                |data, code| code.is_empty() && data["it"]["nodes"] == json!([]),
            ),
            case(
                "all",
                "{ it: auditEvents(first: 500) { nodes { before after details } } }",
                |_| json!({}),
                no_secrets,
            ),
        ],
        "import" => vec![case("by id", "query($id: ID!) { it: import(id: $id) { id } }", an_import, nothing)],
        "cancelImport" | "undoImport" => {
            let query = format!("mutation($id: ID!) {{ it: {root}(id: $id) {{ {ERRORS} }} }}");
            vec![case("by id", query, an_import, not_found)]
        }
        "startImport" => {
            let query =
                format!("mutation($input: StartImportInput!) {{ it: startImport(input: $input) {{ {ERRORS} }} }}");
            vec![case(
                "by external id",
                query,
                |known| json!({"input": import_of(&format!("{} imported", known.text))}),
                done,
            )]
        }
        "revokeMemberSessions" => {
            let query = format!("mutation($id: ID!) {{ it: revokeMemberSessions(userId: $id) {{ {ERRORS} }} }}");
            vec![case("of a user", query, |known| json!({"id": known.id("User")}), not_found)]
        }
        "createField" => {
            let query = format!(
                "mutation($name: String!) {{ it: createField(object: \"Contact\", input: {{name: $name, label: \"x\", type: NUMBER}}) {{ {ERRORS} }} }}"
            );
            vec![case("of the same name", query, |known| json!({"name": format!("{}Live", known.text)}), any)]
        }
        "updateField" => by_name("updateField(object: \"Contact\", name: $name, input: {label: \"mine\"})")
            .into_iter()
            .skip(1)
            .collect(),
        "archiveField" => by_name("archiveField(object: \"Contact\", name: $name)").into_iter().skip(1).collect(),
        "restoreField" => by_name("restoreField(object: \"Contact\", name: $name)").into_iter().skip(1).collect(),
        "deleteField" => by_name("deleteField(object: \"Contact\", name: $name)").into_iter().skip(1).collect(),
        _ => conversion(root).into_iter().chain(people(root)).chain(rights(root)).collect(),
    }
}

/// Operations on members and API keys.
fn people(root: &str) -> Vec<Case> {
    let key = |known: &Known| json!({"id": known.id("ApiKey"), "password": PASSWORD});
    match root {
        "apiKeys" => vec![case("all", "{ it: apiKeys { id name } }", |_| json!({}), no_secrets)],
        "createApiKey" => {
            let query =
                format!("mutation($input: CreateApiKeyInput!) {{ it: createApiKey(input: $input) {{ {ERRORS} }} }}");
            let input = |known: &Known| json!({"input": {"name": "x", "roleIds": [known.id("ApiKey")], "scopes": ["RECORDS_READ"], "password": PASSWORD}});
            vec![case("with a role", query, input, not_found)]
        }
        "rotateApiKey" => {
            let query = format!(
                "mutation($id: ID!, $password: String!) {{ it: rotateApiKey(id: $id, password: $password) {{ shown: secret {ERRORS} }} }}"
            );
            vec![case("by id", query, key, not_found)]
        }
        "updateApiKey" | "revokeApiKey" => {
            let input = if root == "updateApiKey" { ", input: {name: \"mine\"}" } else { "" };
            let query = format!("mutation($id: ID!) {{ it: {root}(id: $id{input}) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("ApiKey")}), not_found)]
        }
        "workspaceMembers" => vec![case(
            "by name",
            "query($search: String) { it: workspaceMembers(filter: {search: $search}) { id name email } }",
            |known| json!({"search": known.id("Email")}),
            |data, code| code.is_empty() && data["it"] == json!([]),
        )],
        "deactivateMember" | "reactivateMember" | "removeMember" => {
            let query = format!("mutation($id: ID!) {{ it: {root}(userId: $id) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("Member")}), not_found)]
        }
        _ => Vec::new(),
    }
}

/// Operations on roles, shares and what somebody may do.
fn rights(root: &str) -> Vec<Case> {
    let record = |known: &Known| json!({"id": known.id("Contact"), "user": known.id("Member")});
    match root {
        "roles" => vec![case("all", "{ it: roles { id name } }", |_| json!({}), no_secrets)],
        "role" => {
            let query = "query($id: ID!) { it: role(id: $id) { id name } }";
            vec![case("by id", query, |known| json!({"id": known.id("Role")}), nothing)]
        }
        "createRole" => {
            let query = format!("mutation($name: String!) {{ it: createRole(input: {{name: $name}}) {{ {ERRORS} }} }}");
            vec![case("of the same name", query, |known| json!({"name": known.text}), any)]
        }
        "copyRole" | "updateRole" | "deleteRole" => {
            let more = match root {
                "copyRole" => ", name: \"copy\"",
                "updateRole" => ", input: {name: \"mine\"}",
                _ => "",
            };
            let query = format!("mutation($id: ID!) {{ it: {root}(id: $id{more}) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("Role")}), not_found)]
        }
        "setRoles" => {
            let query = format!("mutation($id: ID!) {{ it: setRoles(userId: $id, roleIds: []) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("Member")}), not_found)]
        }
        "recordShares" => {
            let query = "query($id: ID!) { it: recordShares(object: \"Contact\", id: $id) { id } }";
            vec![case("by id", query, |known| json!({"id": known.id("Contact")}), nothing)]
        }
        "access" => {
            let query = "query($id: ID!) { it: access(object: \"Contact\", id: $id) { __typename } }";
            vec![case("by id", query, |known| json!({"id": known.id("Contact")}), nothing)]
        }
        "shareRecord" | "unshareRecord" => {
            let access = if root == "shareRecord" { ", access: READ" } else { "" };
            let query = format!(
                "mutation($id: ID!, $user: ID) {{ it: {root}(object: \"Contact\", id: $id, userId: $user{access}) {{ {ERRORS} }} }}"
            );
            vec![case("by id", query, record, not_found)]
        }
        _ => Vec::new(),
    }
}

/// Operations that convert fields.
fn conversion(root: &str) -> Vec<Case> {
    let archived = |known: &Known| json!({"name": format!("{}Archived", known.text)});
    match root {
        "previewConversion" => vec![case(
            "an archived field",
            format!(
                "query($name: String!) {{ it: previewConversion(object: \"Contact\", name: $name, input: {{type: NUMBER}}) {{ total {ERRORS} }} }}"
            ),
            archived,
            not_found,
        )],
        "convertField" => {
            let call = "convertField(object: \"Contact\", name: $name, input: {type: DATE})";
            vec![case(
                "an archived field",
                format!("mutation($name: String!) {{ it: {call} {{ {ERRORS} }} }}"),
                archived,
                not_found,
            )]
        }
        "conversion" => {
            let query = "query($id: ID!) { it: conversion(id: $id) { id failures { value } } }";
            vec![case("by id", query, |known| json!({"id": known.id("Conversion")}), nothing)]
        }
        "cancelConversion" => {
            let query = format!("mutation($id: ID!) {{ it: cancelConversion(id: $id) {{ {ERRORS} }} }}");
            vec![case("by id", query, |known| json!({"id": known.id("Conversion")}), not_found)]
        }
        _ => of_objects(root),
    }
}
