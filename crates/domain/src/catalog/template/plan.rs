//! A template beside what a tenant has: what is to be done, in an order in which nothing is needed before it is there.

use serde_json::{Map, Value as Json, json};

use super::{
    check::under,
    diff::{Difference, Silence},
    file::{FieldPart, Layout, ObjectPart, OptionPart, Part, Template, UNNAMED},
};
use crate::{
    catalog::{
        Catalog,
        registry::{ObjectRow, Registry, State, update},
    },
    record::{UserError, code as record_code},
};

const OBJECT_KEYS: [&str; 3] = ["label", "labelPlural", "description"];
const STANDARD_OBJECT_KEYS: [&str; 2] = ["label", "labelPlural"];
/// What a template does to a tenant, or leaves alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub action: Action,
    pub object: String,
    pub field: Option<String>,
    /// `field Membership.member RELATION → Contact (inverse memberships)`
    pub description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    /// Out of the archive.
    Restore,
    Change,
    /// It is there and not in the template.
    Leave,
}

/// All that comes before is there when one of these is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Objects,
    /// Fields that are there: a name that one gives up is free for the next.
    Fields,
    NewFields,
    /// Layouts, and the fields that stand for records.
    Pages,
}

#[derive(Debug)]
pub(super) struct Step {
    pub phase: Phase,
    /// What of the file it comes from.
    pub part: (Part, usize),
    pub act: Act,
}

#[derive(Debug)]
pub(super) enum Act {
    CreateObject(Map<String, Json>),
    RestoreObject { name: String },
    UpdateObject { name: String, input: Map<String, Json> },
    CreateField { object: String, input: Map<String, Json> },
    RestoreField { object: String, name: String },
    UpdateField { object: String, name: String, input: Map<String, Json> },
    Arrange { object: String, sections: Vec<Json> },
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub changes: Vec<Change>,
    pub unchanged: usize,
    /// What cannot be done, whatever the registry says.
    pub errors: Vec<UserError>,
}

impl Action {
    pub fn sign(self) -> char {
        match self {
            Self::Create | Self::Restore => '+',
            Self::Change => '~',
            Self::Leave => '·',
        }
    }
}

impl Plan {
    pub fn of(template: &Template, registry: &Registry, catalog: &Catalog) -> Self {
        let mut plan = Self::default();
        for at in 0..template.standard_objects.len() {
            plan.standard_object(template, catalog, at);
        }
        for (at, part) in template.objects.iter().enumerate() {
            plan.object(part, at, registry, catalog);
        }
        for at in 0..template.standard_fields.len() {
            plan.standard_field(template, catalog, at);
        }
        for (at, part) in template.fields.iter().enumerate() {
            plan.field(part, at, template, registry, catalog);
        }
        for (at, part) in template.layouts.iter().enumerate() {
            plan.layout(part, at, template, registry, catalog);
        }
        plan.steps.sort_by_key(|step| step.phase);
        plan.leave(template, &Template::of(registry));
        plan
    }

    fn object(&mut self, part: &ObjectPart, at: usize, registry: &Registry, catalog: &Catalog) {
        let step = |phase, act| Step { phase, part: (Part::Object, at), act };
        let update = |phase, input| step(phase, Act::UpdateObject { name: part.name.clone(), input });
        let mut named_by = UNNAMED.to_owned();
        match registry.objects.iter().find(|row| row.name == part.name && !row.standard) {
            None if catalog.object(&part.name).is_some() => {
                let message = format!("{} is a standard object: its labels are said in [[standardObject]].", part.name);
                let error = UserError::new(record_code::NAME_TAKEN, message);
                return self.errors.push(under(error, Part::Object, at, "name"));
            }
            None => {
                self.change(Action::Create, &part.name, None, &format!("object {} ({})", part.name, part.plural));
                self.steps.push(step(Phase::Objects, Act::CreateObject(given(part.input()))));
            }
            Some(row) => {
                let here = ObjectPart::of(row, registry);
                if here.plural != part.plural {
                    let message = format!(
                        "Several of {} are {} here and {} in the template.",
                        part.name, here.plural, part.plural
                    );
                    let error = UserError::new(record_code::CONFLICT, message);
                    self.errors.push(under(error, Part::Object, at, "plural"));
                }
                if row.state == State::Archived {
                    self.change(Action::Restore, &part.name, None, &format!("object {} out of the archive", part.name));
                    self.steps.push(step(Phase::Objects, Act::RestoreObject { name: part.name.clone() }));
                }
                let mut difference = Difference::between(&here.input(), &part.input(), &OBJECT_KEYS, Silence::Removes);
                if !difference.is_empty() {
                    self.steps.push(update(Phase::Objects, std::mem::take(&mut difference.input)));
                }
                if here.name_field != part.name_field {
                    difference.words.push(format!("nameField {} → {}", here.name_field, part.name_field));
                }
                self.differs(&part.name, None, &difference.words, row.state);
                named_by = here.name_field;
            }
        }
        if named_by != part.name_field {
            let input = Map::from_iter([("nameField".to_owned(), json!(part.name_field))]);
            self.steps.push(update(Phase::Pages, input));
        }
    }

    fn field(&mut self, part: &FieldPart, at: usize, template: &Template, registry: &Registry, catalog: &Catalog) {
        let mut refuse = |key: &str, code: &'static str, message: String| {
            self.errors.push(under(UserError::new(code, message), Part::Field, at, key));
        };
        let step = |phase, act| Step { phase, part: (Part::Field, at), act };
        let (object, name) = (part.object.clone(), part.name.clone());
        let absent =
            |name: &str| catalog.object(name).is_none() && !template.objects.iter().any(|part| part.name == name);
        if absent(&object) {
            return refuse("object", record_code::NOT_FOUND, no_object(&object, registry));
        }
        if let Some(target) = part.points_to().filter(|target| absent(target)) {
            return refuse("target", record_code::NOT_FOUND, no_object(target, registry));
        }
        let Some(row) = registry.fields.iter().find(|row| row.object == object && row.name == name && !row.standard)
        else {
            if catalog.object(&object).and_then(|object| object.field(&name)).is_some_and(|field| !field.is_custom()) {
                let message = format!(
                    "{object}.{name} is a standard field: its label and options are said in [[standardField]]."
                );
                return refuse("name", record_code::NAME_TAKEN, message);
            }
            self.change(Action::Create, &object, Some(&name), &field_line(part));
            return self.steps.push(step(Phase::NewFields, Act::CreateField { object, input: given(part.input()) }));
        };
        let here = FieldPart::of(row);
        let archived = if row.state == State::Archived { " (in the archive)" } else { "" };
        if here.type_name != part.type_name {
            let message =
                format!("{object}.{name} is {} here{archived} and {} in the template.", here.type_name, part.type_name);
            return refuse("type", record_code::CONFLICT, message);
        }
        if here.encrypted != part.encrypted {
            let [from, to] = [&here, part].map(|part| if part.encrypted { "encrypted" } else { "not encrypted" });
            let message = format!("{object}.{name} is {from} here{archived} and {to} in the template.");
            return refuse("encrypted", record_code::CONFLICT, message);
        }
        if here.points_to() != part.points_to() {
            let [from, to] = [&here, part].map(|part| part.points_to().unwrap_or("nothing"));
            let message = format!("{object}.{name} points to {from} here{archived} and to {to} in the template.");
            return refuse("target", record_code::CONFLICT, message);
        }
        if here.options.is_some() && part.options.is_none() {
            return refuse("options", record_code::REQUIRED, "A select needs its options.".into());
        }
        if row.state == State::Archived {
            let line = format!("{} out of the archive", field_line(part));
            self.change(Action::Restore, &object, Some(&name), &line);
            let act = Act::RestoreField { object: object.clone(), name: name.clone() };
            self.steps.push(step(Phase::Fields, act));
        }
        let difference = Difference::between(&here.input(), &part.input(), &update::CUSTOM, Silence::Removes);
        self.differs(&object, Some(&name), &difference.words, row.state);
        if !difference.is_empty() {
            let act = Act::UpdateField { object, name, input: difference.input };
            self.steps.push(step(Phase::Fields, act));
        }
    }

    fn standard_object(&mut self, template: &Template, catalog: &Catalog, at: usize) {
        let part = &template.standard_objects[at];
        let Some(object) = catalog.object(&part.name).filter(|object| object.custom.is_none()) else {
            let message = format!("There is no standard object {}.", part.name);
            let error = UserError::new(record_code::NOT_FOUND, message);
            return self.errors.push(under(error, Part::StandardObject, at, "name"));
        };
        let here = json!({ "label": object.label, "labelPlural": object.label_plural });
        let here = here.as_object().cloned().unwrap_or_default();
        let difference = Difference::between(&here, &part.input(), &STANDARD_OBJECT_KEYS, Silence::Leaves);
        self.differs(&part.name, None, &difference.words, State::Live);
        if !difference.is_empty() {
            let act = Act::UpdateObject { name: part.name.clone(), input: difference.input };
            self.steps.push(Step { phase: Phase::Objects, part: (Part::StandardObject, at), act });
        }
    }

    fn standard_field(&mut self, template: &Template, catalog: &Catalog, at: usize) {
        let part = &template.standard_fields[at];
        let field = catalog.object(&part.object).and_then(|object| object.field(&part.name));
        let Some(field) = field.filter(|field| !field.is_custom()) else {
            let message = format!("There is no standard field {}.{}.", part.object, part.name);
            let error = UserError::new(record_code::NOT_FOUND, message);
            return self.errors.push(under(error, Part::StandardField, at, "name"));
        };
        let options = field.kind.choices().map(|choices| OptionPart::all(&choices.0));
        let here = json!({ "label": field.label, "options": options });
        let here = here.as_object().cloned().unwrap_or_default();
        let difference = Difference::between(&here, &part.input(), &update::STANDARD, Silence::Leaves);
        self.differs(&part.object, Some(&part.name), &difference.words, State::Live);
        if !difference.is_empty() {
            let act =
                Act::UpdateField { object: part.object.clone(), name: part.name.clone(), input: difference.input };
            self.steps.push(Step { phase: Phase::Fields, part: (Part::StandardField, at), act });
        }
    }

    fn layout(&mut self, part: &Layout, at: usize, template: &Template, registry: &Registry, catalog: &Catalog) {
        let object = catalog.object(&part.object);
        if object.is_none() && !template.objects.iter().any(|own| own.name == part.object) {
            let error = UserError::new(record_code::NOT_FOUND, no_object(&part.object, registry));
            return self.errors.push(under(error, Part::Layout, at, "object"));
        }
        let wanted = part.sections();
        let stored = || registry.layouts.get(&part.object).cloned().unwrap_or_default();
        let here = object.map_or_else(stored, |object| object.sections.clone());
        if here == wanted {
            self.unchanged += 1;
            return;
        }
        let fields: usize = wanted.iter().map(|section| section.fields.len()).sum();
        let line = format!("layout {}: {} sections, {fields} fields", part.object, wanted.len());
        let action = if here.is_empty() { Action::Create } else { Action::Change };
        self.change(action, &part.object, None, &line);
        let sections = wanted.iter().map(|section| json!(section)).collect();
        let act = Act::Arrange { object: part.object.clone(), sections };
        self.steps.push(Step { phase: Phase::Pages, part: (Part::Layout, at), act });
    }

    /// What is there beside the template.
    fn leave(&mut self, template: &Template, here: &Template) {
        for other in here.objects.iter().filter(|other| !template.objects.iter().any(|part| part.name == other.name)) {
            self.change(Action::Leave, &other.name, None, &format!("object {} is not in the template", other.name));
        }
        let is_left = |name: &str| {
            here.objects.iter().any(|part| part.name == name) && !template.objects.iter().any(|part| part.name == name)
        };
        let fields = here.fields.iter().filter(|other| {
            !is_left(&other.object)
                && !template.fields.iter().any(|part| part.object == other.object && part.name == other.name)
        });
        for other in fields {
            let line = format!("field {}.{} is not in the template", other.object, other.name);
            self.change(Action::Leave, &other.object, Some(&other.name), &line);
        }
        let standard = here.standard_fields.iter().filter(|other| {
            !template.standard_fields.iter().any(|part| part.object == other.object && part.name == other.name)
        });
        for other in standard {
            let line = format!("what was made of {}.{} is not in the template", other.object, other.name);
            self.change(Action::Leave, &other.object, Some(&other.name), &line);
        }
        let standard = here
            .standard_objects
            .iter()
            .filter(|other| !template.standard_objects.iter().any(|part| part.name == other.name));
        for other in standard {
            let line = format!("labels of {} are not in the template", other.name);
            self.change(Action::Leave, &other.name, None, &line);
        }
        let layouts = here.layouts.iter().filter(|other| {
            !is_left(&other.object) && !template.layouts.iter().any(|part| part.object == other.object)
        });
        for other in layouts {
            self.change(Action::Leave, &other.object, None, &format!("layout {} is not in the template", other.object));
        }
    }

    fn differs(&mut self, object: &str, field: Option<&str>, words: &[String], state: State) {
        if words.is_empty() {
            self.unchanged += usize::from(state == State::Live);
            return;
        }
        let what = field.map_or_else(|| format!("object {object}"), |field| format!("field {object}.{field}"));
        self.change(Action::Change, object, field, &format!("{what} {}", words.join(", ")));
    }

    fn change(&mut self, action: Action, object: &str, field: Option<&str>, description: &str) {
        self.changes.push(Change {
            action,
            object: object.to_owned(),
            field: field.map(str::to_owned),
            description: description.to_owned(),
        });
    }
}

/// What a template says, without what it does not.
fn given(mut input: Map<String, Json>) -> Map<String, Json> {
    input.retain(|_, value| !value.is_null());
    input
}

fn no_object(name: &str, registry: &Registry) -> String {
    let is_archived = |row: &ObjectRow| row.name == name && row.state == State::Archived;
    if registry.objects.iter().any(is_archived) {
        format!("{name} is archived here and not in the template: restore it first.")
    } else {
        format!("There is no object {name}, neither here nor in the template.")
    }
}

/// `field Membership.member RELATION → Contact (inverse memberships), required`
fn field_line(part: &FieldPart) -> String {
    let mut line = format!("field {}.{} {}", part.object, part.name, part.type_name);
    if let Some(target) = part.points_to().filter(|_| part.type_name == "RELATION") {
        line.push_str(" → ");
        line.push_str(target);
    }
    if let Some(inverse) = &part.inverse {
        line = format!("{line} (inverse {inverse})");
    }
    let flags = [
        (part.required, "required"),
        (part.unique, "unique"),
        (part.restricted, "restricted"),
        (part.encrypted, "encrypted"),
    ];
    for (_, word) in flags.into_iter().filter(|(is_set, _)| *is_set) {
        line.push_str(", ");
        line.push_str(word);
    }
    line
}
