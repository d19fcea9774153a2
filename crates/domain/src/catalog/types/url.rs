use serde_json::Value as Json;
use url::{Host, Url};

use super::{
    FieldType, Place, Settings, Shape,
    input::{expected, string, within},
};
use crate::record::{Slot, Stored, UserError};

const LONGEST: usize = 2_000;
const WHAT: &str = "a web address such as https://example.com";

/// An address of the web, as it is written. One without a scheme gets `https://`; other schemes (`javascript:`) are refused.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "URL"
    }

    fn description(&self) -> &'static str {
        "An internet address."
    }

    fn shape(&self) -> Shape {
        Shape::Text
    }

    /// Longer than what a B-tree takes.
    fn can_have_index(&self) -> bool {
        false
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let text = string(input, WHAT)?.trim();
        within(text, LONGEST)?;
        normal(text).map(|address| Some(Stored::Text(address))).ok_or_else(|| expected(input, WHAT))
    }

    fn operand(&self, _: &Settings, text: &str) -> Option<String> {
        normal(text.trim())
    }
}

fn normal(text: &str) -> Option<String> {
    // The parser mends what people should see and mend themselves: spaces, backslashes, missing slashes.
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"`\\".contains(c)) {
        return None;
    }
    let has_scheme = ["https://", "http://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let whole = if has_scheme { text.to_owned() } else { format!("https://{text}") };
    let rest = &whole[whole.find("//")? + 2..];
    let parsed = Url::parse(&whole).ok()?;
    let named = match parsed.host()? {
        Host::Domain(name) => has_scheme || name.contains('.'),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    };
    let anonymous = parsed.username().is_empty() && parsed.password().is_none();
    (named && anonymous && !rest.starts_with('/') && whole.chars().count() <= LONGEST).then_some(whole)
}
