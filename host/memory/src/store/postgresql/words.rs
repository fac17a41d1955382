//! What episodes are found by in words, and the words that are known.
//!
//! Trigrams are arrays in an index of PostgreSQL's own, so that no extension is needed for misspelt words.

use super::link::Session;
use crate::Result;
use crate::store::Document;
use crate::store::stored::{hashed, words_to_blob};
use crate::store::vocabulary::{belongs, trigrams};

pub fn put(session: &Session, place: i64, seq: i64, document: &Document) -> Result<()> {
    let words = document.words.iter().map(|(word, _)| word.as_str());
    let known: Vec<&str> = words.filter(|word| belongs(word)).collect();
    session.execute(
        "WITH new AS (
             INSERT INTO vocabulary (word, trigrams)
             SELECT new, ARRAY(SELECT DISTINCT substr(new, at, 3) FROM generate_series(1, char_length(new) - 2) AS at)
             FROM unnest($4::text[]) AS new
             WHERE NOT EXISTS (SELECT 1 FROM vocabulary WHERE word = new)
             ON CONFLICT DO NOTHING
         )
         INSERT INTO documents (episode, seq, words) VALUES ($1, $2, $3)
         ON CONFLICT (episode) DO UPDATE SET seq = $2, words = $3",
        &[&place, &seq, &words_to_blob(&hashed(document)), &known],
    )?;
    Ok(())
}

/// Words that share trigrams with this one, those that share the most in the least first.
pub fn similar(session: &Session, word: &str, limit: usize) -> Result<Vec<String>> {
    let trigrams: Vec<String> = trigrams(word).into_iter().collect();
    if trigrams.is_empty() {
        return Ok(Vec::new());
    }
    let rows = session.rows(
        "SELECT word FROM vocabulary
         CROSS JOIN LATERAL (SELECT count(*)::float8 AS count FROM unnest(trigrams) AS own WHERE own = ANY($1)) AS shared
         WHERE trigrams && $1
         ORDER BY shared.count * shared.count / cardinality(trigrams) DESC, word
         LIMIT $2",
        &[&trigrams, &i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
