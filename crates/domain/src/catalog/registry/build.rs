//! From the rows of a registry to the catalog.

use std::sync::Arc;

use super::{FieldRow, ObjectRow, Registry, State};
use crate::catalog::{Catalog, Field, Kind, Object, Source, Storage, standard};

impl Catalog {
    /// The standard objects with what a tenant has of its own, with nothing left out for lack of rights.
    pub fn with(registry: &Registry) -> Self {
        let mut objects = standard::objects();
        for row in registry.objects.iter().filter(|row| row.state == State::Live) {
            add_object(&mut objects, row);
        }
        let rows = || registry.fields.iter().filter(|row| row.state == State::Live);
        for row in rows() {
            if row.standard {
                relabel(&mut objects, row);
            } else if let Some(field) = row.field() {
                add_field(&mut objects, &row.object, field);
            }
        }
        for (target, field) in rows().filter_map(FieldRow::inverse) {
            add_field(&mut objects, &target, field);
        }
        let names: Vec<Arc<str>> = objects.iter().map(|object| object.name.clone()).collect();
        for object in &mut objects {
            // A relation to an object that is archived is not there either.
            *object = object.filtered(|field| field.kind.target().is_none_or(|target| names.contains(target)));
            name_by(object, registry);
            if let Some(sections) = registry.layouts.get(&*object.name) {
                let mut sections = sections.clone();
                for section in &mut sections {
                    section.fields.retain(|name| object.field(name).is_some());
                }
                Arc::make_mut(object).sections = sections;
            }
        }
        Self::of(objects)
    }
}

/// A tenant's object keeps its name when a release brings a standard one of the same: that one gives way.
fn add_object(objects: &mut Vec<Arc<Object>>, row: &ObjectRow) {
    let same = |object: &&mut Arc<Object>| *object.name == row.name && object.custom.is_none();
    match (objects.iter_mut().find(same), row.standard) {
        (Some(object), true) => {
            let object = Arc::make_mut(object);
            object.label = row.label.as_str().into();
            object.label_plural = row.label_plural.as_str().into();
        }
        (Some(object), false) => {
            let (old, new): (Arc<str>, Arc<str>) = (object.name.clone(), format!("{}Standard", object.name).into());
            let plural = format!("{}Standard", object.plural);
            Arc::make_mut(object).rename(&new, &plural);
            for object in objects.iter_mut() {
                Arc::make_mut(object).retarget(&old, &new);
            }
            objects.push(Arc::new(row.object()));
        }
        (None, true) => {}
        (None, false) => objects.push(Arc::new(row.object())),
    }
}

/// A tenant's field keeps its name when a release brings a standard one of the same: that one gives way.
fn add_field(objects: &mut [Arc<Object>], object: &str, field: Field) {
    let Some(at) = objects.iter().position(|known| *known.name == *object) else { return };
    if objects[at].field(&field.name).is_some_and(|known| !known.is_custom()) {
        let standard: Arc<str> = format!("{}Standard", field.name).into();
        Arc::make_mut(&mut objects[at]).rename_field(&field.name, &standard);
        for other in objects.iter_mut() {
            Arc::make_mut(other).follow_renamed(object, &field.name, &standard);
        }
    }
    Arc::make_mut(&mut objects[at]).push(field);
}

fn relabel(objects: &mut [Arc<Object>], row: &FieldRow) {
    let Some(object) = objects.iter_mut().find(|object| *object.name == row.object) else { return };
    let Some(standard) = object.field(&row.name).filter(|field| !field.is_custom()) else { return };
    let mut field = Field::clone(standard);
    field.label = row.label.as_str().into();
    if field.kind.choices().is_some() && !row.choices.is_empty() {
        field.kind = field.kind.with_choices(row.choices.clone());
    }
    Arc::make_mut(object).replace(field);
}

/// The field that stands for a record, which the row of the object knows by key.
fn name_by(object: &mut Arc<Object>, registry: &Registry) {
    let Some(row) = registry.objects.iter().find(|row| !row.standard && Some(&*row.key) == object.custom.as_deref())
    else {
        return;
    };
    let is_it = |field: &&Arc<Field>| match &field.storage {
        Storage::Custom(key) => Some(&**key) == row.name_field.as_deref(),
        _ => false,
    };
    let name = object.fields().iter().find(is_it).map_or_else(|| "id".into(), |field| field.name.clone());
    Arc::make_mut(object).name_field = name;
}

impl Object {
    /// Gives a field another name, wherever the object's own rules speak of it.
    fn rename_field(&mut self, from: &str, to: &str) {
        let renamed = |name: &mut Arc<str>| {
            if **name == *from {
                *name = to.into();
            }
        };
        renamed(&mut self.name_field);
        for stamp in &mut self.stamps {
            renamed(&mut stamp.field);
            renamed(&mut stamp.when);
        }
        for announcement in &mut self.announcements {
            renamed(&mut announcement.field);
        }
        self.map_fields(|mut field| {
            renamed(&mut field.name);
            field.made_of.iter_mut().for_each(renamed);
            if let Source::Follows { via, .. } = &mut field.source {
                renamed(via);
            }
            field
        });
    }

    /// What speaks of a field of another object that has another name now.
    fn follow_renamed(&mut self, object: &str, from: &str, to: &Arc<str>) {
        let points_there = |field: &Field| field.kind.target().is_some_and(|target| **target == *object);
        let relations: Vec<Arc<str>> =
            self.fields().iter().filter(|field| points_there(field)).map(|field| field.name.clone()).collect();
        self.map_fields(|mut field| {
            match &mut field.kind {
                Kind::Many { target, via } if **target == *object && **via == *from => *via = to.clone(),
                _ => {}
            }
            match &mut field.source {
                Source::Follows { via, field } if **field == *from && relations.contains(via) => *field = to.clone(),
                _ => {}
            }
            field
        });
    }

    fn retarget(&mut self, from: &str, to: &str) {
        self.map_fields(|mut field| {
            match &mut field.kind {
                Kind::One(target) | Kind::Many { target, .. } if **target == *from => *target = to.into(),
                _ => {}
            }
            field
        });
    }
}
