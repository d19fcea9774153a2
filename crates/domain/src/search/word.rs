//! The words of a text: runs of letters and digits, folded. `ana@example.com` is three of them.

use std::ops::Range;

use super::fold::fold;

/// Longer words are cut, where they are kept and where they are looked for.
const LONGEST: usize = 64;

/// A word, and where in the text it stands, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub folded: String,
    pub at: Range<usize>,
}

pub(super) fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    Words { text, at: 0 }
}

struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let (mut folded, mut letters) = (String::new(), 0);
        let (mut start, mut end) = (self.at, self.at);
        for c in self.text[self.at..].chars() {
            let (before, mut is_separator) = (folded.len(), false);
            let mut alone = false;
            fold(c, |part| {
                if !part.is_alphanumeric() {
                    is_separator = true;
                    return;
                }
                alone |= is_ideograph(part);
                if letters < LONGEST {
                    folded.push(part);
                }
                letters += 1;
            });
            let is_first = before == 0;
            if alone && !is_first {
                // It begins the next word.
                folded.truncate(before);
                break;
            }
            self.at += c.len_utf8();
            if is_first {
                start = self.at - c.len_utf8();
            }
            if folded.len() > before || letters > LONGEST {
                end = self.at;
            } else if !is_separator {
                // An accent of the letter before it, or of nothing.
                end = self.at.max(end);
            } else if !is_first {
                break;
            }
            if alone {
                break;
            }
        }
        (!folded.is_empty()).then(|| Word { folded, at: start..end })
    }
}

/// Written without spaces between words: each sign is taken for one.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a word can be misspelt: letters of an alphabet, and not too few.
pub(super) fn can_be_misspelt(word: &str) -> bool {
    let letters = word.chars().count();
    (4..=32).contains(&letters) && word.chars().all(|c| c.is_alphabetic() && !is_ideograph(c))
}

/// The digits of a text that is a number with its signs, as a phone number. It is found by any part of it.
pub(super) fn number(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_number = (5..=20).contains(&digits.len())
        && text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-()./".contains(c));
    is_number.then_some(digits)
}
