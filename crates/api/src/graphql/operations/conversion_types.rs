//! A conversion of a field as the graph shows it and as it is asked for.

use async_graphql::dynamic::{Field, FieldFuture, InputObject, Object, TypeRef};
use chrono::{DateTime, SecondsFormat, Utc};
use rapport_domain::{
    catalog::{
        Catalog,
        registry::conversion::{Conversion, State},
    },
    rights::Administration,
};
use serde::Serialize;
use uuid::Uuid;

use super::{asked::UserError, conversions, fields::FIELD_OPTION_INPUT, metadata::FIELD_TYPE};
use crate::graphql::schema::{Types, choices, input_field, list_nn, member, user_errors};

pub const INPUT: &str = "ConvertFieldInput";
pub const PREVIEW: &str = "ConversionPreview";
pub const PREVIEW_FAILURE: &str = "ConversionPreviewFailure";
pub const CONVERSION: &str = "Conversion";
pub const FAILURE: &str = "ConversionFailure";
pub const STATE: &str = "ConversionState";
pub const PAYLOAD: &str = "ConversionPayload";
pub const ON_FAILURE: &str = "OnConversionFailure";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    pub total: i64,
    pub convertible: i64,
    pub failing: i64,
    pub failures: Vec<PreviewFailure>,
    pub user_errors: Vec<UserError>,
}

#[derive(Serialize)]
pub struct PreviewFailure {
    pub id: Uuid,
    pub value: String,
    pub code: &'static str,
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    pub id: Uuid,
    pub object: String,
    pub field: String,
    pub from: String,
    pub to: String,
    pub state: &'static str,
    pub problem: Option<String>,
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    pub started_at: String,
    pub finished_at: Option<String>,
}

#[derive(Serialize)]
pub struct Failure {
    pub record: Uuid,
    pub value: String,
    pub code: String,
    pub message: String,
}

/// `ConversionPayload`: the conversion as it stands, or why nothing was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub conversion: Option<Standing>,
    pub metadata_version: i64,
    pub user_errors: Vec<UserError>,
}

impl From<Conversion> for Standing {
    fn from(conversion: Conversion) -> Self {
        let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Self {
            id: conversion.id,
            from: conversion.from().to_owned(),
            to: conversion.to().to_owned(),
            state: conversion.state.as_str(),
            problem: conversion.problem,
            total: conversion.total,
            done: conversion.done,
            failed: conversion.failed,
            started_at: moment(conversion.started_at),
            finished_at: conversion.finished_at.map(moment),
            object: conversion.object,
            field: conversion.name,
        }
    }
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let number = || TypeRef::named_nn(TypeRef::INT);
    let why = |object: Object| {
        object
            .field(member("value", text(), "The value, as people read it."))
            .field(member("code", text(), "Stable code."))
            .field(member("message", text(), "Why it does not convert."))
    };
    types.add(
        Object::new(PREVIEW)
            .description("What would become of the values of a field.")
            .field(member("total", number(), "Records that have a value, in the bin or not."))
            .field(member("convertible", number(), "Those whose value converts, or is blank."))
            .field(member("failing", number(), "Those whose value does not."))
            .field(member("failures", TypeRef::named_nn_list_nn(PREVIEW_FAILURE), "The first of these."))
            .field(user_errors()),
    );
    let id = member("id", TypeRef::named_nn(TypeRef::ID), "Id of the record.");
    types.add(why(Object::new(PREVIEW_FAILURE).description("A value that would not convert.").field(id)));
    let record = member("record", TypeRef::named_nn(TypeRef::ID), "Id of the record.");
    types.add(why(Object::new(FAILURE).description("A value that does not convert.").field(record)));
    types.add(
        Object::new(CONVERSION)
            .description("A field on its way to another type.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the conversion."))
            .field(member("object", text(), "Name of the object."))
            .field(member("field", text(), "Name of the field."))
            .field(member("from", TypeRef::named_nn(FIELD_TYPE), "The type it had."))
            .field(member("to", TypeRef::named_nn(FIELD_TYPE), "The type that it gets."))
            .field(member("state", TypeRef::named_nn(STATE), "How it is doing."))
            .field(member("problem", TypeRef::named(TypeRef::STRING), "Why it failed."))
            .field(member("total", number(), "Records that have a value."))
            .field(member("done", number(), "Those that are done: the value is converted, or was blank."))
            .field(member("failed", number(), "Those whose value does not convert."))
            .field(
                Field::new("failures", TypeRef::named_nn_list_nn(FAILURE), |ctx| {
                    FieldFuture::new(async move { conversions::failures(&ctx).await })
                })
                .description("The values that do not convert, with what they were, by record.")
                .argument(input_field(
                    "first",
                    TypeRef::named(TypeRef::INT),
                    "How many, 1,000 at most; 100 when left out.",
                ))
                .argument(input_field(
                    "after",
                    TypeRef::named(TypeRef::ID),
                    "The last record of the page before.",
                )),
            )
            .field(member("startedAt", TypeRef::named_nn("DateTime"), "When it started."))
            .field(member(
                "finishedAt",
                TypeRef::named("DateTime"),
                "When nothing was left to do: the field can change again.",
            )),
    );
    types.add(choices(STATE, "How a conversion is doing.", State::ALL.iter().map(|(_, name, about)| (*name, *about))));
    types.add(
        Object::new(PAYLOAD)
            .description("Result of a request about a conversion.")
            .field(member("conversion", TypeRef::named(CONVERSION), "The conversion as it stands; null when refused."))
            .field(member("metadataVersion", TypeRef::named(TypeRef::INT), "Version of the workspace's metadata."))
            .field(user_errors()),
    );
    if catalog.may(Administration::Metadata) {
        inputs(types);
    }
}

fn inputs(types: &mut Types) {
    types.add(
        InputObject::new(INPUT)
            .description("What a field is to become.")
            .field(input_field("type", TypeRef::named_nn(FIELD_TYPE), "What values it takes."))
            .field(input_field(
                "options",
                list_nn(FIELD_OPTION_INPUT),
                "Of a select: its options, all of them, in order. From select to select they stay when left out.",
            ))
            .field(input_field(
                "optionsFromValues",
                TypeRef::named(TypeRef::BOOLEAN),
                "Of a select: an option for each text that records have, 200 at most.",
            ))
            .field(input_field(
                "region",
                TypeRef::named(TypeRef::STRING),
                "Of phone numbers: the country that those without a country code are from, `DE`.",
            )),
    );
    types.add(choices(
        ON_FAILURE,
        "What happens where a value does not convert.",
        [
            ("REFUSE", "The field stays as it is."),
            ("KEEP_OUT", "Those records have no value any more. What they had is kept in the report."),
        ],
    ));
}
