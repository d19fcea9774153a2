//! A record as search keeps it.

use std::collections::{BTreeMap, BTreeSet};

use std::fmt::Write as _;

use uuid::Uuid;

use super::{
    query::folded,
    read::Texts,
    subject::Subject,
    word::{can_be_misspelt, number, words},
};

/// A title is compared by its start; an index takes no more.
const LONGEST_TITLE: usize = 200;
/// From here on a text weighs less: much is said in it.
const LONG_TEXT: usize = 200;
/// Of one record; PostgreSQL takes 1 MiB.
const MOST_BYTES: usize = 400_000;
/// Positions beyond it are not told apart.
const LAST_POSITION: u16 = 16_383;
/// The shortest part of a number that is found.
const LEAST_DIGITS: usize = 3;

#[derive(Debug)]
pub(super) struct Document {
    pub record: Uuid,
    pub title: String,
    /// As `tsvector` reads it: what everybody may see, and all of it where some is for owners alone.
    pub words: String,
    pub all_words: Option<String>,
    /// Words that can be misspelt.
    pub vocabulary: BTreeSet<String>,
}

impl Document {
    /// Nothing where there is nothing to find it by.
    pub fn of(subject: &Subject<'_>, read: &Texts) -> Option<Self> {
        let said =
            || subject.fields.iter().zip(&read.texts).filter_map(|(field, text)| Some((field, text.as_deref()?)));
        let (mut vector, mut title) = (Vector::default(), String::new());
        for (field, text) in said().filter(|(field, _)| !field.restricted) {
            if subject.is_name(field) {
                title = cut(folded(text));
            }
            vector.add(text, weight(subject.is_name(field), text));
        }
        let words = vector.to_string();
        let mut all_words = None;
        for (field, text) in said().filter(|(field, _)| field.restricted) {
            vector.add(text, weight(subject.is_name(field), text));
            all_words = Some(());
        }
        let all_words = all_words.map(|()| vector.to_string());
        let vocabulary = vector.lexemes.keys().filter(|word| can_be_misspelt(word)).cloned().collect();
        (!vector.lexemes.is_empty()).then_some(Self { record: read.record, title, words, all_words, vocabulary })
    }
}

fn weight(is_name: bool, text: &str) -> char {
    match text.len() {
        _ if is_name => 'A',
        ..=LONG_TEXT => 'B',
        _ => 'C',
    }
}

fn cut(mut title: String) -> String {
    let end = (0..=LONGEST_TITLE.min(title.len())).rev().find(|&at| title.is_char_boundary(at)).unwrap_or(0);
    title.truncate(end);
    title
}

/// Words with their places and weights.
#[derive(Default)]
struct Vector {
    lexemes: BTreeMap<String, Vec<(u16, char)>>,
    position: u16,
    bytes: usize,
}

impl Vector {
    fn add(&mut self, text: &str, weight: char) {
        for word in words(text) {
            self.position = (self.position + 1).min(LAST_POSITION);
            self.put(word.folded, weight);
        }
        if let Some(digits) = number(text) {
            for start in 0..=digits.len() - LEAST_DIGITS {
                self.put(digits[start..].to_owned(), weight);
            }
        }
        // No phrase goes from one text into the next.
        self.position = (self.position + 10).min(LAST_POSITION);
    }

    fn put(&mut self, word: String, weight: char) {
        self.bytes += word.len() + 8;
        if self.bytes < MOST_BYTES {
            self.lexemes.entry(word).or_default().push((self.position, weight));
        }
    }
}

impl std::fmt::Display for Vector {
    /// Words are letters and digits: there is nothing to escape.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (word, places) in &self.lexemes {
            write!(f, "'{word}'")?;
            for (at, (position, weight)) in places.iter().enumerate() {
                f.write_char(if at == 0 { ':' } else { ',' })?;
                write!(f, "{position}{weight}")?;
            }
            f.write_char(' ')?;
        }
        Ok(())
    }
}
