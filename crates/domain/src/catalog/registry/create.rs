use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};

use super::{
    Answer, FieldRow, Settings,
    field_row::{custom_kind, type_names},
    held::{Done, Held, Refusal, fresh_key},
    input::Reader,
    limit::Limit,
    name, options, relation, secret,
};
use crate::{
    catalog::{
        Choice, Field, Kind, Object,
        field::{Privacy, sentence_case},
        index,
    },
    record::{self, Origin, UserError, code, shown},
};

const KEYS: [&str; 19] = [
    "name",
    "label",
    "description",
    "help",
    "type",
    "required",
    "unique",
    "filterable",
    "searchable",
    "restricted",
    "encrypted",
    "privacy",
    "default",
    "options",
    "target",
    "inverse",
    "inverseLabel",
    "many",
    "region",
];

/// Adds a field. A required one is asked of what is written from now on; records that are there may lack it.
pub async fn create_field(
    tx: &TenantTx,
    origin: &Origin,
    object: &str,
    input: &Map<String, Json>,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        let count = held.rows_of(&object.name).count();
        Limit::Fields.allows(held, count, &format!("fields of your own in {}", object.label)).await??;
        if input.get("many").is_some_and(|many| *many == true) {
            return relation::create_from_other_side(held, object, input).await;
        }
        let mut row = read(held, object, input)?;
        if row.settings.encrypted {
            secret::ensure_keys(tx).await?;
        }
        check_indexes(held, object, &row).await?;
        row.changed_in = held.next_version();
        row.insert(tx).await?;
        Ok(Done::field(object, &row))
    }
    .await;
    held.finish(done).await
}

/// Refuses an index too many.
pub(super) async fn check_indexes(held: &Held<'_>, object: &Object, row: &FieldRow) -> Result<(), Refusal> {
    let wants = |row: &FieldRow| row.field().is_some_and(|field| index::wants_index(&field));
    if !wants(row) {
        return Ok(());
    }
    let others = held.rows_of(&object.name).filter(|other| other.id != row.id && wants(other)).count();
    let allowed = Limit::Indexes.allows(held, others, &format!("indexed fields in {}", object.label)).await?;
    let key = if row.unique { "unique" } else { "filterable" };
    allowed.map_err(|error| error.under(key).under("input").into())
}

pub(super) fn read(held: &Held<'_>, object: &Object, input: &Map<String, Json>) -> Result<FieldRow, Vec<UserError>> {
    let mut reader = Reader::new("field", input, &KEYS, &[]);
    let name = field_name(&mut reader, held, object);
    let (type_name, choices) = kind(&mut reader);
    let mut row = FieldRow::new(&object.name, &name, &type_name);
    row.choices = choices;
    row.label = reader.label("label").unwrap_or_else(|| sentence_case(&name));
    row.description = reader.note("description");
    row.required = reader.flag("required").unwrap_or(false);
    row.unique = reader.flag("unique").unwrap_or(false);
    row.filterable = reader.flag("filterable").unwrap_or(false);
    row.searchable = reader.flag("searchable").unwrap_or(false);
    row.restricted = reader.flag("restricted").unwrap_or(false);
    row.settings = Settings {
        help: reader.note("help"),
        privacy: privacy(&mut reader).unwrap_or_default(),
        encrypted: reader.flag("encrypted").unwrap_or(false),
        region: region(&mut reader),
        default: reader.value("default").cloned(),
        ..Settings::default()
    };
    relation::read(&mut reader, held, object, &mut row);
    check(&mut reader, object, &row);
    let keys = held.registry.fields.iter().filter(|other| other.object == *object.name).map(|other| other.key.as_str());
    row.key = fresh_key(&name, keys);
    if reader.errors.is_empty() { Ok(row) } else { Err(reader.errors) }
}

fn field_name(reader: &mut Reader<'_>, held: &Held<'_>, object: &Object) -> String {
    let name = reader.text("name").unwrap_or_default().to_owned();
    if reader.value("name").is_none() {
        reader.refuse("name", UserError::new(code::REQUIRED, "A field needs a name."));
    } else if reader.errors.iter().all(|error| error.field != ["input", "name"])
        && let Some(error) = name::refusal(held, object, &name, None)
    {
        reader.refuse("name", error);
    }
    name
}

pub(super) fn privacy(reader: &mut Reader<'_>) -> Option<Privacy> {
    let given = reader.value("privacy")?;
    let read = serde_json::from_value(given.clone()).ok();
    if read.is_none() {
        let message = format!("Expected NONE, PERSONAL or SENSITIVE, got {}.", shown(given));
        reader.refuse("privacy", UserError::invalid(message));
    }
    read
}

/// The country that values without one are from: of phone numbers.
pub(super) fn region(reader: &mut Reader<'_>) -> Option<String> {
    let region = reader.text("region")?;
    let good = region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase());
    if !good {
        let message = format!("Expected a country such as DE, got {}.", shown(&region.into()));
        reader.refuse("region", UserError::invalid(message));
    }
    Some(region.to_owned())
}

/// What does not go with the type of a field.
pub(super) fn check(reader: &mut Reader<'_>, object: &Object, row: &FieldRow) {
    let Some(field) = row.field() else { return };
    secret::check(reader, row, &field);
    let mut cannot = |key: &str, what: &str| {
        let message = format!("A field of type {} cannot {what}.", row.type_name);
        reader.refuse(key, UserError::invalid(message));
    };
    if row.unique && !can_be_unique(&field.kind) {
        cannot("unique", "be unique");
    }
    if row.searchable && !field.kind.is_text() {
        cannot("searchable", "be searched");
    }
    let Some(default) = row.settings.default.as_ref().filter(|_| !field.encrypted) else { return };
    if matches!(field.kind, Kind::One(_)) {
        cannot("default", "have a default");
    } else if row.unique {
        reader.refuse(
            "default",
            UserError::invalid("A unique field cannot have a default: only one record could have it."),
        );
    } else if let Err(error) = record::check(object, &field, default) {
        let path = error.field.into_iter().rev();
        let error = path.fold(UserError::new(error.code, error.message), UserError::under);
        reader.refuse("default", error);
    }
}

/// The type, with its options where it has some.
fn kind(reader: &mut Reader<'_>) -> (String, Vec<Choice>) {
    let choices = options::read(reader);
    let Some(type_name) = reader.text("type") else {
        if reader.value("type").is_none() {
            let message = format!("A field needs a type: one of {}.", type_names());
            reader.refuse("type", UserError::new(code::REQUIRED, message));
        }
        return (String::new(), Vec::new());
    };
    let kind = custom_kind(type_name, Vec::new());
    let has_options = kind.as_ref().is_some_and(|kind| kind.choices().is_some());
    if kind.is_none() && !relation::is_relation(type_name) {
        let message =
            format!("{} is not a type of custom fields. The types are {}.", shown(&type_name.into()), type_names());
        reader.refuse("type", UserError::new(code::UNSUPPORTED_TYPE, message));
    } else if has_options && reader.value("options").is_none() {
        reader.refuse("options", UserError::new(code::REQUIRED, "A select needs its options."));
    } else if !has_options && reader.value("options").is_some() {
        reader.refuse("options", UserError::invalid(format!("A field of type {type_name} has no options.")));
    }
    (type_name.to_owned(), choices.unwrap_or_default())
}

fn can_be_unique(kind: &Kind) -> bool {
    kind.value().is_some_and(|value| value.can_be_unique())
}

/// Whether `field` is one whose options a list can be made of.
pub(super) fn has_options(field: &Field) -> bool {
    field.kind.choices().is_some()
}
