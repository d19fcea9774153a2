//! What misspelt words may have been meant to be, out of the words that entries have.

use std::collections::BTreeMap;

use rapport_tenancy::{DbError, TenantTx, ToSql};

use super::{candidates::Search, query::Term, word::can_be_misspelt};
use crate::plan::Sql;

/// Words alike enough to be looked at more closely, of each that is looked for.
const CLOSE: usize = 80;
/// Of so many the words are taken that are in view, where not all are.
const CLOSE_IN_PART: usize = 1_000;
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

/// For each term of the query what else it may be: nothing for numbers, phrases, short words. A word that is in no entry in
/// view is not there: it must not take the place of another one.
pub(super) async fn spellings(tx: &TenantTx, search: &Search<'_>) -> Result<Vec<Vec<Spelling>>, DbError> {
    let query = search.query;
    let asked: BTreeMap<&str, usize> =
        query.terms.iter().enumerate().filter_map(|(at, term)| Some((word(term)?, at))).collect();
    let mut spellings = vec![Vec::new(); query.terms.len()];
    if asked.is_empty() {
        return Ok(spellings);
    }
    tx.execute(&format!("SET LOCAL pg_trgm.similarity_threshold = {ALIKE}"), &[]).await?;
    let words: Vec<&str> = asked.keys().copied().collect();
    let mut guard = Sql::behind(tx.scope().schema(), search.view, 2);
    let close = close_words(search, &mut guard);
    let sql =
        format!("SELECT asked.word, close.word FROM unnest($1::text[]) AS asked(word), LATERAL ({close}) AS close");
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&words, &search.objects];
    parameters.extend(guard.params());
    for row in tx.query(&sql, &parameters).await? {
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

/// The words most like `asked.word`; the common ones first, where everything is in view.
fn close_words(search: &Search<'_>, guard: &mut Sql<'_>) -> String {
    let schema = guard.schema;
    let most_alike = |then: &str, limit: usize| {
        format!(
            "SELECT w.word, rapport.similarity(w.word, asked.word) AS alike FROM {schema}.search_word AS w \
             WHERE w.word OPERATOR(rapport.%) asked.word ORDER BY alike DESC, {then} LIMIT {limit}"
        )
    };
    if search.view.catalog.is_whole() {
        return format!("SELECT * FROM ({}) AS w WHERE $2::text[] IS NOT NULL", most_alike("w.entries DESC", CLOSE));
    }
    let has_word = search.matches(&format!("({LEXEME})::tsquery"));
    let within_reach = search.within_reach(guard);
    format!(
        "SELECT w.word FROM ({}) AS w WHERE EXISTS (SELECT FROM {schema}.search_entry AS e \
           WHERE {has_word} AND e.object = ANY($2){within_reach}) ORDER BY w.alike DESC, w.word LIMIT {CLOSE}",
        most_alike("w.word", CLOSE_IN_PART)
    )
}

/// A word as a query for it.
const LEXEME: &str = r"'''' || replace(replace(w.word, '\', '\\'), '''', '''''') || ''''";

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
