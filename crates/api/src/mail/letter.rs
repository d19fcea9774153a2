//! A letter in the making: plain paragraphs and links, from which its two forms are made.

use std::fmt::Write as _;

use chrono::Duration;
use rapport_tenancy::NewMail;

use super::html::escape;

/// What a mail says. Whatever comes from people is made one line, so that it cannot look like more than it is.
pub struct Letter {
    subject: String,
    parts: Vec<Part>,
}

enum Part {
    Text(String),
    Link { label: &'static str, url: String },
}

impl Letter {
    pub fn about(subject: &str) -> Self {
        Self { subject: one_line(subject), parts: Vec::new() }
    }

    /// A paragraph.
    pub fn say(mut self, text: &str) -> Self {
        self.parts.push(Part::Text(one_line(text)));
        self
    }

    /// Something to click on.
    pub fn link(mut self, label: &'static str, url: String) -> Self {
        self.parts.push(Part::Link { label, url });
        self
    }

    /// Ready to be sent, until `lifetime` is over.
    pub fn to(self, to: &str, kind: &'static str, lifetime: Duration) -> NewMail {
        let (text, html) = (self.text(), self.html());
        NewMail { to: to.to_owned(), kind, subject: self.subject, text, html, lifetime }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let _ = match part {
                Part::Text(words) => write!(text, "{words}\n\n"),
                Part::Link { label, url } => write!(text, "{label}:\n{url}\n\n"),
            };
        }
        text.push_str("Rapport\n");
        text
    }

    fn html(&self) -> String {
        let mut body = String::new();
        for part in &self.parts {
            let _ = match part {
                Part::Text(words) => write!(body, "<p style=\"{PARAGRAPH}\">{}</p>", escape(words)),
                Part::Link { label, url } => {
                    let url = escape(url);
                    write!(body, "<p style=\"{PARAGRAPH}\"><a href=\"{url}\" style=\"{BUTTON}\">{label}</a></p>")
                }
            };
        }
        let subject = escape(&self.subject);
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\
             <body style=\"{PAGE}\">{body}<p style=\"{PARAGRAPH}color:#667085\">Rapport</p></body></html>"
        )
    }
}

const PAGE: &str =
    "margin:0;padding:32px 24px;font:16px/1.5 system-ui,-apple-system,sans-serif;color:#1d2433;max-width:560px";
const PARAGRAPH: &str = "margin:0 0 20px;";
const BUTTON: &str =
    "display:inline-block;padding:10px 20px;border-radius:8px;background:#0f6b5c;color:#ffffff;text-decoration:none";

/// Control characters, line ends among them, become a space: neither headers nor paragraphs can be forged.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_two_forms_that_say_the_same() {
        let letter =
            Letter::about("Hello").say("Ana <b> says hello.").link("Go on", "https://x/a#token=1&b".to_owned());
        let mail = letter.to("ana@example.com", "TEST", Duration::days(1));
        assert_eq!(mail.text, "Ana <b> says hello.\n\nGo on:\nhttps://x/a#token=1&b\n\nRapport\n");
        assert!(mail.html.contains("Ana &lt;b&gt; says hello."), "{}", mail.html);
        assert!(mail.html.contains("<a href=\"https://x/a#token=1&amp;b\""), "{}", mail.html);
    }

    #[test]
    fn what_people_are_called_makes_no_further_line() {
        let mail = Letter::about("Ana\r\nBcc: eve@example.com").say("a\n\nb\u{0}c\u{85}d");
        let mail = mail.to("ana@example.com", "TEST", Duration::days(1));
        assert_eq!(mail.subject, "Ana Bcc: eve@example.com");
        assert!(mail.text.starts_with("a b c d\n"), "{}", mail.text);
    }
}
