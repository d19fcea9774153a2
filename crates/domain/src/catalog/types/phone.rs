use phonenumber::country;
use serde_json::Value as Json;

use super::{
    FieldType, Place, Settings, Shape,
    input::{expected, string, within},
};
use crate::record::{Slot, Stored, UserError};

const LONGEST: usize = 60;
/// Of E.164, the country code included.
const DIGITS: usize = 15;
const EXTENSION: usize = 20;
/// Of an extension, in RFC 3966.
const MARK: &str = ";ext=";
const WHAT: &str = "a phone number with its country code, such as +49 30 1234567";

/// Kept in E.164, `+49301234567`, an extension as in RFC 3966: `+16502530000;ext=123`. A number without its country code is
/// one of the field's region; where the field has none it is refused, since it could be anyone's.
///
/// The country code must be known and the length possible. Whether the number is in use is not asked: plans of
/// numbers change faster than we release.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "PHONE"
    }

    fn description(&self) -> &'static str {
        "A phone number."
    }

    fn shape(&self) -> Shape {
        Shape::Text
    }

    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let text = string(input, WHAT)?.trim();
        within(text, LONGEST)?;
        normal(text, place.settings()).map(|number| Some(Stored::Text(number))).ok_or_else(|| expected(input, WHAT))
    }

    /// Reads the numbering plans.
    fn prepare(&self) {
        read("+49 30 1234567", None);
    }

    fn operand(&self, settings: &Settings, text: &str) -> Option<String> {
        normal(text.trim(), settings)
    }
}

fn normal(text: &str, settings: &Settings) -> Option<String> {
    if !is_clean(text) {
        return None;
    }
    let region = settings.region.as_deref().and_then(|region| region.parse::<country::Id>().ok());
    let mut number = read(text, region)?;
    // A second zero of a trunk prefix only shows once the first is gone.
    while let Some(again) = read(&number, region).filter(|again| *again != number) {
        number = again;
    }
    Some(number)
}

/// Digits and what people set them apart with, words that are dialled by their letters, and the marks of an extension.
fn is_clean(text: &str) -> bool {
    let known = |word: &str| matches!(word, "" | "x" | "ext" | "extn" | "extension" | "tel");
    text.chars().all(|c| c.is_ascii_alphanumeric() || " +-()./,#*;:=\u{a0}".contains(c))
        && text.split(|c: char| !c.is_ascii_lowercase()).all(known)
}

fn read(text: &str, region: Option<country::Id>) -> Option<String> {
    // The library knows this mark in some places only.
    let (text, marked) = text.split_once(MARK).map_or((text, None), |(text, extension)| (text, Some(extension)));
    let number = phonenumber::parse(region, text).ok()?;
    let main = format!("+{}{}", number.code().value(), number.national());
    let extension = match (marked, number.extension()) {
        (Some(extension), None) => Some(extension.to_owned()),
        (None, extension) => extension.map(ToString::to_string),
        (Some(_), Some(_)) => return None,
    };
    let sound = (5..=DIGITS).contains(&(main.len() - 1));
    match extension {
        None => sound.then_some(main),
        Some(extension) => {
            let dialled = (1..=EXTENSION).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
            (sound && dialled).then(|| format!("{main}{MARK}{extension}"))
        }
    }
}
