//! The graph as its SDL says it is: what computed tests walk over.

use std::collections::BTreeMap;

use async_graphql::parser::{
    parse_schema,
    types::{InputValueDefinition, TypeKind, TypeSystemDefinition},
};
use serde_json::{Value, json};

pub struct Sdl {
    types: BTreeMap<String, Type>,
}

enum Type {
    Object(Vec<Root>),
    Input { fields: Vec<Argument>, one_of: bool },
    Enum(Vec<String>),
    Scalar,
}

/// A field of an object type.
#[derive(Debug, Clone)]
pub struct Root {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub ty: String,
}

/// An argument, or a field of an input.
#[derive(Debug, Clone)]
pub struct Argument {
    pub name: String,
    pub ty: String,
}

impl Argument {
    fn of(definition: &InputValueDefinition) -> Self {
        Self { name: definition.name.node.to_string(), ty: definition.ty.node.to_string() }
    }

    pub fn is_required(&self) -> bool {
        self.ty.ends_with('!')
    }
}

impl Root {
    pub fn has(&self, argument: &str) -> bool {
        self.arguments.iter().any(|known| known.name == argument)
    }

    pub fn argument(&self, name: &str) -> &Argument {
        self.arguments.iter().find(|known| known.name == name).unwrap_or_else(|| panic!("{}({name})", self.name))
    }
}

/// The name inside `[Name!]!`.
pub fn named(ty: &str) -> &str {
    ty.trim_matches(['[', ']', '!'])
}

impl Sdl {
    /// The standard objects, as an owner sees them.
    pub fn base() -> Self {
        Self::parse(&rapport_api::graphql::schema::base_sdl().expect("an SDL"))
    }

    pub fn parse(text: &str) -> Self {
        let document = parse_schema(text).expect("SDL");
        let mut types = BTreeMap::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let definition = definition.node;
            let one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
            let ty = match definition.kind {
                TypeKind::Object(object) => Type::Object(
                    object
                        .fields
                        .iter()
                        .map(|field| Root {
                            name: field.node.name.node.to_string(),
                            arguments: field
                                .node
                                .arguments
                                .iter()
                                .map(|argument| Argument::of(&argument.node))
                                .collect(),
                            ty: field.node.ty.node.to_string(),
                        })
                        .collect(),
                ),
                TypeKind::InputObject(input) => {
                    Type::Input { fields: input.fields.iter().map(|field| Argument::of(&field.node)).collect(), one_of }
                }
                TypeKind::Enum(options) => {
                    Type::Enum(options.values.iter().map(|value| value.node.value.node.to_string()).collect())
                }
                _ => Type::Scalar,
            };
            types.insert(definition.name.node.to_string(), ty);
        }
        Self { types }
    }

    /// The fields of an object type; none where there is no such type.
    pub fn fields(&self, ty: &str) -> &[Root] {
        match self.types.get(named(ty)) {
            Some(Type::Object(fields)) => fields,
            _ => &[],
        }
    }

    /// The fields of an input type.
    pub fn inputs(&self, ty: &str) -> &[Argument] {
        match self.types.get(named(ty)) {
            Some(Type::Input { fields, .. }) => fields,
            _ => &[],
        }
    }

    pub fn is_one_of(&self, ty: &str) -> bool {
        matches!(self.types.get(named(ty)), Some(Type::Input { one_of: true, .. }))
    }

    pub fn options(&self, ty: &str) -> &[String] {
        match self.types.get(named(ty)) {
            Some(Type::Enum(options)) => options,
            _ => &[],
        }
    }

    /// The names of all objects whose records can be written.
    pub fn objects(&self) -> Vec<String> {
        let names = self.types.keys().filter_map(|name| name.strip_suffix("CreateInput"));
        names.filter(|name| !self.fields(name).is_empty()).map(str::to_owned).collect()
    }

    /// The object that `companyId` of an input for `object` points to.
    pub fn target(&self, object: &str, id_name: &str) -> Option<&str> {
        let relation = id_name.strip_suffix("Id")?;
        let field = self.fields(object).iter().find(|field| field.name == relation)?;
        Some(named(&field.ty))
    }

    /// Every record of the object has a value there.
    pub fn is_never_null(&self, object: &str, name: &str) -> bool {
        self.fields(object).iter().any(|field| field.name == name && field.ty.ends_with('!'))
    }

    /// The least that an input takes; ids by `id`, given the input's type and the field's name. An input to create
    /// a record serves upserts too, so what a record cannot be without shows in the type of the record alone.
    pub fn minimal(&self, ty: &str, id: &dyn Fn(&str, &str) -> Value) -> Value {
        let object = named(ty).strip_suffix("CreateInput").unwrap_or_default();
        let required =
            self.inputs(ty).iter().filter(|field| field.is_required() || self.is_never_null(object, &field.name));
        required.map(|field| (field.name.clone(), self.value(ty, field, id))).collect()
    }

    /// The least that an argument or a field takes.
    pub fn value(&self, owner: &str, field: &Argument, id: &dyn Fn(&str, &str) -> Value) -> Value {
        if let [first, ..] = self.options(&field.ty) {
            return json!(first);
        }
        if !self.inputs(&field.ty).is_empty() {
            return self.minimal(&field.ty, id);
        }
        match named(&field.ty) {
            "ID" => id(named(owner), &field.name),
            "Int" | "Float" => json!(1),
            "Boolean" => json!(true),
            "Date" => json!("2024-01-01"),
            "DateTime" => json!("2024-01-01T00:00:00Z"),
            "Decimal" => json!("1"),
            _ if field.name == "currency" => json!("EUR"),
            _ => json!("x"),
        }
    }
}
