//! What is looked for. However it is written, it becomes words; no sign in it has a meaning but the quotation marks.

use std::fmt::Write as _;

use super::{
    spelling::Spelling,
    word::{Word, is_ideograph, words},
};

pub const LONGEST_QUERY: usize = 200;

/// Words that all have to be there, in whatever order.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) terms: Vec<Term>,
    /// All of its words, as a title would have them.
    pub(super) title: String,
    /// One or two letters say too little to look for them everywhere.
    pub(super) in_names_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// The start of a word, in each of these forms.
    Start(Vec<String>),
    /// These words whole, one after another: it was written in quotation marks.
    Phrase(Vec<String>),
}

/// Why a text cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    #[error("needs something to look for")]
    Empty,
    #[error("has more than {LONGEST_QUERY} characters")]
    TooLong,
    #[error("has a character that no text can have (U+0000)")]
    Nul,
}

impl Query {
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.contains('\0') {
            return Err(InvalidQuery::Nul);
        }
        if text.trim().is_empty() {
            return Err(InvalidQuery::Empty);
        }
        if text.chars().count() > LONGEST_QUERY {
            return Err(InvalidQuery::TooLong);
        }
        let mut terms = Vec::new();
        let parts: Vec<&str> = text.split(['"', '“', '”', '„']).collect();
        for (at, part) in parts.iter().enumerate() {
            let folded = words(part).map(|Word { folded, .. }| folded);
            // A mark without its counterpart is none.
            if at % 2 == 1 && at + 1 < parts.len() {
                terms.extend(Some(Term::Phrase(folded.collect())).filter(|term| *term != Term::Phrase(Vec::new())));
            } else {
                terms.extend(folded.map(Term::start));
            }
        }
        let mut distinct: Vec<Term> = Vec::with_capacity(terms.len());
        for term in terms {
            if !distinct.contains(&term) {
                distinct.push(term);
            }
        }
        let title = folded(text);
        let in_names_only = title.chars().count() < 3 && !title.contains(is_ideograph);
        Ok(Self { terms: distinct, title, in_names_only })
    }

    /// As `tsquery`, with what its words may have been meant to be. Lexemes are letters and digits: there is nothing to escape.
    pub(super) fn tsquery(&self, spellings: &[Vec<Spelling>]) -> String {
        let names = if self.in_names_only { "A" } else { "" };
        let mut out = String::new();
        for (at, term) in self.terms.iter().enumerate() {
            out.push_str(if at == 0 { "(" } else { " & (" });
            match term {
                Term::Start(forms) => {
                    for (at, form) in forms.iter().enumerate() {
                        let or = if at == 0 { "" } else { " | " };
                        let _ = write!(out, "{or}'{form}':*{names}");
                    }
                }
                Term::Phrase(words) => {
                    for (at, word) in words.iter().enumerate() {
                        let then = if at == 0 { "" } else { " <-> " };
                        let _ = write!(out, "{then}'{word}'");
                    }
                }
            }
            for spelling in spellings.get(at).into_iter().flatten() {
                let _ = write!(out, " | '{}'", spelling.word);
            }
            out.push(')');
        }
        out
    }
}

impl Term {
    fn start(word: String) -> Self {
        // A number is often written with the zero that is dialled at home.
        let rest = word.trim_start_matches('0');
        let is_dialled = rest.len() < word.len() && rest.len() > 1 && word.bytes().all(|c| c.is_ascii_digit());
        Self::Start(if is_dialled { vec![rest.to_owned(), word] } else { vec![word] })
    }
}

/// The words of a text with a space between each two: how titles are compared.
pub(super) fn folded(text: &str) -> String {
    words(text).map(|word| word.folded).collect::<Vec<_>>().join(" ")
}
