//! Answers that are files, streamed: as long as one is, it is never in memory as a whole.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures::Stream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::Csv];

    /// As the log tells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON_LINES",
            Self::Csv => "CSV",
        }
    }

    /// As a file's name ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        })
    }

    /// A file of this name, piece after piece. An error cuts it off, so that nobody takes it for whole.
    pub fn file<E>(self, name: &str, pieces: impl Stream<Item = Result<String, E>> + Send + 'static) -> Response
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        use futures::StreamExt as _;
        let mut response = Response::new(Body::from_stream(pieces.map(|piece| piece.map(Bytes::from))));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.content_type());
        let disposition = format!("attachment; filename=\"{name}.{}\"", self.ending());
        if let Ok(disposition) = HeaderValue::try_from(disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
