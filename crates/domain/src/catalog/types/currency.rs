use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Shape,
    cell::{self, Cell},
    digits,
    input::{expected, string},
};
use crate::{
    catalog::currency,
    import::{self, Problem},
    record::{Money, Slot, Stored, UserError, code, shown},
};

/// An amount of money: minor units with their ISO 4217 code.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "CURRENCY"
    }

    fn description(&self) -> &'static str {
        "An amount of money with its currency."
    }

    fn shape(&self) -> Shape {
        Shape::Money
    }

    /// `{ "value": "100.00", "currency": "EUR" }`
    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        const WHAT: &str = "an amount such as { value: \"100.00\", currency: \"EUR\" }";
        let parts = input.as_object().ok_or_else(|| expected(input, WHAT))?;
        if let Some(other) = parts.keys().find(|key| *key != "value" && *key != "currency") {
            let message = format!("An amount has a value and a currency, no `{other}`.");
            return Err(UserError::new(code::UNKNOWN_FIELD, message).under(other));
        }
        let part = |name: &str| match parts.get(name) {
            None | Some(Json::Null) => {
                Err(UserError::new(code::REQUIRED, format!("An amount needs its {name}.")).under(name))
            }
            Some(part) => Ok(part),
        };
        let (value, code) = (part("value")?, part("currency")?);
        let code = known(code).map_err(|error| error.under("currency"))?;
        let minor = digits::minor(value, code).map_err(|error| error.under("value"))?;
        Ok(Some(Stored::Money(Money { minor, currency: code.to_owned() })))
    }

    /// `1.234,50 €` in the currency that the mapping names, else with its code: `1234.50 EUR`.
    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        let own = || cell.text.split_whitespace().find(|word| currency::is_known(word));
        let currency = cell.currency.filter(|code| !code.is_empty()).or_else(own).ok_or_else(|| {
            Problem::new(
                import::code::INVALID_CURRENCY,
                "The amount has no currency; say `currency` or `currency_column` in the mapping.",
            )
        })?;
        let text = cell.text.strip_suffix(currency).or_else(|| cell.text.strip_prefix(currency)).unwrap_or(cell.text);
        Ok(json!({ "value": cell::number(&Cell { text, ..*cell })?.to_string(), "currency": currency }))
    }
}

fn known(input: &Json) -> Result<&str, UserError> {
    let text = string(input, "a currency code such as EUR")
        .map_err(|error| UserError { code: code::INVALID_CURRENCY, ..error })?;
    if currency::is_known(text) {
        return Ok(text);
    }
    let hint = match text.trim().to_ascii_uppercase() {
        upper if currency::is_known(&upper) => format!("Did you mean {upper}?"),
        _ => "Use a code such as EUR, USD or JPY.".to_owned(),
    };
    Err(UserError::new(code::INVALID_CURRENCY, format!("{} is not an ISO 4217 currency code. {hint}", shown(input))))
}
