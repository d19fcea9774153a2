//! Text inside HTML.

use std::borrow::Cow;

/// The text as it stands in an element or a quoted attribute, whatever is in it.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(escape("Ana & Ben"), "Ana &amp; Ben");
        assert_eq!(escape("<b a=\"x\" b='y'>"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;");
        assert_eq!(escape("plain"), "plain");
    }
}
