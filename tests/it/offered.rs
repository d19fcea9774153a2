//! What the graph offers, the engine does: every field, filter, order, group and measure of the caller's
//! own SDL is asked for, on a workspace with a custom field of each type.

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, EnumType, InputObjectType, InputValueDefinition, ObjectType, Type, TypeKind, TypeSystemDefinition,
    },
};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const OBJECTS: [(&str, &str); 10] = [
    ("Company", "companies"),
    ("Contact", "contacts"),
    ("Opportunity", "opportunities"),
    ("LineItem", "lineItems"),
    ("Pipeline", "pipelines"),
    ("Stage", "stages"),
    ("Product", "products"),
    ("Activity", "activities"),
    ("User", "users"),
    ("Team", "teams"),
];

/// The graph of a workspace, read back from its text.
struct Graph(std::collections::HashMap<String, TypeKind>);

impl Graph {
    async fn of(client: &Client) -> Self {
        let response = client.request(reqwest::Method::GET, "/graphql/schema").send().await.expect("it answers");
        let text = response.text().await.expect("text");
        let document = parse_schema(text).expect("a schema");
        Self(
            document
                .definitions
                .into_iter()
                .filter_map(|definition| match definition {
                    TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node.kind)),
                    _ => None,
                })
                .collect(),
        )
    }

    fn object(&self, name: &str) -> Option<&ObjectType> {
        match self.0.get(name) {
            Some(TypeKind::Object(object)) => Some(object),
            _ => None,
        }
    }

    fn input(&self, name: &str) -> Option<&InputObjectType> {
        match self.0.get(name) {
            Some(TypeKind::InputObject(input)) => Some(input),
            _ => None,
        }
    }

    fn choices(&self, name: &str) -> Option<&EnumType> {
        match self.0.get(name) {
            Some(TypeKind::Enum(choices)) => Some(choices),
            _ => None,
        }
    }

    /// A value that the type takes, as written in a document.
    fn sample(&self, ty: &Type) -> String {
        let name = match &ty.base {
            BaseType::List(item) => return format!("[{}]", self.sample(item)),
            BaseType::Named(name) => name.as_str(),
        };
        if let Some(choices) = self.choices(name) {
            return choices.values[0].node.value.node.to_string();
        }
        match name {
            "ID" => "\"0197a4c8-0000-7000-8000-000000000000\"".into(),
            "Int" | "Float" => "3".into(),
            "Boolean" => "true".into(),
            "Decimal" => "\"12.5\"".into(),
            "Date" => "\"2026-11-20\"".into(),
            "DateTime" => "\"2026-11-20T09:30:00Z\"".into(),
            "JSON" => "[1]".into(),
            "String" => "\"a\"".into(),
            input => {
                if input.ends_with("Filter")
                    && self.input(input).is_some_and(|input| input.fields[0].node.name.node == "and")
                {
                    // The filter of an object: it nests without end.
                    return "{}".into();
                }
                // All that it must have, or its first field.
                let fields = &self.input(input).unwrap_or_else(|| panic!("{input}")).fields;
                let must = fields.iter().filter(|field| !field.node.ty.node.nullable);
                let mut parts: Vec<_> = must.map(|field| self.part(&field.node)).collect();
                if parts.is_empty() {
                    parts.push(self.part(&fields[0].node));
                }
                format!("{{ {} }}", parts.join(", "))
            }
        }
    }

    fn part(&self, field: &InputValueDefinition) -> String {
        let currency = field.name.node == "currency" && field.ty.node.to_string() == "String!";
        format!("{}: {}", field.name.node, if currency { "\"EUR\"".into() } else { self.sample(&field.ty.node) })
    }

    /// Every way to fill an input one field deep, each alone; `deeper` says which fields go one step further.
    fn alternatives(&self, input: &str, deeper: &dyn Fn(&str) -> bool) -> Vec<String> {
        let fields = &self.input(input).unwrap_or_else(|| panic!("{input}")).fields;
        let mut all = Vec::new();
        for field in fields {
            let (name, ty) = (&field.node.name.node, &field.node.ty.node);
            match &ty.base {
                BaseType::Named(inner) if deeper(inner) => {
                    let inner = self.alternatives(inner, &|_| false);
                    all.extend(inner.into_iter().map(|inner| format!("{{ {name}: {inner} }}")));
                }
                _ => all.push(format!("{{ {name}: {} }}", self.sample(ty))),
            }
        }
        all
    }

    /// Everything that can be selected of a type without arguments, two steps deep.
    fn selection(&self, object: &str, depth: usize) -> String {
        let fields = &self.object(object).unwrap_or_else(|| panic!("{object}")).fields;
        let mut all = vec!["__typename".to_owned()];
        for field in fields.iter().map(|field| &field.node) {
            let mut ty = &field.ty.node.base;
            while let BaseType::List(item) = ty {
                ty = &item.base;
            }
            let BaseType::Named(ty) = ty else { continue };
            match self.object(ty) {
                Some(_) if depth > 0 => {
                    all.push(format!("{} {{ {} }}", field.name.node, self.selection(ty, depth - 1)));
                }
                Some(_) => {}
                None => all.push(field.name.node.to_string()),
            }
        }
        all.join(" ")
    }
}

/// Asks for many things, some at a time; each must be answered.
async fn ask_all(client: &Client, asked: impl IntoIterator<Item = String>) {
    let asked: Vec<_> = asked.into_iter().collect();
    for some in asked.chunks(20) {
        let fields: Vec<_> = some.iter().enumerate().map(|(index, field)| format!("q{index}: {field}")).collect();
        let answer = client.graphql(&format!("{{ {} }}", fields.join("\n")), Value::Null).await;
        assert!(answer.body.get("errors").is_none(), "{}\n{}", fields.join("\n"), answer.body["errors"]);
    }
}

/// A workspace with a custom field of each type and a record of most objects.
async fn workspace(app: &TestApp) -> Client {
    let ana = app.sign_up("ana").await;
    let types = [
        "TEXT",
        "LONG_TEXT",
        "NUMBER",
        "DECIMAL",
        "CURRENCY",
        "BOOLEAN",
        "DATE",
        "DATE_TIME",
        "EMAIL",
        "PHONE",
        "URL",
        "RATING",
        "ADDRESS",
        "JSON",
        "SELECT",
        "MULTI_SELECT",
    ];
    for name in types {
        let options = if name.ends_with("SELECT") { json!([{"value": "ONE"}, {"value": "TWO"}]) } else { Value::Null };
        let input =
            json!({"name": format!("my{}", name.replace('_', "").to_lowercase()), "type": name, "options": options});
        let created = ana
            .data("mutation($input: CreateFieldInput!) { createField(object: \"Contact\", input: $input) { userErrors { message } } }",
                  json!({"input": input}))
            .await;
        assert_eq!(created["createField"]["userErrors"], json!([]), "{name}");
    }
    let made = ana
        .data("mutation {
            createCompany(input: { name: \"Acme\", industry: RETAIL, annualRevenue: { value: 12, currency: \"EUR\" }, address: { city: \"Bonn\" } }) { userErrors { message } }
            createContact(input: { lastName: \"Ortiz\", mytext: \"a\", mylongtext: \"a\", mynumber: 1.5, mydecimal: \"1.50\", myboolean: true,
              mycurrency: { value: \"9.99\", currency: \"EUR\" }, mydate: \"2026-11-20\", mydatetime: \"2026-11-20T09:30:00+01:00\",
              myemail: \"a@b.example\", myphone: \"+49 228 1\", myurl: \"https://a.example\", myrating: 4, myaddress: { city: \"Bonn\", country: \"DE\" }, myjson: \"any\", myselect: ONE, mymultiselect: [TWO, ONE] }) { userErrors { message } }
            createProduct(input: { name: \"GTX\", price: { value: 5, currency: \"USD\" } }) { userErrors { message } }
            createOpportunity(input: { name: \"Sale\", amount: { value: 100, currency: \"EUR\" }, closedAt: \"2026-01-31T23:30:00Z\" }) { userErrors { message } }
            createActivity(input: { type: CALL, subject: \"Call\" }) { userErrors { message } } }", Value::Null)
        .await;
    for (mutation, payload) in made.as_object().expect("an object") {
        assert_eq!(payload["userErrors"], json!([]), "{mutation}");
    }
    ana
}

#[tokio::test]
async fn everything_that_can_be_selected_is_answered() {
    let app = TestApp::start().await;
    let ana = workspace(&app).await;
    let graph = Graph::of(&ana).await;
    for (object, plural) in OBJECTS {
        ask_all(&ana, [format!("{plural}(first: 2) {{ {} }}", graph.selection(&format!("{object}Connection"), 2))])
            .await;
        // Keys that are not grouped by are null.
        let figures = graph.selection(&format!("{object}Aggregate"), 3);
        ask_all(&ana, [format!("{plural}Aggregate {{ {figures} }}")]).await;
    }
}

#[tokio::test]
async fn every_filter_is_answered_and_so_is_its_complement() {
    let app = TestApp::start().await;
    let ana = workspace(&app).await;
    let graph = Graph::of(&ana).await;
    for (object, plural) in OBJECTS {
        let own = format!("{object}Filter");
        let is_leaf = |name: &str| name.ends_with("Filter") && name != own;
        let filters = graph.alternatives(&own, &is_leaf);
        assert!(filters.len() > 60, "{plural}: {}", filters.len());
        let total = format!("{plural}Aggregate {{ totalCount }}");
        let all =
            ana.data(&format!("{{ {total} }}"), Value::Null).await[format!("{plural}Aggregate")]["totalCount"].as_i64();
        for some in filters.chunks(20) {
            let fields: Vec<_> = some
                .iter()
                .enumerate()
                .map(|(n, filter)| {
                    format!("a{n}: {plural}(filter: {filter}) {{ totalCount }} b{n}: {plural}(filter: {{ not: {filter} }}) {{ totalCount }}")
                })
                .collect();
            let answer = ana.graphql(&format!("{{ {} }}", fields.join("\n")), Value::Null).await;
            assert!(answer.body.get("errors").is_none(), "{}\n{}", fields.join("\n"), answer.body["errors"]);
            for (n, filter) in some.iter().enumerate() {
                let count = |key: String| answer.body["data"][key]["totalCount"].as_i64().unwrap();
                assert_eq!(Some(count(format!("a{n}")) + count(format!("b{n}"))), all, "{plural} {filter}");
            }
        }
    }
}

#[tokio::test]
async fn every_order_is_answered() {
    let app = TestApp::start().await;
    let ana = workspace(&app).await;
    let graph = Graph::of(&ana).await;
    for (object, plural) in OBJECTS {
        let orders =
            graph.alternatives(&format!("{object}Order"), &|name| name.ends_with("Order") && name != "Direction");
        ask_all(
            &ana,
            orders.iter().map(|order| {
                format!("{plural}(first: 2, orderBy: [{order}]) {{ nodes {{ id }} pageInfo {{ endCursor }} }}")
            }),
        )
        .await;
    }
}

#[tokio::test]
async fn every_group_is_answered_with_its_key() {
    let app = TestApp::start().await;
    let ana = workspace(&app).await;
    let graph = Graph::of(&ana).await;
    for (object, plural) in OBJECTS {
        let keys = graph.input(&format!("{object}GroupBy")).unwrap();
        let key_type = graph.object(&format!("{object}GroupKey")).unwrap();
        let mut asked = Vec::new();
        for key in keys.fields.iter().map(|field| &field.node) {
            let name = key.name.node.as_str();
            let BaseType::Named(shown) =
                &key_type.fields.iter().find(|field| field.node.name.node == name).unwrap().node.ty.node.base
            else {
                continue;
            };
            let shown =
                if graph.object(shown).is_some() { format!("{name} {{ id }} {name}Id") } else { name.to_owned() };
            let mut options = vec!["{}"];
            if key.ty.node.to_string() == "DateBucketInput" {
                options.extend([
                    "{ bucket: DAY }",
                    "{ bucket: WEEK, timeZone: \"Europe/Berlin\" }",
                    "{ bucket: QUARTER }",
                    "{ bucket: YEAR }",
                ]);
            }
            for options in options {
                for order in ["count: DESC".to_owned(), format!("key: {{ {name}: ASC }}")] {
                    asked.push(format!(
                        "{plural}Aggregate(groupBy: [{{ {name}: {options} }}], orderBy: [{{ {order} }}], first: 5) {{ groups {{ key {{ {shown} }} count }} }}"
                    ));
                }
            }
        }
        ask_all(&ana, asked).await;
        let orders = graph.alternatives(&format!("{object}AggregateOrder"), &|name| {
            name.ends_with("Order") && !name.ends_with("GroupKeyOrder")
        });
        let orders = orders.iter().filter(|order| !order.contains("key:"));
        ask_all(
            &ana,
            orders.map(|order| {
                format!(
                    "{plural}Aggregate(groupBy: [{{ createdBy: {{}} }}], orderBy: [{order}]) {{ groups {{ count }} }}"
                )
            }),
        )
        .await;
    }
}

/// Values may be refused, as data; nothing is our fault and nothing is unknown.
#[tokio::test]
async fn every_input_is_taken() {
    let app = TestApp::start().await;
    let ana = workspace(&app).await;
    let graph = Graph::of(&ana).await;
    for (object, plural) in OBJECTS {
        let many = format!("{}{}", plural[..1].to_uppercase(), &plural[1..]);
        let inputs = graph.alternatives(&format!("{object}CreateInput"), &|_| false);
        let refused = format!(
            "results {{ outcome id {}{} {{ version }} userErrors {{ code field message }} }}",
            object[..1].to_lowercase(),
            &object[1..]
        );
        let create =
            format!("mutation {{ create{many}(atomic: false, inputs: [{}]) {{ {refused} }} }}", inputs.join(", "));
        let created = ana.data(&create, Value::Null).await;
        let results = created[format!("create{many}")]["results"].as_array().unwrap();
        assert_eq!(results.len(), inputs.len());
        for (result, input) in results.iter().zip(&inputs) {
            let codes: Vec<_> =
                result["userErrors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
            assert!(
                !codes.contains(&json!("UNKNOWN_FIELD")) && !codes.contains(&json!("READ_ONLY")),
                "{object} {input} {result}"
            );
        }

        let empty = inputs.iter().map(|input| format!("{}: null }}", input.split(':').next().unwrap()));
        for input in empty {
            let update =
                format!("mutation {{ update{many}(filter: {{}}, input: {input}, atomic: false) {{ {refused} }} }}");
            ana.data(&update, Value::Null).await;
        }
        for field in &graph.choices(&format!("{object}MatchField")).unwrap().values {
            let upsert = format!(
                "mutation {{ upsert{many}(inputs: [{}], matchOn: [{}], atomic: false) {{ {refused} }} }}",
                inputs.join(", "),
                field.node.value.node
            );
            ana.data(&upsert, Value::Null).await;
        }
        for act in ["delete", "restore", "destroy"] {
            let unknown = "0197a4c8-0000-7000-8000-000000000000";
            let answer = ana
                .data(
                    &format!("mutation {{ {act}{object}(id: \"{unknown}\") {{ id userErrors {{ code }} }} }}"),
                    Value::Null,
                )
                .await;
            assert_eq!(
                answer[format!("{act}{object}")]["userErrors"],
                json!([{"code": "NOT_FOUND"}]),
                "{act} {object}"
            );
        }
    }
}
