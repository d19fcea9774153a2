//! Whether a record is found, by its texts as they are now, and what of them to show.

use std::{ops, sync::Arc};

use super::{
    fold::fold,
    query::{Query, Term},
    read::Texts,
    spelling::Spelling,
    subject::Subject,
    word::{Word, number, words},
};

/// The longest text that is shown whole, in characters; of longer ones as much around the first match.
const SHOWN: usize = 160;
/// What of it comes before the match.
const BEFORE: usize = 50;

/// A field in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Match {
    pub field: Arc<str>,
    pub label: Arc<str>,
    /// The text, or what is around the first match.
    pub text: String,
    pub ranges: Vec<Range>,
}

/// A part of a text, in UTF-16 code units, as JavaScript counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

pub(super) struct Found {
    pub matches: Vec<Match>,
    /// Letters by which words were misspelt.
    pub distance: usize,
}

/// Nothing where a word of the query is in no field of the subject.
pub(super) fn found(query: &Query, spellings: &[Vec<Spelling>], subject: &Subject<'_>, read: &Texts) -> Option<Found> {
    let mut distances = vec![None; query.terms.len()];
    let mut matches = Vec::new();
    for (field, text) in subject.fields.iter().zip(&read.texts) {
        let Some(text) = text else { continue };
        if query.in_names_only && !subject.is_name(field) {
            continue;
        }
        let text = Text::of(text);
        let mut ranges = Vec::new();
        for (at, term) in query.terms.iter().enumerate() {
            let spellings = spellings.get(at).map(Vec::as_slice).unwrap_or_default();
            let Some(distance) = text.find(term, spellings, &mut ranges) else { continue };
            distances[at] = Some(distances[at].map_or(distance, |known: usize| known.min(distance)));
        }
        if !ranges.is_empty() {
            let (shown, ranges) = show(text.whole, merged(ranges));
            matches.push(Match { field: field.name.clone(), label: field.label.clone(), text: shown, ranges });
        }
    }
    let distance = distances.into_iter().sum::<Option<usize>>()?;
    Some(Found { matches, distance })
}

struct Text<'t> {
    whole: &'t str,
    words: Vec<Word>,
    number: Option<String>,
}

impl<'t> Text<'t> {
    fn of(whole: &'t str) -> Self {
        Self { whole, words: words(whole).collect(), number: number(whole) }
    }

    /// Adds where the term is; answers how far it is from how it is written there.
    fn find(&self, term: &Term, spellings: &[Spelling], ranges: &mut Vec<ops::Range<usize>>) -> Option<usize> {
        let before = ranges.len();
        match term {
            Term::Phrase(phrase) => {
                let places = self.words.windows(phrase.len());
                ranges.extend(places.filter_map(|place| {
                    let is_there = place.iter().map(|word| &word.folded).eq(phrase);
                    is_there.then(|| place[0].at.start..place[place.len() - 1].at.end)
                }));
            }
            Term::Start(forms) => {
                for form in forms {
                    let starts = self.words.iter().filter(|word| word.folded.starts_with(form));
                    ranges.extend(starts.map(|word| self.start_of(word, form.len())));
                    let digits = self.number.iter().filter_map(|number| number.find(form.as_str()));
                    ranges.extend(digits.map(|at| self.digits(at, form.len())));
                }
            }
        }
        if ranges.len() > before {
            return Some(0);
        }
        let meant = |word: &Word| spellings.iter().find(|spelling| spelling.word == word.folded).map(|s| s.distance);
        let meant: Vec<_> = self.words.iter().filter_map(|word| Some((meant(word)?, word.at.clone()))).collect();
        let nearest = meant.iter().map(|(distance, _)| *distance).min();
        ranges.extend(meant.into_iter().map(|(_, at)| at));
        nearest
    }

    /// The letters of the word that become the first `bytes` of it folded.
    fn start_of(&self, word: &Word, bytes: usize) -> ops::Range<usize> {
        let start = word.at.start;
        let (mut folded, mut end) = (0, start);
        for (at, c) in self.whole[word.at.clone()].char_indices() {
            let before = folded;
            fold(c, |part| folded += part.len_utf8());
            // What becomes nothing is an accent of the letter before.
            if before >= bytes && folded > before {
                break;
            }
            end = start + at + c.len_utf8();
        }
        start..end
    }

    fn digits(&self, at: usize, count: usize) -> ops::Range<usize> {
        let mut digits =
            self.whole.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).skip(at).take(count);
        let start = digits.next().unwrap_or_default();
        start..digits.last().unwrap_or(start) + 1
    }
}

fn merged(mut ranges: Vec<ops::Range<usize>>) -> Vec<ops::Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<ops::Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The text, cut around the first range where it is long, and the ranges in what is left of it.
fn show(text: &str, ranges: Vec<ops::Range<usize>>) -> (String, Vec<Range>) {
    let window = window(text, ranges.first().map_or(0, |range| range.start));
    let mut shown = String::with_capacity(window.len() + 6);
    if window.start > 0 {
        shown.push('…');
    }
    let lead = shown.encode_utf16().count();
    // Line breaks and tabs would break the line that this is shown in.
    shown.extend(text[window.clone()].chars().map(|c| if c.is_control() { ' ' } else { c }));
    if window.end < text.len() {
        shown.push('…');
    }
    let units = |at: usize| lead + text[window.start..at].encode_utf16().count();
    let inside = ranges.into_iter().filter(|range| range.start < window.end);
    let ranges =
        inside.map(|range| Range { start: units(range.start), end: units(range.end.min(window.end)) }).collect();
    (shown, ranges)
}

/// What is shown of a text: whole words, where there are any.
fn window(text: &str, first: usize) -> ops::Range<usize> {
    if text.chars().count() <= SHOWN {
        return 0..text.len();
    }
    let back =
        |from: usize, count: usize| text[..from].char_indices().rev().take(count).last().map_or(from, |(at, _)| at);
    let mut start = back(first, BEFORE);
    if start > 0 {
        start = text[start..first].find(' ').map_or(start, |space| start + space + 1);
    }
    let end = text[start..].char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| start + at);
    // Near the end there is more before the match than after it.
    if end == text.len() {
        return back(text.len(), SHOWN).min(start)..end;
    }
    let whole = text[first..end].rfind(' ').filter(|space| *space > 0).map_or(end, |space| first + space);
    start..whole
}
