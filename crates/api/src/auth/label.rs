//! What people call themselves and their workspaces. It stands in mails and on pages that others read.

/// A name as people write it: trimmed, 1 to 100 characters, something to be seen among them. Nothing that a mail program makes
/// a link of, and nothing that changes how the text around it looks.
pub fn label(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let fits = (1..=100).contains(&text.chars().count())
        && !lower.contains("://")
        && !lower.contains("www.")
        && !text.chars().any(|letter| letter.is_control() || is_format(letter))
        && text.chars().any(is_visible);
    fits.then(|| text.to_owned())
}

/// Unicode's `Cf`: directions, joints and marks that nobody sees. But for the two joiners, which words of Persian and of
/// Indian languages are written with.
fn is_format(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
        // Line and paragraph separators.
        || matches!(letter, '\u{2028}' | '\u{2029}')
}

fn is_visible(letter: char) -> bool {
    let is_blank = matches!(letter,
        '\u{200c}' | '\u{200d}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}'
        | '\u{ffa0}' | '\u{300}'..='\u{36f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    !is_blank && !letter.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(label("  Ana Ortiz "), Some("Ana Ortiz".to_owned()));
        for text in ["", "   ", "a\nb", "a\0", &"x".repeat(101)] {
            assert_eq!(label(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_no_link_and_hides_nothing() {
        for text in [
            "Win a prize: https://evil.example",
            "HTTP://evil.example",
            "see www.evil.example",
            "see WWW.evil.example",
            "Ana\u{202e}gnp.exe",
            "Ana\u{200b}Ortiz",
            "\u{feff}Ana",
            "a\u{2028}b",
            "\u{3164}\u{3164}",
            "\u{200d}",
            "\u{301}",
        ] {
            assert_eq!(label(text), None, "{text:?}");
        }
        for text in ["Acme.com", "O’Brien & Söhne (Ñandú) 日本", "🚀", "مهدی\u{200c}پور", "क्\u{200d}ष"]
        {
            assert_eq!(label(text).as_deref(), Some(text));
        }
    }
}
