//! Types that every graph has, whatever its objects.

use async_graphql::dynamic::{Enum, EnumItem, Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef};

use rapport_domain::catalog::types as field_types;

use super::{
    scalars,
    types::{Types, clean, input_field, list_nn, record_field},
};
use crate::graphql::names;

pub fn declare(types: &mut Types) {
    scalars::declare(types);
    pages(types);
    money(types);
    documents(types);
    filters(types);
    orders_and_buckets(types);
    refusals(types);
}

/// A field of a plain value made by an operation: read from its parent by name.
pub fn member(name: &str, ty: TypeRef, about: &str) -> Field {
    Field::new(name, ty, read_member).description(clean(about))
}

/// `userErrors` of a payload made by an operation.
pub fn user_errors() -> Field {
    member("userErrors", TypeRef::named_nn_list_nn(names::USER_ERROR), "Why it was refused; empty when it was not.")
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a resolver")]
fn read_member(ctx: ResolverContext<'_>) -> FieldFuture<'_> {
    let value = match ctx.parent_value.as_value() {
        Some(async_graphql::Value::Object(members)) => members.get(ctx.field().name()).cloned(),
        _ => None,
    };
    FieldFuture::from_value(value.filter(|value| !matches!(value, async_graphql::Value::Null)))
}

pub fn choices<'a>(name: &str, about: &str, items: impl IntoIterator<Item = (&'a str, &'a str)>) -> Enum {
    items.into_iter().fold(Enum::new(name).description(clean(about)), |choices, (value, about)| {
        choices.item(EnumItem::new(value).description(clean(about)))
    })
}

fn pages(types: &mut Types) {
    let cursor = || TypeRef::named(TypeRef::STRING);
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    types.add(
        Object::new(names::PAGE_INFO)
            .description("Where a page of a list stands in the whole.")
            .field(member("hasNextPage", flag(), "Whether records follow after `endCursor`."))
            .field(member("hasPreviousPage", flag(), "Whether records come before `startCursor`."))
            .field(member("startCursor", cursor(), "Cursor of the first record, for `before`."))
            .field(member("endCursor", cursor(), "Cursor of the last record, for `after`.")),
    );
}

fn money(types: &mut Types) {
    types.add(
        Object::new(names::MONEY)
            .description("An amount of money.")
            .field(record_field("value", TypeRef::named_nn("Decimal"), "Amount in major units: `'12.50'` euros."))
            .field(record_field("currency", TypeRef::named_nn(TypeRef::STRING), "ISO 4217 code: `EUR`.")),
    );
    types.add(
        InputObject::new(names::MONEY_INPUT)
            .description("An amount of money.")
            .field(input_field("value", TypeRef::named_nn("Decimal"), "Amount in major units: `'12.50'` euros."))
            .field(input_field("currency", TypeRef::named_nn(TypeRef::STRING), "ISO 4217 code: `EUR`.")),
    );
}

/// Values that are texts in parts, such as addresses.
fn documents(types: &mut Types) {
    for (ty, parts) in field_types::all().filter_map(|ty| Some((ty, ty.parts()?))) {
        let (graph, about) = (ty.graph(), ty.description());
        types.add(parts.list.iter().fold(Object::new(graph.output).description(about), |output, (part, about)| {
            output.field(record_field(*part, TypeRef::named(TypeRef::STRING), about))
        }));
        let input =
            InputObject::new(graph.input).description(format!("{about} It replaces the one before as a whole."));
        types.add(parts.list.iter().fold(input, |input, (part, about)| {
            input.field(input_field(*part, TypeRef::named(TypeRef::STRING), about))
        }));
        let filter = InputObject::new(graph.filter)
            .description(format!("Conditions on {}; all must hold.", parts.noun))
            .field(is_null());
        types.add(parts.list.iter().fold(filter, |filter, (part, about)| {
            filter.field(input_field(*part, TypeRef::named("TextFilter"), about))
        }));
    }
}

fn filters(types: &mut Types) {
    types.add(equality("IdFilter", TypeRef::ID));
    types.add(text_operators(order("TextFilter", TypeRef::STRING)));
    types.add(order("IntFilter", TypeRef::INT));
    types.add(order("NumberFilter", TypeRef::FLOAT));
    types.add(order("DecimalFilter", "Decimal"));
    types.add(order("DateFilter", "Date"));
    types.add(order("DateTimeFilter", "DateTime"));
    types.add(order(names::MONEY_FILTER, "Decimal").field(input_field(
        "currency",
        TypeRef::named("TextFilter"),
        "Condition on the currency's code. Amounts are in major units of whatever currency a record has.",
    )));
    types.add(
        filter_input("BooleanFilter", TypeRef::BOOLEAN)
            .field(input_field("eq", TypeRef::named(TypeRef::BOOLEAN), "Is this value."))
            .field(input_field("neq", TypeRef::named(TypeRef::BOOLEAN), "Is not this value, or missing."))
            .field(is_null()),
    );
    types.add(InputObject::new("PresenceFilter").description("Whether there is a value.").field(is_null()));
}

fn filter_input(name: &str, operand: &str) -> InputObject {
    InputObject::new(name).description(format!("Conditions on a value of type {operand}; all must hold. A missing value meets only `isNull: true`, `neq` and `notIn`."))
}

/// `eq neq in notIn isNull`
pub fn equality(name: &str, operand: &str) -> InputObject {
    filter_input(name, operand)
        .field(input_field("eq", TypeRef::named(operand), "Is this value."))
        .field(input_field("neq", TypeRef::named(operand), "Is not this value, or missing."))
        .field(input_field("in", list_nn(operand), "Is one of these values."))
        .field(input_field("notIn", list_nn(operand), "Is none of these values, or missing."))
        .field(is_null())
}

/// `containsAny containsAll isNull`
pub fn set(name: &str, operand: &str) -> InputObject {
    filter_input(name, operand)
        .field(input_field("containsAny", list_nn(operand), "Holds at least one of these."))
        .field(input_field("containsAll", list_nn(operand), "Holds all of these."))
        .field(is_null())
}

fn order(name: &str, operand: &str) -> InputObject {
    equality(name, operand)
        .field(input_field("gt", TypeRef::named(operand), "Is greater than this value."))
        .field(input_field("gte", TypeRef::named(operand), "Is this value or greater."))
        .field(input_field("lt", TypeRef::named(operand), "Is less than this value."))
        .field(input_field("lte", TypeRef::named(operand), "Is this value or less."))
}

fn text_operators(filter: InputObject) -> InputObject {
    let text = || TypeRef::named(TypeRef::STRING);
    filter
        .field(input_field("contains", text(), "Contains this text, whatever the case."))
        .field(input_field("startsWith", text(), "Starts with this text, whatever the case."))
        .field(input_field("endsWith", text(), "Ends with this text, whatever the case."))
        .field(input_field(
            "ilike",
            text(),
            "Matches this pattern, whatever the case: `%` is any text, `_` any character.",
        ))
}

fn is_null() -> async_graphql::dynamic::InputValue {
    input_field("isNull", TypeRef::named(TypeRef::BOOLEAN), "Whether the value is missing.")
}

fn orders_and_buckets(types: &mut Types) {
    types.add(choices(
        names::DIRECTION,
        "Order of a list by one field. Missing values come last unless told otherwise.",
        [
            ("ASC", "Smallest first."),
            ("DESC", "Greatest first."),
            ("ASC_NULLS_FIRST", "Missing values, then smallest first."),
            ("ASC_NULLS_LAST", "Smallest first, then missing values."),
            ("DESC_NULLS_FIRST", "Missing values, then greatest first."),
            ("DESC_NULLS_LAST", "Greatest first, then missing values."),
        ],
    ));
    types.add(choices(
        names::BUCKET,
        "A span of time that groups are made of.",
        [
            ("DAY", "Midnight to midnight."),
            ("WEEK", "Monday to Sunday."),
            ("MONTH", "A calendar month."),
            ("QUARTER", "Three calendar months, from January, April, July or October."),
            ("YEAR", "A calendar year."),
        ],
    ));
    types.add(
        InputObject::new(names::DATE_BUCKET_INPUT)
            .description("How dates are grouped. The key of a group is its first day.")
            .field(
                input_field("bucket", TypeRef::named(names::BUCKET), "Span of a group.")
                    .default_value(async_graphql::Value::Enum(async_graphql::Name::new("DAY"))),
            )
            .field(input_field(
                "timeZone",
                TypeRef::named(TypeRef::STRING),
                "IANA zone where days begin: `Europe/Berlin`. UTC when left out.",
            )),
    );
    types.add(
        InputObject::new(names::GROUP_OPTIONS_INPUT).description("Groups by the value itself: write `{}`.").field(
            input_field(
                "_",
                TypeRef::named(TypeRef::BOOLEAN),
                "Not used: the language wants every input to have a field.",
            ),
        ),
    );
}

fn refusals(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    types.add(
        Object::new(names::USER_ERROR)
            .description("Why something asked for was refused, for the person who asked.")
            .field(member("code", text(), "Stable code: `REQUIRED`."))
            .field(member(
                "field",
                TypeRef::named_nn_list_nn(TypeRef::STRING),
                "Path in the input: `['amount', 'value']`.",
            ))
            .field(member("message", text(), "A plain sentence.")),
    );
    types.add(choices(
        names::OUTCOME,
        "Result of one row of a batch.",
        [
            ("CREATED", "A new record."),
            ("UPDATED", "A record was changed."),
            ("UNCHANGED", "The record was like that already."),
            ("RESTORED", "The record is out of the bin."),
            ("DELETED", "The record is in the bin."),
            ("DESTROYED", "The record is gone for good."),
            ("REFUSED", "Refused: see `userErrors`."),
            ("NOT_APPLIED", "Fine in itself, but another row of the atomic batch was refused."),
        ],
    ));
}
