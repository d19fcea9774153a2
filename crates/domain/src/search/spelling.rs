//! What misspelt words may have been meant to be, out of the words that entries have.

use std::collections::BTreeMap;

use rapport_tenancy::{DbError, TenantTx};

use super::{
    query::{Query, Term},
    word::can_be_misspelt,
};

/// Words alike enough to be looked at more closely, of each that is looked for.
const CLOSE: usize = 80;
/// Those of them that are taken.
const MOST: usize = 12;
/// Below PostgreSQL's own of 0.3: two letters in the wrong order spoil four of the five trigrams of a word of four.
const ALIKE: &str = "0.2";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    pub word: String,
    /// Letters too many, too few, others, or in the wrong order.
    pub distance: usize,
}

/// For each term of the query what else it may be: nothing for numbers, phrases, short words.
pub(super) async fn spellings(tx: &TenantTx, query: &Query) -> Result<Vec<Vec<Spelling>>, DbError> {
    let asked: BTreeMap<&str, usize> =
        query.terms.iter().enumerate().filter_map(|(at, term)| Some((word(term)?, at))).collect();
    let mut spellings = vec![Vec::new(); query.terms.len()];
    if asked.is_empty() {
        return Ok(spellings);
    }
    tx.execute(&format!("SET LOCAL pg_trgm.similarity_threshold = {ALIKE}"), &[]).await?;
    let sql = format!(
        "SELECT asked.word, close.word FROM unnest($1::text[]) AS asked(word), LATERAL ( \
           SELECT w.word FROM {}.search_word AS w WHERE w.word OPERATOR(rapport.%) asked.word \
           ORDER BY rapport.similarity(w.word, asked.word) DESC, w.entries DESC LIMIT {CLOSE}) AS close",
        tx.scope().schema()
    );
    let words: Vec<&str> = asked.keys().copied().collect();
    for row in tx.query(&sql, &[&words]).await? {
        let (asked_word, close): (&str, &str) = (row.get(0), row.get(1));
        if let (Some(at), Some(distance)) = (asked.get(asked_word), distance(asked_word, close)) {
            spellings[*at].push(Spelling { word: close.to_owned(), distance });
        }
    }
    for spellings in &mut spellings {
        // Stable: of those equally far the most alike and the most common come first.
        spellings.sort_by_key(|spelling| spelling.distance);
        spellings.truncate(MOST);
    }
    Ok(spellings)
}

fn word(term: &Term) -> Option<&str> {
    match term {
        Term::Start(forms) => forms.first().map(String::as_str).filter(|word| can_be_misspelt(word)),
        Term::Phrase(_) => None,
    }
}

/// How far `known`, or a start of it, is from what was asked for; nothing when that is too far to be a slip, or when it is found anyway.
pub(super) fn distance(asked: &str, known: &str) -> Option<usize> {
    let length = asked.chars().count();
    let allowed = if length < 8 { 1 } else { 2 };
    let starts = [length.saturating_sub(1), length, length + 1];
    let cut = starts.into_iter().filter_map(|end| known.char_indices().nth(end).map(|(at, _)| &known[..at]));
    // The start of a short word is like that of too many others.
    let cut = cut.filter(|_| length > 4);
    let nearest = cut.chain([known]).map(|known| strsim::osa_distance(asked, known)).min()?;
    (1..=allowed).contains(&nearest).then_some(nearest)
}
