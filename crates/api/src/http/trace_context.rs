//! W3C Trace Context: the trace that a caller says its request belongs to.

use axum::http::HeaderMap;

/// The trace id of a `traceparent` header, 32 lower-case hexadecimal digits. `None` when there is no header or it does
/// not keep the format: what callers send ends up in our log and events, so nothing else passes.
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all("traceparent").iter();
    let header = sent.next()?.to_str().ok()?;
    if sent.next().is_some() {
        return None;
    }
    let mut parts = header.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_known = version != "ff" && (version != "00" || parts.next().is_none());
    let is_whole = is_id(version, 2) && is_id(trace, 32) && is_id(parent, 16) && is_id(flags, 2);
    let is_something = [trace, parent].iter().all(|id| id.bytes().any(|digit| digit != b'0'));
    (is_known && is_whole && is_something).then_some(trace)
}

fn is_id(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("traceparent", HeaderValue::from_str(value).unwrap());
        }
        trace_id(&headers).map(str::to_owned)
    }

    #[test]
    fn a_trace_is_followed_only_when_its_header_keeps_the_format() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let good = format!("00-{trace}-00f067aa0ba902b7-01");
        assert_eq!(read(&[&good]).as_deref(), Some(trace));
        assert_eq!(read(&[&format!("01-{trace}-00f067aa0ba902b7-01-later")]).as_deref(), Some(trace));
        for bad in [
            String::new(),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}"),
        ] {
            assert_eq!(read(&[&bad]), None, "{bad}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[&good, &good]), None);
    }
}
