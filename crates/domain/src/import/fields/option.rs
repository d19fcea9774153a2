use crate::catalog::{Choice, Choices, types::cell::OptionNames};

/// Of a value: room for a number after it.
const LONGEST: usize = 50;
const LONGEST_LABEL: usize = 100;

/// The options that are there, then one for each text that is none of them.
pub fn with(known: &Choices, texts: &[String]) -> Vec<Choice> {
    let mut choices = known.0.clone();
    for text in texts {
        if OptionNames::of(&Choices(choices.clone())).find(text).is_some() {
            continue;
        }
        let value = free(&value(text), &choices);
        choices.push(Choice {
            value: value.as_str().into(),
            label: text.chars().take(LONGEST_LABEL).collect::<String>().into(),
            color: None,
        });
    }
    choices
}

/// A name for an option that the graph takes: `Real estate` is `REAL_ESTATE`.
fn value(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_uppercase());
        } else if let Some(plain) = without_accent(letter) {
            out.push_str(plain);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out: String = out.chars().take(LONGEST).collect();
    let out = out.trim_end_matches('_');
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) || matches!(out, "TRUE" | "FALSE" | "NULL") {
        format!("OPTION_{out}").trim_end_matches('_').to_owned()
    } else {
        out.to_owned()
    }
}

fn without_accent(letter: char) -> Option<&'static str> {
    let lower = letter.to_lowercase().next()?;
    Some(match lower {
        'à' | 'á' | 'â' | 'ã' | 'å' => "A",
        'ä' | 'æ' => "AE",
        'ç' => "C",
        'è' | 'é' | 'ê' | 'ë' => "E",
        'ì' | 'í' | 'î' | 'ï' => "I",
        'ñ' => "N",
        'ò' | 'ó' | 'ô' | 'õ' => "O",
        'ö' | 'ø' | 'œ' => "OE",
        'ù' | 'ú' | 'û' => "U",
        'ü' => "UE",
        'ß' => "SS",
        _ => return None,
    })
}

fn free(value: &str, taken: &[Choice]) -> String {
    let is_taken = |value: &str| taken.iter().any(|choice| &*choice.value == value);
    let numbered = (2..).map(|number| format!("{value}_{number}"));
    std::iter::once(value.to_owned()).chain(numbered).find(|value| !is_taken(value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_named_after_values_and_never_twice() {
        let texts = ["Real estate", "real-estate", "Öffentlich", "Offentlich!", "3D", "true", "日本", "中国"]
            .map(str::to_owned);
        let named: Vec<_> = with(&Choices(Vec::new()), &texts).iter().map(|choice| choice.value.to_string()).collect();
        assert_eq!(
            named,
            ["REAL_ESTATE", "OEFFENTLICH", "OFFENTLICH", "OPTION_3D", "OPTION_TRUE", "OPTION", "OPTION_2"]
        );
    }
}
