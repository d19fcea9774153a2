use std::{collections::HashMap, sync::Arc};

use super::{
    field::{Field, snake_case},
    kind::Kind,
    rule::{Announcement, Becomes, Stamp},
    standard,
};

/// One object of a tenant's graph: a standard one, declared in code, with the tenant's own fields.
#[derive(Debug, Clone)]
pub struct Object {
    /// Name of the type in the graph: `Company`.
    pub name: Arc<str>,
    /// Name of one record in operations: `company`.
    pub singular: Arc<str>,
    /// Name of many: `companies`.
    pub plural: Arc<str>,
    pub label: Arc<str>,
    pub label_plural: Arc<str>,
    pub description: Arc<str>,
    /// Table in the tenant's schema.
    pub table: Arc<str>,
    /// The field that stands for a record where one line must do.
    pub name_field: Arc<str>,
    pub writers: Writers,
    pub stamps: Vec<Stamp>,
    pub announcements: Vec<Announcement>,
    fields: Vec<Arc<Field>>,
    by_name: HashMap<Arc<str>, usize>,
}

/// Who may create, change and delete records of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    Members,
    Owners,
}

impl Object {
    /// Starts the declaration of a standard object, with the fields that every record has.
    pub fn standard(name: &str, plural: &str) -> Self {
        let singular = lower_first(name);
        let mut object = Self {
            name: name.into(),
            label: name.into(),
            label_plural: upper_first(plural).into(),
            description: "".into(),
            table: snake_case(&singular).into(),
            singular: singular.into(),
            plural: plural.into(),
            name_field: "name".into(),
            writers: Writers::Members,
            stamps: Vec::new(),
            announcements: Vec::new(),
            fields: Vec::new(),
            by_name: HashMap::new(),
        };
        for field in every_record_has() {
            object.push(field);
        }
        object
    }

    #[must_use]
    pub fn table(mut self, table: &str) -> Self {
        self.table = table.into();
        self
    }

    #[must_use]
    pub fn labels(mut self, label: &str, plural: &str) -> Self {
        self.label = label.into();
        self.label_plural = plural.into();
        self
    }

    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        self.description = text.into();
        self
    }

    #[must_use]
    pub fn named_by(mut self, field: &str) -> Self {
        self.name_field = field.into();
        self
    }

    #[must_use]
    pub fn written_by_owners(mut self) -> Self {
        self.writers = Writers::Owners;
        self
    }

    #[must_use]
    pub fn with(mut self, field: Field) -> Self {
        self.push(field);
        self
    }

    /// Someone is responsible for a record.
    #[must_use]
    pub fn owned(self) -> Self {
        self.with(Field::new("owner", Kind::One("User".into())))
    }

    /// A to-many relation: the records of `target` whose `via` points here.
    #[must_use]
    pub fn many(self, name: &str, target: &str, via: &str) -> Self {
        self.with(Field::new(name, Kind::Many { target: target.into(), via: via.into() }))
    }

    /// See [`Stamp`].
    #[must_use]
    pub fn stamp(mut self, field: &str, when: &str, values: &[&str]) -> Self {
        self.stamps.push(Stamp {
            field: field.into(),
            when: when.into(),
            values: values.iter().map(|&value| value.into()).collect(),
        });
        self
    }

    /// See [`Announcement`].
    #[must_use]
    pub fn announce(mut self, event: &str, field: &str, becomes: Becomes) -> Self {
        self.announcements.push(Announcement { event: event.into(), field: field.into(), becomes });
        self
    }

    pub(super) fn push(&mut self, field: Field) {
        self.by_name.insert(field.name.clone(), self.fields.len());
        self.fields.push(Arc::new(field));
    }

    pub(super) fn replace(&mut self, field: Field) {
        if let Some(&at) = self.by_name.get(&field.name) {
            self.fields[at] = Arc::new(field);
        }
    }

    pub fn fields(&self) -> &[Arc<Field>] {
        &self.fields
    }

    pub fn field(&self, name: &str) -> Option<&Arc<Field>> {
        self.by_name.get(name).map(|&at| &self.fields[at])
    }

    /// Where the field stands among [`Self::fields`].
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The to-one relation written as `<name>Id`.
    pub fn field_by_id_name(&self, id_name: &str) -> Option<&Arc<Field>> {
        self.field(id_name.strip_suffix("Id")?).filter(|field| matches!(field.kind, Kind::One(_)))
    }

    /// The same object without the fields that `keep` refuses.
    pub(super) fn filtered(&self, keep: impl Fn(&Field) -> bool) -> Self {
        let mut object = Self { fields: Vec::new(), by_name: HashMap::new(), ..self.clone() };
        for field in self.fields.iter().filter(|field| keep(field)) {
            object.by_name.insert(field.name.clone(), object.fields.len());
            object.fields.push(field.clone());
        }
        object
    }
}

fn every_record_has() -> [Field; 8] {
    let user = || Kind::One("User".into());
    [
        Field::new("id", Kind::Id).required().system(),
        standard::text("externalId")
            .unique()
            .label("External id")
            .describe("Natural key of imports and syncs, unique among live records when set."),
        standard::date_time("createdAt").required().system(),
        standard::date_time("updatedAt").required().system(),
        standard::date_time("deletedAt").system().describe("Set while the record is in the bin."),
        Field::new("createdBy", user()).column("created_by").system(),
        Field::new("updatedBy", user()).column("updated_by").system(),
        standard::integer("version").required().system().describe("Goes up by one with every change; see `ifVersion`."),
    ]
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
