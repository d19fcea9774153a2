//! Random records: the same in the product's database and in memory.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    objects::{CUSTOM, Kind, OBJECTS, Object, object},
    values,
};
use crate::support::{Client, Tape, TestApp};

pub struct World {
    records: HashMap<&'static str, Vec<Record>>,
    /// The user who made them.
    maker: String,
}

/// A record as its tenant knows it: values as the graph writes them, relations as `companyId`.
#[derive(Debug, Clone)]
pub struct Record {
    pub values: Map<String, Value>,
    pub created_at: i64,
    pub deleted: bool,
}

impl Record {
    pub fn id(&self) -> &str {
        self.values["id"].as_str().expect("an id")
    }

    /// Null where there is none.
    pub fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }
}

/// What each object gets: how many, and how many of them go to the bin.
const SIZES: &[(&str, usize, usize)] = &[("Company", 12, 3), ("Contact", 26, 4), ("Opportunity", 30, 4)];

impl World {
    /// Defines the custom fields and fills the workspace. A record in the bin stays the target of relations.
    pub async fn create(client: &Client, seed: u64) -> Self {
        define_fields(client).await;
        let mut tape = Tape::of_seed(seed);
        let me = client.data("{ me { userId } }", Value::Null).await;
        let maker = me["me"]["userId"].as_str().expect("a user").to_owned();
        let mut world = Self { records: HashMap::new(), maker };
        for (name, count, _) in SIZES {
            let of = object(name);
            let inputs: Vec<_> = (0..*count).map(|_| world.random_input(&mut tape, of)).collect();
            let records = insert(client, of, inputs).await;
            world.records.insert(of.name, records);
        }
        world.link_parents(client, &mut tape).await;
        for (name, count, deleted) in SIZES {
            for _ in 0..*deleted {
                let at = tape.below(*count);
                world.delete(client, object(name), at).await;
            }
        }
        world
    }

    /// The user who made the records.
    pub fn maker(&self) -> &str {
        &self.maker
    }

    /// Gives each record an owner, or none.
    pub async fn own(&mut self, app: &TestApp, client: &Client, mut owner: impl FnMut(&Record) -> Option<String>) {
        let schema = crate::support::schema_of(client);
        for (name, records) in &mut self.records {
            for record in records {
                let owner = owner(record);
                let value = owner.as_ref().map_or("NULL".to_owned(), |id| format!("'{id}'"));
                let table = name.to_lowercase();
                let set = format!("UPDATE {schema}.{table} SET owner_id = {value} WHERE id = '{}'", record.id());
                app.sql(&set).await.expect("a record");
                record.values.insert("ownerId".to_owned(), owner.into());
            }
        }
    }

    /// The world of somebody who sees these records: what points to others points nowhere.
    pub fn seen(&self, sees: impl Fn(&Object, &Record) -> bool) -> Self {
        let mut records: HashMap<&'static str, Vec<Record>> = HashMap::new();
        for of in OBJECTS {
            records.insert(of.name, self.all(of).iter().filter(|record| sees(of, record)).cloned().collect());
        }
        let there: std::collections::HashSet<String> =
            records.values().flatten().map(|record| record.id().to_owned()).collect();
        for of in OBJECTS {
            for field in of.fields.iter().filter(|field| matches!(field.kind, Kind::One(_))) {
                let id = format!("{}Id", field.name);
                for record in records.get_mut(of.name).expect("records") {
                    let points_away = record.value(&id).as_str().is_some_and(|target| !there.contains(target));
                    if points_away {
                        record.values.insert(id.clone(), Value::Null);
                    }
                }
            }
        }
        Self { records, maker: self.maker.clone() }
    }

    pub fn all(&self, of: &Object) -> &[Record] {
        self.records.get(of.name).map_or(&[], Vec::as_slice)
    }

    pub fn live(&self, of: &Object) -> Vec<&Record> {
        self.all(of).iter().filter(|record| !record.deleted).collect()
    }

    /// The live record that a relation points to.
    pub fn one(&self, record: &Record, relation: &str, target: &str) -> Option<&Record> {
        let id = record.value(&format!("{relation}Id"));
        self.live(object(target)).into_iter().find(|related| related.value("id") == id)
    }

    /// The live records whose relation `via` points to `id`.
    pub fn many(&self, id: &str, target: &Object, via: &str) -> Vec<&Record> {
        let via = format!("{via}Id");
        self.live(target).into_iter().filter(|record| record.value(&via) == id).collect()
    }

    fn random_input(&self, tape: &mut Tape, of: &Object) -> Map<String, Value> {
        let mut input = Map::new();
        for field in of.fields {
            if !field.required && tape.chance(25) {
                continue;
            }
            let (name, value) = match field.kind {
                Kind::Id | Kind::Many { .. } => continue,
                Kind::One(target) => match self.all(object(target)) {
                    [] => continue,
                    known => (format!("{}Id", field.name), known[tape.below(known.len())].value("id").clone()),
                },
                Kind::Tags(options) => (field.name.to_owned(), values::tags(tape, options.values)),
                kind => (field.name.to_owned(), values::value(tape, kind)),
            };
            input.insert(name, value);
        }
        input
    }

    async fn link_parents(&mut self, client: &Client, tape: &mut Tape) {
        let companies = self.records.get_mut("Company").expect("companies");
        for at in 1..companies.len() {
            if tape.chance(60) {
                // Only to earlier ones: no company is its own forebear.
                let parent = companies[tape.below(at)].id().to_owned();
                let set = "mutation($id: ID!, $parent: ID) { updateCompany(id: $id, input: {parentId: $parent}) { userErrors { message } } }";
                let data = client.data(set, json!({"id": companies[at].id(), "parent": parent})).await;
                assert_eq!(data["updateCompany"]["userErrors"], json!([]));
                companies[at].values.insert("parentId".to_owned(), parent.into());
            }
        }
    }

    async fn delete(&mut self, client: &Client, of: &Object, at: usize) {
        let record = &mut self.records.get_mut(of.name).expect("records")[at];
        if record.deleted {
            return;
        }
        let delete = format!("mutation($id: ID!) {{ delete{}(id: $id) {{ userErrors {{ message }} }} }}", of.name);
        let data = client.data(&delete, json!({"id": record.id()})).await;
        assert_eq!(data[format!("delete{}", of.name)]["userErrors"], json!([]));
        record.deleted = true;
    }
}

/// The custom fields of the random tests.
pub async fn define_fields(client: &Client) {
    for (name, rest) in CUSTOM {
        let create = format!(
            "mutation {{ createField(object: \"Contact\", input: {{name: \"{name}\", label: \"{name}\", {rest}}}) {{ userErrors {{ message }} }} }}"
        );
        let data = client.data(&create, Value::Null).await;
        assert_eq!(data["createField"]["userErrors"], json!([]), "{name}");
    }
}

async fn insert(client: &Client, of: &Object, inputs: Vec<Map<String, Value>>) -> Vec<Record> {
    let many = format!("{}{}", of.many[..1].to_uppercase(), &of.many[1..]);
    let create = format!(
        "mutation($inputs: [{name}CreateInput!]!) {{ create{many}(inputs: $inputs) {{ results {{ id {one} {{ createdAt }} userErrors {{ field message }} }} }} }}",
        name = of.name,
        one = of.one
    );
    let data = client.data(&create, json!({"inputs": inputs})).await;
    let results = data[format!("create{many}")]["results"].as_array().expect("results").clone();
    assert_eq!(results.len(), inputs.len());
    let record = |(mut values, result): (Map<String, Value>, Value)| {
        assert_eq!(result["userErrors"], json!([]), "{values:?}");
        values.insert("id".to_owned(), result["id"].clone());
        let created_at = result[of.one]["createdAt"].as_str().expect("a time");
        let created_at = chrono::DateTime::parse_from_rfc3339(created_at).expect("a time").timestamp_micros();
        Record { values, created_at, deleted: false }
    };
    inputs.into_iter().zip(results).map(record).collect()
}

/// The names of all objects, for a random choice.
pub fn names() -> Vec<&'static str> {
    OBJECTS.iter().map(|object| object.name).collect()
}
