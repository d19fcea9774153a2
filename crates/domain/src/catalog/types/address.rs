use serde_json::{Map, Value as Json, json};

use super::{
    FieldType, Graph, Parts, Place, Settings, Shape,
    cell::Cell,
    country,
    input::{expected, string, within},
};
use crate::{
    catalog::Operators,
    import::Problem,
    record::{Slot, Stored, UserError, code, shown},
};

const LONGEST_PART: usize = 500;
const COUNTRY: &str = "country";
const PARTS: Parts = Parts {
    noun: "an address",
    list: &[
        ("street", "Street and number, further lines included."),
        ("city", "City or town."),
        ("region", "State, province or region."),
        ("postalCode", "Postal code."),
        (COUNTRY, "Country: its code of two letters (ISO 3166-1). An English name that is written becomes the code."),
    ],
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "ADDRESS"
    }

    fn description(&self) -> &'static str {
        "A postal address."
    }

    fn shape(&self) -> Shape {
        Shape::Document
    }

    fn parts(&self) -> Option<&'static Parts> {
        Some(&PARTS)
    }

    fn graph(&self) -> Graph {
        Graph { output: "Address", input: "AddressInput", filter: "AddressFilter", total: None }
    }

    fn operators(&self) -> Operators {
        Operators::Parts
    }

    /// The parts that are there; empty ones are left out.
    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let given =
            input.as_object().ok_or_else(|| expected(input, "an address such as { street: \"…\", city: \"…\" }"))?;
        if let Some(other) = given.keys().find(|key| PARTS.names().all(|name| name != key.as_str())) {
            let names = PARTS.names().collect::<Vec<_>>().join(", ");
            return Err(
                UserError::new(code::UNKNOWN_FIELD, format!("An address has {names}, no `{other}`.")).under(other)
            );
        }
        let mut parts = Map::new();
        for name in PARTS.names() {
            let Some(part) = given.get(name).filter(|part| !part.is_null()) else { continue };
            let text = part_of(name, part).map_err(|error| error.under(name))?;
            if !text.trim().is_empty() {
                parts.insert(name.to_owned(), Json::String(text.to_owned()));
            }
        }
        Ok(if parts.is_empty() { None } else { Some(Stored::Document(Json::Object(parts))) })
    }

    /// The parts as JSON, else a text that says where someone is found.
    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        let parts = serde_json::from_str(cell.text).ok().filter(Json::is_object);
        Ok(parts.unwrap_or_else(|| json!({ "street": cell.text })))
    }

    fn label(&self, _: &Settings, value: &Stored) -> String {
        let Stored::Document(document) = value else { return self.write(value) };
        PARTS.names().filter_map(|name| document[name].as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn part_of<'a>(name: &str, part: &'a Json) -> Result<&'a str, UserError> {
    let text = string(part, "text")?;
    within(text, LONGEST_PART)?;
    if name != COUNTRY || text.trim().is_empty() {
        return Ok(text);
    }
    country::code(text).ok_or_else(|| {
        UserError::invalid(format!(
            "{} is not a country. Use a code of two letters such as DE or US (ISO 3166-1), or the English name.",
            shown(part)
        ))
    })
}
