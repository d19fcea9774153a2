//! Every name that the graph derives from an object or a field, in one place: types, arguments and
//! root fields. The schema declares them, lowering reads them back.

use std::{collections::HashMap, sync::Arc};

use rapport_domain::{
    catalog::{Catalog, Field, Object},
    rights::{Action, Administration},
};

/// What a record operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    Get,
    List,
    Aggregate,
    Create,
    CreateMany,
    Update,
    UpdateMany,
    UpsertMany,
    Delete,
    Restore,
    Destroy,
}

impl Verb {
    pub const ALL: [Self; 11] = [
        Self::Get,
        Self::List,
        Self::Aggregate,
        Self::Create,
        Self::CreateMany,
        Self::Update,
        Self::UpdateMany,
        Self::UpsertMany,
        Self::Delete,
        Self::Restore,
        Self::Destroy,
    ];

    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::List | Self::Aggregate)
    }

    /// Answers one payload for each of several rows.
    pub fn is_batch(self) -> bool {
        matches!(self, Self::CreateMany | Self::UpdateMany | Self::UpsertMany)
    }

    /// The root field of Query or Mutation.
    pub fn root_field(self, object: &Object) -> String {
        let (singular, plural) = (&object.singular, &object.plural);
        let one = &object.name;
        let many = upper_first(plural);
        match self {
            Self::Get => singular.to_string(),
            Self::List => plural.to_string(),
            Self::Aggregate => format!("{plural}Aggregate"),
            Self::Create => format!("create{one}"),
            Self::CreateMany => format!("create{many}"),
            Self::Update => format!("update{one}"),
            Self::UpdateMany => format!("update{many}"),
            Self::UpsertMany => format!("upsert{many}"),
            Self::Delete => format!("delete{one}"),
            Self::Restore => format!("restore{one}"),
            Self::Destroy => format!("destroy{one}"),
        }
    }

    /// Name of the type that the root field answers with.
    pub fn answer_type(self, object: &Object) -> String {
        match self {
            Self::Get => object.name.to_string(),
            Self::List => connection(object),
            Self::Aggregate => aggregate(object),
            verb if verb.is_batch() => batch_payload(object),
            _ => payload(object),
        }
    }

    /// Whether the caller whose view `catalog` is may do it.
    pub fn is_allowed(self, catalog: &Catalog, object: &Object) -> bool {
        let granted = catalog.granted(object);
        let reaches = |action| !granted.reach(action).is_none();
        let fills = || object.fields().iter().any(|field| field.is_writable());
        match self {
            Self::Get | Self::List | Self::Aggregate => true,
            Self::Create | Self::CreateMany => granted.create && fills(),
            Self::Update | Self::UpdateMany => reaches(Action::Update) && fills(),
            Self::UpsertMany => granted.create && reaches(Action::Update) && fills(),
            Self::Delete => reaches(Action::Delete),
            Self::Restore => reaches(Action::Restore),
            Self::Destroy => catalog.may(Administration::Destroy) && reaches(Action::Delete),
        }
    }

    /// Whether that caller may change records of the object in any way.
    pub fn any_writes(catalog: &Catalog, object: &Object) -> bool {
        Self::ALL.into_iter().any(|verb| !verb.is_read() && verb.is_allowed(catalog, object))
    }
}

/// A root field that the record engine answers.
#[derive(Debug, Clone)]
pub struct RecordOperation {
    pub verb: Verb,
    pub object: Arc<Object>,
}

/// The root fields that belong to the record engine, as one role sees them. Every other one is
/// executed by async-graphql.
#[derive(Debug, Default)]
pub struct RecordOperations {
    query: HashMap<String, RecordOperation>,
    mutation: HashMap<String, RecordOperation>,
}

impl RecordOperations {
    pub fn of(catalog: &Catalog) -> Self {
        let mut operations = Self::default();
        for object in catalog.objects() {
            for verb in Verb::ALL.into_iter().filter(|verb| verb.is_allowed(catalog, object)) {
                let fields = if verb.is_read() { &mut operations.query } else { &mut operations.mutation };
                // A name belongs to whoever is declared first, as in the schema.
                fields
                    .entry(verb.root_field(object))
                    .or_insert_with(|| RecordOperation { verb, object: object.clone() });
            }
        }
        operations
    }

    pub fn query(&self, root_field: &str) -> Option<&RecordOperation> {
        self.query.get(root_field)
    }

    pub fn mutation(&self, root_field: &str) -> Option<&RecordOperation> {
        self.mutation.get(root_field)
    }
}

pub const PAGE_INFO: &str = "PageInfo";
pub const USER_ERROR: &str = "UserError";
pub const OUTCOME: &str = "Outcome";
pub const MONEY: &str = "Money";
pub const MONEY_INPUT: &str = "MoneyInput";
pub const MONEY_FILTER: &str = "MoneyFilter";
pub const DIRECTION: &str = "Direction";
pub const BUCKET: &str = "Bucket";
pub const DATE_BUCKET_INPUT: &str = "DateBucketInput";
pub const GROUP_OPTIONS_INPUT: &str = "GroupOptionsInput";

macro_rules! object_types {
    ($($(#[$doc:meta])* $name:ident => $suffix:literal;)*) => {
        $($(#[$doc])* pub fn $name(object: &Object) -> String { format!(concat!("{}", $suffix), object.name) })*

        /// Names of all types that an object brings, its selects' aside.
        pub fn types_of(object: &Object) -> impl Iterator<Item = String> {
            ["", $($suffix),*].into_iter().map(|suffix| format!("{}{suffix}", object.name))
        }
    };
}

object_types! {
    connection => "Connection";
    edge => "Edge";
    filter => "Filter";
    /// Filter of a to-many relation to the object: `some`, `none`, `every`.
    list_filter => "ListFilter";
    order => "Order";
    group_by => "GroupBy";
    aggregate => "Aggregate";
    aggregate_group => "AggregateGroup";
    aggregate_order => "AggregateOrder";
    group_key => "GroupKey";
    group_key_order => "GroupKeyOrder";
    /// Order of groups by `sum` or `avg`.
    sum_order => "SumOrder";
    /// Order of groups by `min` or `max`.
    min_order => "MinOrder";
    count_distinct_order => "CountDistinctOrder";
    sum => "Sum";
    avg => "Avg";
    min => "Min";
    max => "Max";
    count_distinct => "CountDistinct";
    create_input => "CreateInput";
    update_input => "UpdateInput";
    match_field => "MatchField";
    payload => "Payload";
    batch_payload => "BatchPayload";
    batch_result => "BatchResult";
}

/// Fields of a filter that are not fields of its object.
pub const COMBINATORS: [&str; 3] = ["and", "or", "not"];

/// The fields of an object that the graph can show: a name belongs to one field, and GraphQL accepts it.
pub fn fields_of(object: &Object) -> impl Iterator<Item = &Arc<Field>> {
    object.fields().iter().filter(|field| {
        is_name(&field.name) && object.field(&field.name).is_some_and(|known| Arc::ptr_eq(known, field))
    })
}

/// Whether GraphQL accepts it as a name of a field or a type.
pub fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with("__")
}

/// Where a money field's currency stands in group-by and its keys: `amountCurrency`. `None` where a
/// field of the object has that name.
pub fn currency_name(object: &Object, field: &Field) -> Option<String> {
    let name = field.kind.is_money().then(|| format!("{}Currency", field.name))?;
    object.field(&name).is_none().then_some(name)
}

/// The money field that `amountCurrency` stands for.
pub fn field_by_currency_name<'a>(object: &'a Object, name: &str) -> Option<&'a Arc<Field>> {
    object.field(name.strip_suffix("Currency")?).filter(|field| currency_name(object, field).as_deref() == Some(name))
}

/// Where a to-one relation's bare id stands: `companyId`. `None` where a field of the object has that name.
pub fn id_name(object: &Object, field: &Field) -> Option<String> {
    field.id_name().filter(|name| object.field(name).is_none())
}

pub fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
