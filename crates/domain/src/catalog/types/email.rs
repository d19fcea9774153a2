use serde_json::Value as Json;

use super::{
    FieldType, Place, Settings, Shape, host,
    input::{expected, string, within},
};
use crate::record::{Slot, Stored, UserError};

const LONGEST: usize = 254;
const LOCAL_BYTES: usize = 64;
const WHAT: &str = "an e-mail address such as ana@example.com";

/// Kept with its domain in one form, so that `ana@Example.COM` is `ana@example.com`; the part before the `@`, whose case
/// means what its server says, as it is written.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "EMAIL"
    }

    fn description(&self) -> &'static str {
        "An e-mail address."
    }

    fn shape(&self) -> Shape {
        Shape::Text
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
    let (local, domain) = text.rsplit_once('@')?;
    let sound = (1..=LOCAL_BYTES).contains(&local.len()) && local.chars().all(is_of_local_part);
    let address = format!("{local}@{}", host::normal(domain)?);
    (sound && address.chars().count() <= LONGEST).then_some(address)
}

fn is_of_local_part(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"\"(),:;<>@[\\]".contains(c)
}
