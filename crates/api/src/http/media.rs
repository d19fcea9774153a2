//! What a body says it is.

use axum::http::{HeaderMap, header};

/// True for `application/json`, alone or with `charset=utf-8`, and no content coding.
pub fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let plain =
        headers.get(header::CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    plain && value.to_str().is_ok_and(is_json_in_utf8)
}

fn is_json_in_utf8(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    json && parts.filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        parameter => parameter.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf8_passes() {
        for value in [
            "application/json",
            "Application/JSON;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json;",
        ] {
            assert!(is_json_in_utf8(value), "{value}");
        }
        for value in [
            "",
            "text/plain",
            "application/json; charset=iso-8859-1",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "multipart/form-data; boundary=application/json",
            "application/graphql",
        ] {
            assert!(!is_json_in_utf8(value), "{value}");
        }
    }
}
