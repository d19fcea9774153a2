use std::sync::Arc;

use serde_json::Value as Json;

use crate::{
    catalog::{Catalog, Field, Kind, Object},
    query::{self, Keyed, Part, Selection},
};

/// One field of the file: a column of it, or several where its values have parts.
#[derive(Debug)]
pub(super) struct Column {
    /// As asked for: `company.name`.
    pub name: Arc<str>,
    /// To-one relations on the way.
    through: Vec<Arc<str>>,
    field: Arc<str>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Plain,
    RelationId,
    Money,
    Parts(Vec<&'static str>),
}

/// Relations on the way to a field.
const DEEPEST: usize = 4;

impl Column {
    /// What an object's own records say, in the order of its fields.
    pub fn all(object: &Object) -> Vec<Self> {
        object.fields().iter().filter_map(|field| Self::of(field, &[], field.id_name().as_deref())).collect()
    }

    /// `None` where there is no such field for the one whose view the catalog is.
    pub fn named(catalog: &Catalog, object: &Object, name: &str) -> Option<Self> {
        let mut steps: Vec<&str> = name.split('.').collect();
        let last = steps.pop()?;
        if steps.len() > DEEPEST {
            return None;
        }
        let (mut object, mut through) = (object, Vec::new());
        for step in steps {
            let field = object.field(step).filter(|field| matches!(field.kind, Kind::One(_)))?;
            through.push(field.name.clone());
            object = catalog.target(field)?;
        }
        match object.field(last) {
            Some(field) if !matches!(field.kind, Kind::One(_)) => Self::of(field, &through, None),
            Some(_) => None,
            None => Self::of(object.field_by_id_name(last)?, &through, Some(last)),
        }
    }

    fn of(field: &Field, through: &[Arc<str>], id_name: Option<&str>) -> Option<Self> {
        let form = match &field.kind {
            Kind::Many { .. } => return None,
            Kind::One(_) => Form::RelationId,
            kind if kind.is_money() => Form::Money,
            kind => match kind.parts().collect::<Vec<_>>() {
                parts if parts.is_empty() => Form::Plain,
                parts => Form::Parts(parts),
            },
        };
        let last: Arc<str> = id_name.map_or_else(|| field.name.clone(), Arc::from);
        let steps: Vec<&str> = through.iter().map(|step| &**step).chain([&*last]).collect();
        Some(Self { name: steps.join(".").into(), through: through.to_vec(), field: field.name.clone(), form })
    }

    /// What is asked of a record, under a key of the column's own.
    pub fn selection(&self, at: usize) -> Selection {
        let parts = |names: &[&str]| {
            names.iter().map(|name| Keyed { key: Arc::from(*name), what: Part::Named(Arc::from(*name)) }).collect()
        };
        let name = self.field.clone();
        let what = match &self.form {
            Form::Plain => query::Field::Value { name },
            Form::RelationId => query::Field::RelationId { name },
            Form::Money => query::Field::Parts { name, parts: parts(&["value", "currency"]) },
            Form::Parts(names) => query::Field::Parts { name, parts: parts(names) },
        };
        let inside = self.through.iter().rev().fold(what, |inside, step| query::Field::One {
            name: step.clone(),
            select: vec![Keyed { key: "v".into(), what: inside }],
        });
        Keyed { key: key(at), what: inside }
    }

    /// The value in a record as it was read.
    pub fn value<'n>(&self, at: usize, node: &'n Json) -> &'n Json {
        self.through.iter().fold(&node[&*key(at)], |value, _| &value["v"])
    }

    /// Of a CSV file.
    pub fn headers(&self) -> Vec<String> {
        match &self.form {
            Form::Plain | Form::RelationId => vec![self.name.to_string()],
            Form::Money => vec![self.name.to_string(), format!("{}Currency", self.name)],
            Form::Parts(parts) => parts.iter().map(|part| format!("{}.{part}", self.name)).collect(),
        }
    }

    pub fn cells(&self, value: &Json) -> Vec<String> {
        match &self.form {
            Form::Plain | Form::RelationId => vec![cell(value)],
            Form::Money => vec![cell(&value["value"]), cell(&value["currency"])],
            Form::Parts(parts) => parts.iter().map(|part| cell(&value[part])).collect(),
        }
    }
}

fn key(at: usize) -> Arc<str> {
    format!("c{at}").into()
}

/// A value as the text of a cell: nothing where there is none, options of a list apart by semicolons.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.iter().all(Json::is_string) => {
            items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(";")
        }
        other => other.to_string(),
    }
}
