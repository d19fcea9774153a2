//! The audit log as a file.

use std::{io, sync::Arc};

use axum::{
    extract::{Query, Request, State},
    http::StatusCode,
    response::Response,
};
use futures::stream;
use rapport_domain::{
    audit::{self, Entry, Filter},
    catalog::Current,
    event::{Event, security},
    rights::Administration,
};

use super::{
    file::Format,
    reader::{CutOff, Reader},
};
use crate::{
    app::App,
    graphql::operations::AuditFilter,
    http::{Client, error::ApiError, request_id},
};

/// Entries that are read together.
const PAGE: usize = 1_000;

pub async fn json_lines(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    export(&app, request, Format::JsonLines).await
}

pub async fn csv(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    export(&app, request, Format::Csv).await
}

async fn export(app: &Arc<App>, request: Request, format: Format) -> Result<Response, ApiError> {
    let reader = Reader::of(app, Client::of(app, &request), request.headers()).await?;
    let catalog = reader.current().await.map_err(|error| ApiError::internal(&error))?.catalog;
    if !catalog.may(Administration::Audit) {
        let message = format!("you may not {}", Administration::Audit.deed());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let Query(filter) = Query::<AuditFilter>::try_from_uri(request.uri())
        .map_err(|error| ApiError::bad_request(format!("the filter cannot be read: {}", error.body_text())))?;
    let mut asked = serde_json::to_value(&filter).unwrap_or_default();
    if let Some(asked) = asked.as_object_mut() {
        asked.retain(|_, value| !value.is_null());
    }
    // Before the first byte leaves.
    let exported = Event::named(security::AUDIT_EXPORTED).with("format", format.name()).with("filter", asked);
    let noted = app.auditing.note(&reader.db, &request_id::origin(&reader.from), exported).await;
    noted.map_err(|error| ApiError::internal(&error))?;
    let export = Export { reader, filter: filter.into(), format, at: Place::Head };
    Ok(format.file("audit", stream::try_unfold(export, Export::next)))
}

struct Export {
    reader: Reader,
    filter: Filter,
    format: Format,
    at: Place,
}

enum Place {
    Head,
    /// Before the entry with this number, if any.
    Before(Option<i64>),
    End,
}

impl Export {
    /// The next piece of the file. An error cuts the file off, so that nobody takes it for whole.
    async fn next(mut self) -> Result<Option<(String, Self)>, CutOff> {
        let before = match self.at {
            Place::Head => {
                self.at = Place::Before(None);
                return Ok(Some((head(self.format)?, self)));
            }
            Place::Before(before) => before,
            Place::End => return Ok(None),
        };
        let read = self.read(before).await;
        let (entries, has_more) = read.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "An export of the audit log was cut off");
        })?;
        self.at = match entries.last() {
            Some(last) if has_more => Place::Before(Some(last.number)),
            _ => Place::End,
        };
        let text = entries.iter().map(|entry| line(self.format, entry)).collect::<Result<_, _>>()?;
        Ok(Some((text, self)))
    }

    async fn read(&self, before: Option<i64>) -> Result<(Vec<Entry>, bool), CutOff> {
        let Current { catalog, .. } = self.reader.current().await?;
        if !catalog.may(Administration::Audit) {
            return Err(CutOff::NoLongerAllowed);
        }
        let session = self.reader.db.session().await?;
        Ok(audit::page(&session, &catalog, &self.filter, before, PAGE).await?)
    }
}

fn head(format: Format) -> io::Result<String> {
    match format {
        Format::JsonLines => Ok(String::new()),
        Format::Csv => audit::csv_head(),
    }
}

fn line(format: Format, entry: &Entry) -> io::Result<String> {
    match format {
        Format::JsonLines => entry.json_line(),
        Format::Csv => entry.csv(),
    }
}
