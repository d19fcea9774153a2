const LONGEST: usize = 63;

/// 1 to 63 lower-case letters, digits and inner hyphens: what a host name's label may be.
pub(super) fn is_slug(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The address that a name suggests.
pub(super) fn from_name(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match plain(letter) {
            Some(plain) => slug.push_str(plain),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            None if letter == '\'' || letter == '’' => {}
            None if !slug.ends_with('-') => slug.push('-'),
            None => {}
        }
        // Leaves room for a number.
        if slug.len() >= LONGEST - 8 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "workspace".to_owned() } else { slug.to_owned() }
}

/// What to try when the address before it was taken.
pub(super) fn numbered(slug: &str, attempt: u32) -> String {
    if attempt == 1 { slug.to_owned() } else { format!("{slug}-{attempt}") }
}

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'č' | 'ć' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ł' => "l",
        'ñ' | 'ń' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'š' | 'ś' => "s",
        'ß' => "ss",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ž' | 'ź' | 'ż' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_an_address() {
        for (name, slug) in [
            ("Acme, Inc.", "acme-inc"),
            ("  Müller & Söhne  ", "mueller-soehne"),
            ("日本", "workspace"),
            ("O'Neill’s", "oneills"),
            ("--", "workspace"),
        ] {
            assert_eq!(from_name(name), slug);
        }
        assert!(is_slug(&numbered(&from_name(&"long ".repeat(100)), 99_999)));
    }

    #[test]
    fn an_address_is_a_host_name_label() {
        for good in ["a", "crm-sales", "4th"] {
            assert!(is_slug(good));
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", &"a".repeat(64)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
