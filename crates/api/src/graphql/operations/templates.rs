//! `exportCatalog`, `applyCatalog`: the shape of a workspace as a file, and a file as the shape of another.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::{
        Catalog,
        template::{self, Action, Applied, Problem},
    },
    rights::Administration,
};
use serde::Serialize;

use super::{
    asked::{self, Asked, UserError},
    registrar::text,
};
use crate::{
    graphql::schema::{Types, choices, input_field, member, user_errors},
    template::{Error, Run, apply},
};

const PAYLOAD: &str = "ApplyCatalogPayload";
const CHANGE: &str = "CatalogChange";
const ACTION: &str = "CatalogAction";
/// The argument that holds the file.
const TEMPLATE: &str = "template";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    changes: Vec<Change>,
    unchanged: usize,
    metadata_version: i64,
    user_errors: Vec<UserError>,
}

#[derive(Serialize)]
struct Change {
    action: &'static str,
    object: String,
    field: Option<String>,
    description: String,
}

impl From<template::Change> for Change {
    fn from(change: template::Change) -> Self {
        let template::Change { action, object, field, description } = change;
        Self { action: name(action), object, field, description }
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        let Problem { code, path, place, message } = problem;
        let message = match place {
            Some((line, column)) => format!("Line {line}, column {column}: {message}"),
            None => message,
        };
        let field = std::iter::once(TEMPLATE.to_owned()).chain(path).collect();
        Self { code: code.into(), field, message }
    }
}

fn name(action: Action) -> &'static str {
    match action {
        Action::Create => "CREATE",
        Action::Restore => "RESTORE",
        Action::Change => "CHANGE",
        Action::Leave => "LEAVE",
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("exportCatalog", TypeRef::named(TypeRef::STRING), |ctx| {
            FieldFuture::new(async move { export(&ctx).await })
        })
        .description(
            "What this workspace has of its own as a template, without records: for `applyCatalog` in another one. Needs the right METADATA.",
        ),
    ]
}

/// With the right METADATA: others have no such field in their graph.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Metadata) {
        return Vec::new();
    }
    vec![
        Field::new("applyCatalog", TypeRef::named(PAYLOAD), |ctx| FieldFuture::new(async move { bring(&ctx).await }))
            .description(
                "Makes this workspace have what a template says, all of it or nothing. What it has beside stays. Applied again, it changes nothing.",
            )
            .argument(input_field(TEMPLATE, TypeRef::named_nn(TypeRef::STRING), "The template, a TOML text."))
            .argument(
                input_field("dryRun", TypeRef::named(TypeRef::BOOLEAN), "Only says what would change.")
                    .default_value(false),
            ),
    ]
}

async fn export(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let session =
        asked.app.tenancy.open(&asked.may(Administration::Metadata)?.scope).session().await.map_err(asked::database)?;
    Ok(Some(template::export(&session).await.map_err(asked::database)?.into()))
}

async fn bring(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let scope = &asked.may(Administration::Metadata)?.scope;
    let is_dry = ctx.args.get("dryRun").is_some_and(|given| given.boolean().unwrap_or(false));
    let run = if is_dry { Run::Dry } else { Run::Real };
    let schema = asked.app.graph.schemas.of(&asked.catalog).await.map_err(|error| asked::internal(&*error))?;
    let db = asked.app.tenancy.open(scope);
    let applied =
        apply(&db, &schema, &asked.origin, &text(ctx, TEMPLATE)?, run).await.map_err(|error| match error {
            Error::Database(error) => asked::database(error),
            error @ Error::Graph(_) => asked::internal(&error),
        })?;
    let Applied { changes, unchanged, problems, metadata_version, .. } = applied;
    let is_kept = run == Run::Real && problems.is_empty();
    if is_kept {
        asked.app.graph.catalogs.forget(scope.tenant());
        asked.app.indexing.wake(&db);
        asked.app.wrote(&db);
    }
    let told = Told {
        changes: changes.into_iter().map(Change::from).collect(),
        unchanged,
        metadata_version: if is_kept { metadata_version } else { asked.metadata_version },
        user_errors: problems.into_iter().map(UserError::from).collect(),
    };
    Ok(Some(asked::present(&told)?))
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    if !catalog.may(Administration::Metadata) {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    types.add(
        Object::new(PAYLOAD)
            .description("Result of applying a template, or what it would be.")
            .field(member("changes", TypeRef::named_nn_list_nn(CHANGE), "What it changes, and what it leaves alone."))
            .field(member(
                "unchanged",
                TypeRef::named_nn(TypeRef::INT),
                "How many of its parts are as it says already.",
            ))
            .field(member(
                "metadataVersion",
                TypeRef::named(TypeRef::INT),
                "Version of the workspace's metadata: goes up with every change.",
            ))
            .field(user_errors()),
    );
    types.add(
        Object::new(CHANGE)
            .description("One thing that a template changes.")
            .field(member("action", TypeRef::named_nn(ACTION), "What happens to it."))
            .field(member("object", text(), "The object."))
            .field(member("field", TypeRef::named(TypeRef::STRING), "The field of it, where it is one."))
            .field(member("description", text(), "In plain words.")),
    );
    types.add(choices(
        ACTION,
        "What a template does to a part of the catalog.",
        [
            ("CREATE", "It is made."),
            ("RESTORE", "It comes back from the archive, with its values."),
            ("CHANGE", "It is there, and not as the template says."),
            ("LEAVE", "It is there, and not in the template: it stays as it is."),
        ],
    ));
}
