//! Ways to reach someone. Checked for what makes them useless or dangerous, not against the whole of a standard.

use serde_json::Value as Json;

use super::{UserError, expected, string, text::within};

const EMAIL: usize = 254;
const EMAIL_LOCAL_BYTES: usize = 64;
const PHONE: usize = 40;
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=20;
const URL: usize = 2_000;

pub(super) fn email(input: &Json) -> Result<String, UserError> {
    const WHAT: &str = "an e-mail address such as ana@example.com";
    let text = string(input, WHAT)?.trim();
    within(text, EMAIL)?;
    let good = text.rsplit_once('@').is_some_and(|(local, domain)| {
        (1..=EMAIL_LOCAL_BYTES).contains(&local.len())
            && local.chars().all(is_of_local_part)
            && domain.contains('.')
            && is_host_name(domain)
    });
    if good { Ok(text.to_owned()) } else { Err(expected(input, WHAT)) }
}

fn is_of_local_part(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"\"(),:;<>@[\\]".contains(c)
}

/// Labels of letters, digits and hyphens, in any script.
fn is_host_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        })
}

pub(super) fn phone(input: &Json) -> Result<String, UserError> {
    const WHAT: &str = "a phone number such as +49 30 1234567";
    let text = string(input, WHAT)?.trim();
    within(text, PHONE)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let clean = text.chars().all(|c| c.is_ascii_alphanumeric() || " +-()./,#*;:=\u{a0}".contains(c));
    if clean && PHONE_DIGITS.contains(&digits) { Ok(text.to_owned()) } else { Err(expected(input, WHAT)) }
}

/// An address of the web. One without a scheme gets `https://`; other schemes (`javascript:`) are refused.
pub(super) fn url(input: &Json) -> Result<String, UserError> {
    const WHAT: &str = "a web address such as https://example.com";
    let text = string(input, WHAT)?.trim();
    within(text, URL)?;
    let lower = text.get(..8).map(str::to_ascii_lowercase).unwrap_or_default();
    let scheme = if lower.starts_with("https://") {
        8
    } else if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://")) {
        7
    } else {
        0
    };
    let authority = text[scheme..].split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, port)| if port.parse::<u16>().is_ok() { host } else { authority });
    let known_host = is_host_name(host) || is_ipv6(host);
    let good = known_host
        && (scheme > 0 || host.contains('.'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"`".contains(c));
    match (good, scheme) {
        (false, _) => Err(expected(input, WHAT)),
        (true, 0) => Ok(format!("https://{text}")),
        (true, _) => Ok(text.to_owned()),
    }
}

fn is_ipv6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}
