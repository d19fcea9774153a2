//! From the registry of a tenant to a template.

use rapport_tenancy::{DbError, TenantConn};

use super::{
    file::{FieldPart, Layout, ObjectPart, OptionPart, SectionPart, StandardField, StandardObject, Template, UNNAMED},
    write::write,
};
use crate::catalog::{
    Catalog, Choice, Section,
    registry::{FieldRow, ObjectRow, Registry, Settings, State},
};

/// What a tenant has of its own, as the text of a file: what is in the graph, and nothing that is archived.
pub async fn export(conn: &TenantConn) -> Result<String, DbError> {
    Ok(write(&Template::of(&Registry::read(conn).await?)))
}

impl Template {
    pub fn of(registry: &Registry) -> Self {
        let catalog = Catalog::with(registry);
        let base = Catalog::base();
        let mut template = Self::default();
        for row in registry.objects.iter().filter(|row| row.state == State::Live) {
            match base.object(&row.name).filter(|_| row.standard) {
                Some(object) => template.standard_objects.extend(StandardObject::of(row, object)),
                None if row.standard => {}
                None => template.objects.push(ObjectPart::of(row, registry)),
            }
        }
        // In the order of the objects; those of one as they were made.
        for object in catalog.objects() {
            let rows = registry.fields.iter().filter(|row| row.object == *object.name && row.state == State::Live);
            for row in rows {
                let standard = base.object(&object.name).and_then(|object| object.field(&row.name));
                match standard.filter(|_| row.standard) {
                    Some(field) => template.standard_fields.extend(StandardField::of(row, field)),
                    None if row.standard => {}
                    // Left out where the graph leaves it out: its type is not known, or its target is archived.
                    None if object.field(&row.name).is_none_or(|field| !field.is_custom()) => {}
                    None => template.fields.push(FieldPart::of(row)),
                }
            }
            if !object.sections.is_empty() {
                template.layouts.push(Layout::of(&object.name, &object.sections));
            }
        }
        template.standard_objects.sort_by(|a, b| a.name.cmp(&b.name));
        template.standard_fields.sort_by(|a, b| (&a.object, &a.name).cmp(&(&b.object, &b.name)));
        template
    }
}

impl ObjectPart {
    pub fn of(row: &ObjectRow, registry: &Registry) -> Self {
        let is_name = |field: &&FieldRow| {
            field.object == row.name && Some(&field.key) == row.name_field.as_ref() && field.state == State::Live
        };
        Self {
            name: row.name.clone(),
            plural: row.plural.clone(),
            label: Some(row.label.clone()),
            label_plural: Some(row.label_plural.clone()),
            description: row.description.clone(),
            name_field: registry.fields.iter().find(is_name).map_or(UNNAMED, |field| &field.name).to_owned(),
        }
    }
}

impl FieldPart {
    pub fn of(row: &FieldRow) -> Self {
        // All of them, so that a setting that is added is not forgotten here.
        let Settings { help, default, privacy, encrypted, region, target, inverse, inverse_label } =
            row.settings.clone();
        let has_inverse = inverse.is_some();
        Self {
            object: row.object.clone(),
            name: row.name.clone(),
            type_name: row.type_name.clone(),
            label: Some(row.label.clone()),
            description: row.description.clone(),
            help,
            target: target.filter(|_| row.type_name == "RELATION"),
            inverse,
            inverse_label: inverse_label.filter(|_| has_inverse),
            required: row.required,
            unique: row.unique,
            filterable: row.filterable,
            searchable: row.searchable,
            restricted: row.restricted,
            privacy,
            encrypted,
            region,
            default,
            default_json: None,
            options: (!row.choices.is_empty()).then(|| OptionPart::all(&row.choices)),
        }
    }
}

impl OptionPart {
    pub fn all(choices: &[Choice]) -> Vec<Self> {
        let part = |choice: &Choice| Self {
            value: choice.value.to_string(),
            label: Some(choice.label.to_string()),
            color: choice.color.as_deref().map(str::to_owned),
        };
        choices.iter().map(part).collect()
    }
}

impl StandardObject {
    /// `None` where nothing differs from what the release has.
    fn of(row: &ObjectRow, object: &crate::catalog::Object) -> Option<Self> {
        let label = Some(row.label.clone()).filter(|label| **label != *object.label);
        let label_plural = Some(row.label_plural.clone()).filter(|label| **label != *object.label_plural);
        (label.is_some() || label_plural.is_some()).then(|| Self { name: row.name.clone(), label, label_plural })
    }
}

impl StandardField {
    fn of(row: &FieldRow, field: &crate::catalog::Field) -> Option<Self> {
        let label = Some(row.label.clone()).filter(|label| **label != *field.label);
        let released = field.kind.choices().map(|choices| choices.0.as_slice()).unwrap_or_default();
        let options = (!row.choices.is_empty() && row.choices != released).then(|| OptionPart::all(&row.choices));
        let (object, name) = (row.object.clone(), row.name.clone());
        (label.is_some() || options.is_some()).then_some(Self { object, name, label, options })
    }
}

impl Layout {
    pub fn of(object: &str, sections: &[Section]) -> Self {
        let section = |section: &Section| SectionPart {
            label: section.label.as_deref().map(str::to_owned),
            fields: section.fields.iter().map(ToString::to_string).collect(),
        };
        Self { object: object.to_owned(), sections: sections.iter().map(section).collect() }
    }
}
