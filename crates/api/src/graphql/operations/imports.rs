//! `startImport`, `import`, `cancelImport`, `undoImport`: another system's data, from CSV files and a mapping.

use std::sync::Arc;

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, ResolverContext, TypeRef},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use rapport_domain::{
    catalog::Catalog,
    import::{self, Import, Observer, Problem, Report, State, UndoError},
};
use rapport_tenancy::TenantDb;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError},
    import_types::{IMPORT, PAYLOAD},
};
use crate::{
    app::App,
    graphql::schema::{Types, input_field},
    metrics,
};

const START_INPUT: &str = "StartImportInput";
const FILE_INPUT: &str = "ImportFileInput";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartInput {
    name: Option<String>,
    mapping: String,
    files: Vec<FileInput>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
struct FileInput {
    name: String,
    content: Option<String>,
    base64: Option<String>,
}

/// `ImportPayload`: the import as it stands, or why nothing was done.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    import: Option<Import>,
    user_errors: Vec<UserError>,
}

impl Payload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self { import: None, user_errors }
    }

    fn present(&self) -> Result<Option<Value>> {
        asked::present(self).map(Some)
    }
}

impl FileInput {
    fn bytes(self, index: usize) -> std::result::Result<(String, Bytes), UserError> {
        let refuse = |part: &str, message: &str| UserError {
            code: "INVALID_VALUE".into(),
            field: ["input", "files", &index.to_string(), part].map(str::to_owned).into(),
            message: message.into(),
        };
        let content = match (self.content, self.base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(coded)) => STANDARD.decode(coded).map_err(|_| refuse("base64", "This is not base64."))?,
            _ => return Err(refuse("content", "A file needs either `content` or `base64`.")),
        };
        Ok((self.name, content.into()))
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("import", TypeRef::named(IMPORT), |ctx| FieldFuture::new(async move { import(&ctx).await }))
            .description(
                "An import that you started, or anybody's where you may read everything; null when there is none with this id.",
            )
            .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the import.")),
    ]
}

pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may_import() {
        return Vec::new();
    }
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the import.");
    let payload = || TypeRef::named(PAYLOAD);
    vec![
        Field::new("startImport", payload(), |ctx| FieldFuture::new(async move { start(&ctx).await }))
            .description(
                "Looks at files and mapping as a whole, and starts to bring them in. Ask `import` how it goes.",
            )
            .argument(input_field("input", TypeRef::named_nn(START_INPUT), "What to bring in.")),
        Field::new("cancelImport", payload(), |ctx| FieldFuture::new(async move { cancel(&ctx).await }))
            .description("Asks a running import to stop. What it wrote stays.")
            .argument(id()),
        Field::new("undoImport", payload(), |ctx| FieldFuture::new(async move { undo(&ctx).await }))
            .description("Takes back what an import wrote, where nobody has changed it since.")
            .argument(id()),
    ]
}

async fn import(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let Some(id) = id(ctx)? else { return Ok(None) };
    known(ctx, &db, id).await?.map(|import| asked::present(&import)).transpose()
}

/// An import that the caller may know of. What it says of rows is for who brought them, and for who may read everything.
async fn known(ctx: &ResolverContext<'_>, db: &TenantDb, id: Uuid) -> Result<Option<Import>> {
    let asked = Asked::of(ctx)?;
    let subject = db.scope().actor().subject.id();
    let found = import::find(db, id).await.map_err(asked::database)?;
    Ok(found.filter(|import| import.subject == subject || asked.catalog.shows_everything()))
}

async fn start(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let StartInput { name, mapping, files, dry_run } = asked::input(ctx)?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut errors = Vec::new();
    let files = files
        .into_iter()
        .enumerate()
        .filter_map(|(index, file)| file.bytes(index).map_err(|error| errors.push(error)).ok());
    let files = import::Files::given(files.collect::<Vec<_>>());
    if !errors.is_empty() {
        return Payload::refused(errors).present();
    }
    let request = import::Request {
        name: name.unwrap_or_else(|| "mapping.toml".into()),
        mapping,
        files,
        dry_run: dry_run.unwrap_or(false),
        origin: Asked::of(ctx)?.origin.clone(),
    };
    let app = &Asked::of(ctx)?.app;
    let watcher = Watcher { app: Arc::clone(app), db: db.clone() };
    match import::start(&db, &app.graph.catalogs, request, watcher).await {
        Ok((started, work)) => {
            app.background.spawn(work);
            standing(ctx, &db, started.id).await
        }
        Err(import::Error::Refused(problems)) => {
            Payload::refused(problems.iter().map(|problem| user_error(problem, &names)).collect()).present()
        }
        Err(import::Error::Database(error)) => Err(asked::database(error)),
        Err(error @ (import::Error::Record(_) | import::Error::Ended)) => Err(asked::internal(&error)),
    }
}

/// Stops an import when the program is to end: it writes down how far it came, and can be run again.
struct Watcher {
    app: Arc<App>,
    db: TenantDb,
}

impl Observer for Watcher {
    fn ended(&mut self, _: State, report: &Report) {
        metrics::imported(report);
        self.app.wrote(&self.db);
    }

    fn wants_to_stop(&self) -> bool {
        self.app.background.shutdown().is_asked()
    }
}

async fn cancel(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let Some(id) = id(ctx)? else { return not_found() };
    if known(ctx, &db, id).await?.is_none() {
        return not_found();
    }
    import::cancel(&db, id).await.map_err(asked::database)?;
    standing(ctx, &db, id).await
}

async fn undo(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let Some(id) = id(ctx)? else { return not_found() };
    if known(ctx, &db, id).await?.is_none() {
        return not_found();
    }
    let undone = import::undo(&db, id, &Asked::of(ctx)?.origin).await;
    let app = &Asked::of(ctx)?.app;
    app.wrote(&db);
    match undone {
        Ok(_) => standing(ctx, &db, id).await,
        Err(UndoError::NotFound) => not_found(),
        Err(UndoError::Impossible(why)) => refused("CONFLICT", why),
        Err(UndoError::Database(error)) => Err(asked::database(error)),
        Err(error @ UndoError::Record(_)) => Err(asked::internal(&error)),
    }
}

pub(super) fn db(ctx: &ResolverContext<'_>) -> Result<TenantDb> {
    let asked = Asked::of(ctx)?;
    Ok(asked.app.tenancy.open(&asked.importer()?.scope))
}

/// What is no id is the id of nothing.
fn id(ctx: &ResolverContext<'_>) -> Result<Option<Uuid>> {
    Ok(match ctx.args.try_get("id")?.as_value() {
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

async fn standing(ctx: &ResolverContext<'_>, db: &TenantDb, id: Uuid) -> Result<Option<Value>> {
    let import = known(ctx, db, id).await?;
    Payload { import, ..Payload::default() }.present()
}

fn not_found() -> Result<Option<Value>> {
    refused("NOT_FOUND", "There is no such import.")
}

fn refused(code: &str, message: &str) -> Result<Option<Value>> {
    Payload::refused(vec![UserError {
        code: code.to_owned().into(),
        field: vec!["id".into()],
        message: message.into(),
    }])
    .present()
}

/// A problem with a file or the mapping, by its place in the input.
fn user_error(problem: &Problem, files: &[String]) -> UserError {
    let file = problem.file.as_ref().and_then(|file| files.iter().position(|name| name == file));
    let field = match file {
        Some(index) => vec!["input".into(), "files".into(), index.to_string()],
        None => vec!["input".into(), "mapping".into()],
    };
    UserError { code: problem.code.clone().into(), field, message: problem.to_string() }
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    if !catalog.may_import() {
        return;
    }
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        InputObject::new(START_INPUT)
            .description("CSV files, and the mapping that says what becomes of them.")
            .field(input_field("name", maybe(), "What messages call the mapping."))
            .field(input_field("mapping", text(), "The mapping, TOML."))
            .field(input_field(
                "files",
                TypeRef::named_nn_list_nn(FILE_INPUT),
                "The files that the mapping reads, by name.",
            ))
            .field(
                input_field("dryRun", TypeRef::named(TypeRef::BOOLEAN), "Do everything and keep nothing.")
                    .default_value(false),
            ),
    );
    types.add(
        InputObject::new(FILE_INPUT)
            .description("A file, as text or as bytes.")
            .field(input_field("name", text(), "Its name in the mapping."))
            .field(input_field("content", maybe(), "Its text."))
            .field(input_field("base64", maybe(), "Its bytes in base64, for charsets other than UTF-8.")),
    );
}
