//! What a role keeps from somebody stays kept, whichever way they come: by a rule, a copy, a message, a team, another role.

use rapport_domain::rights::RoleRights;
use serde_json::{Value, json};

use crate::{
    role_administration::{done, refused, user_id},
    support::{Client, TestApp},
};

mod fields;
mod imports;
mod people;
mod records;
mod roles;

/// A workspace of `ana`'s, and others with roles that say, by keys, what they may.
struct Scene {
    app: TestApp,
    ana: Client,
}

impl Scene {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let ana = app.sign_up("ana").await;
        Self { app, ana }
    }

    /// Somebody new with one role of their own.
    async fn person(&self, name: &str, rights: Value) -> Client {
        let rights: RoleRights = serde_json::from_value(rights).expect("rights");
        let role = self.app.role(&self.ana, name, &rights).await;
        self.app.member_with(&self.ana, name, &[role]).await
    }

    /// A record of ana's: its id.
    async fn record(&self, object: &str, input: Value) -> Value {
        made(&self.ana, object, input).await
    }

    async fn update(&self, object: &str, id: &Value, input: Value) {
        assert_eq!(changed(&self.ana, object, id, input).await, [""; 0]);
    }

    /// A field of contacts that only those see who are told to.
    async fn secret(&self, object: &str, name: &str, more: &str) {
        let create = format!(
            "mutation {{ createField(object: \"{object}\", input: {{name: \"{name}\", label: \"{name}\", type: TEXT, restricted: true{more}}}) {{ userErrors {{ code field message }} }} }}"
        );
        done(&self.ana, &create, Value::Null).await;
    }
}

async fn made(by: &Client, object: &str, input: Value) -> Value {
    let create = format!(
        "mutation($i: {object}CreateInput!) {{ create{object}(input: $i) {{ id userErrors {{ code field message }} }} }}"
    );
    done(by, &create, json!({"i": input})).await["id"].clone()
}

/// The refusals of an update.
async fn changed(by: &Client, object: &str, id: &Value, input: Value) -> Vec<String> {
    let update = format!(
        "mutation($id: ID!, $i: {object}UpdateInput!) {{ update{object}(id: $id, input: $i) {{ userErrors {{ code field message }} }} }}"
    );
    refused(by, &update, json!({"id": id, "i": input})).await
}

/// What `delete`, `restore` or `destroy` of a record says.
async fn act(by: &Client, verb: &str, object: &str, id: &Value) -> Value {
    let act = format!("mutation($id: ID!) {{ it: {verb}{object}(id: $id) {{ userErrors {{ code field message }} }} }}");
    by.data(&act, json!({"id": id})).await["it"]["userErrors"].take()
}

/// The refusals of a new role.
async fn new_role(by: &Client, input: Value) -> Vec<String> {
    let create = "mutation($i: CreateRoleInput!) { createRole(input: $i) { userErrors { code field message } } }";
    refused(by, create, json!({"i": input})).await
}

async fn set_roles(by: &Client, user: &Value, roles: &[Value]) -> Vec<String> {
    let set =
        "mutation($u: ID!, $r: [ID!]!) { setRoles(userId: $u, roleIds: $r) { userErrors { code field message } } }";
    refused(by, set, json!({"u": user, "r": roles})).await
}
