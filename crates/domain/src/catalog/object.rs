use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use super::{
    field::{Field, snake_case},
    kind::Kind,
    rule::{Announcement, Becomes, Stamp},
    standard,
};
use crate::rights::{Administration, FieldAccess};

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
    /// Table in the tenant's schema. Objects of the tenant's own share one.
    pub table: Arc<str>,
    /// Of an object of the tenant's own: what marks its records in the shared table.
    pub custom: Option<Arc<str>>,
    /// The field that stands for a record where one line must do.
    pub name_field: Arc<str>,
    /// The right that it takes to write its records, besides what roles say of the object.
    pub administered_by: Option<Administration>,
    /// The to-one relation to the record that each of its records is a part of, and is within reach with.
    parent: Option<Arc<str>>,
    pub stamps: Vec<Stamp>,
    pub announcements: Vec<Announcement>,
    /// How the fields stand on the page of a record; empty where nobody arranged them.
    pub sections: Vec<Section>,
    fields: Vec<Arc<Field>>,
    by_name: HashMap<Arc<str>, usize>,
}

/// Fields that stand together on the page of a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Arc<str>>,
    /// Names, in order.
    pub fields: Vec<Arc<str>>,
}

const SHARED_TABLE: &str = "custom_record";

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
            custom: None,
            name_field: "name".into(),
            administered_by: None,
            parent: None,
            stamps: Vec::new(),
            announcements: Vec::new(),
            sections: Vec::new(),
            fields: Vec::new(),
            by_name: HashMap::new(),
        };
        for field in &*EVERY_RECORD_HAS {
            object.push(field.clone());
        }
        object
    }

    /// Starts an object of a tenant's own, whose records are marked with `key` in the table that such objects share.
    pub(super) fn custom(name: &str, plural: &str, key: &str) -> Self {
        let mut object = Self::standard(name, plural).table(SHARED_TABLE).owned();
        object.custom = Some(key.into());
        object
    }

    /// What its records are read from, as it stands behind `FROM`: always with an alias.
    pub fn rows(&self, schema: &str) -> String {
        match &self.custom {
            None => format!("{schema}.\"{}\"", self.table),
            // Pulled up by the planner: the same plan as with the condition outside.
            Some(key) => format!("(SELECT * FROM {schema}.\"{}\" WHERE object = '{key}')", self.table),
        }
    }

    /// What tells its records from others of the same table.
    pub fn discriminator(&self) -> Option<String> {
        self.custom.as_ref().map(|key| format!("object = '{key}'"))
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
    pub fn administered_by(mut self, right: Administration) -> Self {
        self.administered_by = Some(right);
        self
    }

    /// Its records are parts of those that the relation points to.
    #[must_use]
    pub fn part_of(mut self, relation: &str) -> Self {
        self.parent = Some(relation.into());
        self
    }

    /// See [`Self::part_of`].
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
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

    pub(super) fn push(&mut self, field: impl Into<Arc<Field>>) {
        let field = field.into();
        self.by_name.insert(field.name.clone(), self.fields.len());
        self.fields.push(field);
    }

    pub(super) fn replace(&mut self, field: Field) {
        if let Some(&at) = self.by_name.get(&field.name) {
            self.fields[at] = Arc::new(field);
        }
    }

    pub(super) fn map_fields(&mut self, change: impl FnMut(Field) -> Field) {
        let fields: Vec<Field> = self.fields.iter().map(|field| Field::clone(field)).map(change).collect();
        self.set_fields(fields.into_iter().map(Arc::new));
    }

    pub(super) fn rename(&mut self, name: &str, plural: &str) {
        self.name = name.into();
        self.singular = lower_first(name).into();
        self.plural = plural.into();
    }

    fn set_fields(&mut self, fields: impl IntoIterator<Item = Arc<Field>>) {
        self.fields = fields.into_iter().collect();
        self.by_name = self.fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
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

    /// The same object without the fields that `keep` refuses: itself where it refuses none.
    pub(super) fn filtered(self: &Arc<Self>, keep: impl Fn(&Field) -> bool) -> Arc<Self> {
        let mut object = self.clone();
        if !object.fields.iter().all(|field| keep(field)) {
            let kept: Vec<_> = object.fields.iter().filter(|field| keep(field)).cloned().collect();
            Arc::make_mut(&mut object).set_fields(kept);
        }
        object
    }

    /// The same object as somebody sees it who has so much of each field.
    pub(super) fn seen(self: &Arc<Self>, access: impl Fn(&Field) -> FieldAccess) -> Arc<Self> {
        let mut object = self.filtered(|field| access(field) > FieldAccess::None);
        if object.fields.iter().any(|field| access(field) != field.access) {
            let seen = object.fields.iter().map(|field| match access(field) {
                as_it_is if as_it_is == field.access => field.clone(),
                access => Arc::new(Field { access, ..Field::clone(field) }),
            });
            let seen: Vec<_> = seen.collect();
            Arc::make_mut(&mut object).set_fields(seen);
        }
        if !object.field(&object.name_field).is_some_and(|name| name.is_comparable()) {
            Arc::make_mut(&mut object).name_field = "id".into();
        }
        if object.sections.iter().flat_map(|section| &section.fields).any(|name| object.field(name).is_none()) {
            let object = Arc::make_mut(&mut object);
            let by_name = &object.by_name;
            for section in &mut object.sections {
                section.fields.retain(|name| by_name.contains_key(name));
            }
        }
        object
    }
}

static EVERY_RECORD_HAS: LazyLock<[Arc<Field>; 8]> = LazyLock::new(|| every_record_has().map(Arc::new));

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

pub(super) fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
