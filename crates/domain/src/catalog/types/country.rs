//! ISO 3166-1. The table has names as of ISO and of Unicode's CLDR, and what else people write.

use std::{collections::HashMap, sync::LazyLock};

/// Code of two letters, code of three, names.
const TABLE: &str = include_str!("countries.tsv");

static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut codes = HashMap::new();
    for line in TABLE.lines() {
        let mut columns = line.split('\t');
        let (Some(code), Some(long), Some(names)) = (columns.next(), columns.next(), columns.next()) else { continue };
        for name in [code, long].into_iter().chain(names.split('|')) {
            codes.insert(folded(name), code);
        }
    }
    codes
});

/// The code of the country that people write as `text`.
pub(super) fn code(text: &str) -> Option<&'static str> {
    CODES.get(&folded(text)).copied()
}

/// `Bosnia & Herzegovina` and `bosnia and herzegovina` are the same.
fn folded(text: &str) -> String {
    text.replace('&', "and").chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_their_codes_and_english_names() {
        for (text, expected) in [
            ("DE", "DE"),
            ("deu", "DE"),
            ("germany", "DE"),
            ("United States", "US"),
            ("U.S.A.", "US"),
            ("uk", "GB"),
            ("Korea", "KR"),
            ("Cote d'Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Czech Republic", "CZ"),
            ("Bosnia & Herzegovina", "BA"),
            (" Türkiye ", "TR"),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
        for unknown in ["", "Philipines", "Atlantis", "XX", "EU"] {
            assert_eq!(code(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_name_stands_for_two_countries() {
        let mut seen = HashMap::new();
        for line in TABLE.lines() {
            let (code, rest) = line.split_once('\t').unwrap();
            for name in rest.split(['\t', '|']).chain([code]) {
                let other = seen.insert(folded(name), code);
                assert!(other.is_none_or(|other| other == code), "{name}: {code}, {other:?}");
            }
        }
        assert_eq!(TABLE.lines().count(), 249);
    }
}
