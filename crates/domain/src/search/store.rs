//! Entries and their words, written together.

use std::collections::BTreeMap;

use rapport_tenancy::{DbError, TenantTx};
use uuid::Uuid;

use super::document::Document;

/// Brings the entries of records to what the documents say; those without a document go.
pub(super) async fn write(
    tx: &TenantTx,
    object: &str,
    records: &[Uuid],
    documents: &[Document],
) -> Result<(), DbError> {
    let mut words = Words::default();
    for old in vocabulary(tx, object, records).await? {
        words.add(old, -1);
    }
    for document in documents {
        words.add(document.vocabulary.iter().cloned(), 1);
    }
    put(tx, object, documents).await?;
    let kept: Vec<Uuid> = documents.iter().map(|document| document.record).collect();
    if kept.len() < records.len() {
        let sql = format!(
            "DELETE FROM {}.search_entry WHERE object = $1 AND record_id = ANY($2) AND record_id <> ALL($3)",
            tx.scope().schema()
        );
        tx.execute(&sql, &[&object, &records, &kept]).await?;
    }
    words.save(tx).await
}

/// Some entries of an object go, the first in the order of ids; how many.
pub(super) async fn remove_some(tx: &TenantTx, object: &str, most: usize) -> Result<usize, DbError> {
    let sql = format!(
        "SELECT record_id FROM {}.search_entry WHERE object = $1 ORDER BY record_id LIMIT {most}",
        tx.scope().schema()
    );
    let records: Vec<Uuid> = tx.query(&sql, &[&object]).await?.iter().map(|row| row.get(0)).collect();
    write(tx, object, &records, &[]).await?;
    Ok(records.len())
}

async fn put(tx: &TenantTx, object: &str, documents: &[Document]) -> Result<(), DbError> {
    if documents.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {}.search_entry AS e (object, record_id, title, words, all_words) \
         SELECT $1, u.record_id, u.title, u.words::tsvector, u.all_words::tsvector \
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS u(record_id, title, words, all_words) \
         ON CONFLICT (object, record_id) DO UPDATE SET title = excluded.title, words = excluded.words, all_words = excluded.all_words \
         WHERE (e.title, e.words, e.all_words) IS DISTINCT FROM (excluded.title, excluded.words, excluded.all_words)",
        tx.scope().schema()
    );
    let records: Vec<Uuid> = documents.iter().map(|document| document.record).collect();
    let titles: Vec<&str> = documents.iter().map(|document| document.title.as_str()).collect();
    let words: Vec<&str> = documents.iter().map(|document| document.words.as_str()).collect();
    let all_words: Vec<Option<&str>> = documents.iter().map(|document| document.all_words.as_deref()).collect();
    tx.execute(&sql, &[&object, &records, &titles, &words, &all_words]).await.map(|_| ())
}

/// The words that can be misspelt, of each entry there is.
async fn vocabulary(tx: &TenantTx, object: &str, records: &[Uuid]) -> Result<Vec<Vec<String>>, DbError> {
    let sql = format!(
        "SELECT tsvector_to_array(coalesce(all_words, words)) FROM {}.search_entry WHERE object = $1 AND record_id = ANY($2)",
        tx.scope().schema()
    );
    let mut entries: Vec<Vec<String>> =
        tx.query(&sql, &[&object, &records]).await?.iter().map(|row| row.get(0)).collect();
    for words in &mut entries {
        words.retain(|word| super::word::can_be_misspelt(word));
    }
    Ok(entries)
}

/// In how many entries more, or fewer, each word is.
#[derive(Default)]
struct Words(BTreeMap<String, i64>);

impl Words {
    fn add(&mut self, words: impl IntoIterator<Item = String>, entries: i64) {
        for word in words {
            *self.0.entry(word).or_default() += entries;
        }
    }

    /// A word that no entry has any more goes: nothing is left of who was erased.
    async fn save(self, tx: &TenantTx) -> Result<(), DbError> {
        let (words, entries): (Vec<String>, Vec<i64>) = self.0.into_iter().filter(|(_, entries)| *entries != 0).unzip();
        if words.is_empty() {
            return Ok(());
        }
        let schema = tx.scope().schema();
        let sql = format!(
            "INSERT INTO {schema}.search_word AS w (word, entries) SELECT * FROM unnest($1::text[], $2::bigint[]) \
             ON CONFLICT (word) DO UPDATE SET entries = w.entries + excluded.entries"
        );
        tx.execute(&sql, &[&words, &entries]).await?;
        if entries.iter().any(|entries| *entries < 0) {
            let sql = format!("DELETE FROM {schema}.search_word WHERE word = ANY($1) AND entries <= 0");
            tx.execute(&sql, &[&words]).await?;
        }
        Ok(())
    }
}
