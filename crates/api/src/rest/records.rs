//! `GET /api/v1/<plural>/export`: records as a file, those that the caller may export.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, Request, State},
    http::StatusCode,
    response::Response,
};
use futures::stream;
use rapport_domain::{
    catalog::{Catalog, Current},
    event::Event,
    export::{Export, ExportError, Page, Wanted, redacted},
    plan,
    record::Origin,
    rights::Action,
};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    file::Format,
    reader::{CutOff, Reader},
};
use crate::{
    app::App,
    graphql::code,
    http::{Client, error::ApiError, request_id},
};

/// `?format=csv&fields=name,company.name&filter={...}&orderBy=[...]`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Parameters {
    format: Option<String>,
    fields: Option<String>,
    /// As in the graph, JSON.
    filter: Option<String>,
    order_by: Option<String>,
}

pub async fn export(
    State(app): State<Arc<App>>,
    Path(plural): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let reader = Reader::of(&app, Client::of(&app, &request), request.headers()).await?;
    let Query(parameters) = Query::<Parameters>::try_from_uri(request.uri())
        .map_err(|error| ApiError::bad_request(format!("the parameters cannot be read: {}", error.body_text())))?;
    let format = format(parameters.format.as_deref())?;
    let wanted = wanted(&parameters)?;
    let Current { catalog, viewer, .. } = reader.current().await.map_err(|error| ApiError::internal(&error))?;
    let object = catalog.objects().iter().find(|object| *object.plural == *plural).ok_or_else(ApiError::not_found)?;
    if catalog.granted(object).reach(Action::Export).is_none() {
        let message = format!("you may not export {}", object.label_plural.to_lowercase());
        return Err(ApiError::new(StatusCode::FORBIDDEN, code::FORBIDDEN, message));
    }
    let export = Export::of(&catalog, object, &wanted).map_err(refused)?;
    let origin = request_id::origin(&reader.from);
    let session = reader.db.session().await.map_err(|error| ApiError::internal(&error))?;
    let first = export.first(&session, &viewer, &origin).await.map_err(|error| wrong(&error))?;
    drop(session);
    // Before the first byte leaves.
    let mut exported = Event::exported(object, &export.fields(), first.total).with("format", format.name());
    if let Some(filter) = &wanted.filter {
        exported = exported.with("filter", redacted(&catalog, object, filter));
    }
    app.auditing.note(&reader.db, &origin, exported).await.map_err(|error| ApiError::internal(&error))?;
    let head = if format == Format::Csv { export.csv_head() } else { Ok(String::new()) };
    let head = head.map_err(|error| ApiError::internal(&error))?;
    let (object, at) = (object.name.clone(), At::Page(head, first.page));
    let running = Running { reader, origin, object, wanted, catalog, export, format, at };
    Ok(format.file(&plural, stream::try_unfold(running, Running::next)))
}

struct Running {
    reader: Reader,
    origin: Origin,
    object: Arc<str>,
    wanted: Wanted,
    /// Which `export` was made for.
    catalog: Arc<Catalog>,
    export: Export,
    format: Format,
    at: At,
}

enum At {
    /// A page that was read, with what stands before it.
    Page(String, Page),
    Behind(String),
    End,
}

impl Running {
    async fn next(mut self) -> Result<Option<(String, Self)>, CutOff> {
        let (head, page) = match std::mem::replace(&mut self.at, At::End) {
            At::End => return Ok(None),
            At::Page(head, page) => (head, page),
            At::Behind(cursor) => {
                let read = self.read(cursor).await;
                let page = read.inspect_err(|error| {
                    tracing::error!(error = error as &dyn std::error::Error, "An export was cut off");
                })?;
                (String::new(), page)
            }
        };
        let lines = match self.format {
            Format::Csv => self.export.csv(&page)?,
            Format::JsonLines => self.export.json_lines(&page),
        };
        self.at = page.next.map_or(At::End, At::Behind);
        Ok(Some((head + &lines, self)))
    }

    async fn read(&mut self, cursor: String) -> Result<Page, CutOff> {
        let Current { catalog, viewer, .. } = self.reader.current().await?;
        if !Arc::ptr_eq(&catalog, &self.catalog) {
            self.follow(catalog)?;
        }
        let session = self.reader.db.session().await?;
        Ok(self.export.next(&session, &viewer, cursor, &self.origin).await?)
    }

    /// Rights or metadata have changed: the file goes on where its columns are still all there.
    fn follow(&mut self, catalog: Arc<Catalog>) -> Result<(), CutOff> {
        let object = catalog.object(&self.object).ok_or(CutOff::NoLongerAllowed)?;
        let export = Export::of(&catalog, object, &self.wanted).map_err(|_| CutOff::NoLongerAllowed)?;
        if catalog.granted(object).reach(Action::Export).is_none() || export.fields() != self.export.fields() {
            return Err(CutOff::NoLongerAllowed);
        }
        self.export = export;
        self.catalog = catalog;
        Ok(())
    }
}

fn format(named: Option<&str>) -> Result<Format, ApiError> {
    let Some(named) = named else { return Ok(Format::Csv) };
    let found = Format::ALL.into_iter().find(|format| format.ending() == named);
    found.ok_or_else(|| bad_input("format", "`format` is csv or jsonl"))
}

fn wanted(parameters: &Parameters) -> Result<Wanted, ApiError> {
    let json = |name: &'static str, text: &Option<String>| {
        let read = text.as_deref().map(serde_json::from_str::<Json>).transpose();
        read.map_err(|error| bad_input(name, format!("`{name}` is not JSON: {error}")))
    };
    let fields = parameters.fields.as_deref().unwrap_or_default().split(',').map(str::trim);
    Ok(Wanted {
        fields: fields.filter(|field| !field.is_empty()).map(str::to_owned).collect(),
        filter: json("filter", &parameters.filter)?,
        order_by: json("orderBy", &parameters.order_by)?,
    })
}

fn refused(error: ExportError) -> ApiError {
    match error {
        ExportError::Plan(error) => wrong(&error),
        error => bad_input("fields", error.to_string()),
    }
}

fn wrong(error: &plan::Error) -> ApiError {
    match error {
        plan::Error::Input { at, message, .. } => bad_input(at, format!("`{at}` {message}")),
        plan::Error::Unknown(_) => bad_input("filter", error.to_string()),
        _ => ApiError::internal(error),
    }
}

fn bad_input(field: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code::BAD_USER_INPUT, message).field(field)
}
