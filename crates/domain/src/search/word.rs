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
        let (mut word, mut letters, mut piece) = (None::<Word>, 0, String::new());
        for c in self.text[self.at..].chars() {
            // An accent becomes nothing, and belongs to the letter before it.
            let mut is_accent = true;
            piece.clear();
            fold(c, |part| {
                is_accent = false;
                if part.is_alphanumeric() {
                    piece.push(part);
                }
            });
            let is_alone = piece.chars().any(is_ideograph);
            let at = self.at..self.at + c.len_utf8();
            match &mut word {
                Some(_) if is_alone || (piece.is_empty() && !is_accent) => break,
                Some(word) => {
                    letters += piece.chars().count();
                    if letters < LONGEST {
                        word.folded.push_str(&piece);
                    }
                    word.at.end = at.end;
                }
                None if !piece.is_empty() => word = Some(Word { folded: piece.clone(), at: at.clone() }),
                None => {}
            }
            self.at = at.end;
            if is_alone {
                break;
            }
        }
        word
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
