//! Which media type a client wants its answer in.

use axum::http::{HeaderMap, HeaderValue, header};

/// A media type that we answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says how the request went.
    GraphqlResponse,
    /// `application/json`: every well-formed request is answered with 200, as old clients expect.
    Json,
}

impl Media {
    /// What `Accept` asks for; `None` when that is nothing we have. Without the header, and for `*/*`, plain JSON.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges =
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).filter_map(Range::parse);
        // Both types of the same weight: the more exact range, then the type that says more.
        let best = ranges.filter(|range| range.weight > 0).max_by_key(|range| (range.weight, range.rank));
        best.map(|range| range.media)
    }

    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

struct Range {
    media: Media,
    /// Thousandths.
    weight: u16,
    rank: u8,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (media, rank) = match parts.next()?.to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => (Media::GraphqlResponse, 3),
            "application/json" => (Media::Json, 2),
            "application/*" => (Media::Json, 1),
            "*/*" => (Media::Json, 0),
            _ => return None,
        };
        let mut weight = 1_000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value.trim()),
                "charset" if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => return None,
                _ => {}
            }
        }
        Some(Self { media, weight, rank })
    }
}

/// A quality value; one that is none counts as 1.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
        Ok(quality) if quality.is_finite() => (quality.clamp(0.0, 1.0) * 1_000.0) as u16,
        _ => 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: Option<&str>) -> Option<Media> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
        }
        Media::wanted(&headers)
    }

    #[test]
    fn the_best_of_what_is_accepted_is_answered() {
        for (accept, expected) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/*"), Some(Media::Json)),
            (Some("application/json"), Some(Media::Json)),
            (Some("application/json; charset=utf-8"), Some(Media::Json)),
            (Some("application/graphql-response+json"), Some(Media::GraphqlResponse)),
            (
                Some("application/graphql-response+json; charset=utf-8, application/json; q=0.9"),
                Some(Media::GraphqlResponse),
            ),
            (Some("application/json, application/graphql-response+json"), Some(Media::GraphqlResponse)),
            (Some("application/graphql-response+json;q=0.5, application/json"), Some(Media::Json)),
            (Some("APPLICATION/JSON"), Some(Media::Json)),
            (Some("text/html, */*;q=0.1"), Some(Media::Json)),
            (Some("text/html"), None),
            (Some(""), None),
            (Some("application/json;q=0"), None),
            (Some("application/json; charset=iso-8859-1"), None),
            (Some("text/event-stream"), None),
        ] {
            assert_eq!(wanted(accept), expected, "{accept:?}");
        }
    }
}
