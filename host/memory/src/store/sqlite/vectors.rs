//! What episodes are found by: their words and their vectors.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::errors::store;
use super::read;
use super::transaction::KnownWords;
use crate::Result;
use crate::model::EpisodeId;
use crate::store::Document;
use crate::store::index::quantized;
use crate::store::stored::{hashed, words_to_blob};
use crate::store::vocabulary::{belongs, trigrams};

pub fn put_document(
    connection: &Connection,
    row: i64,
    seq: i64,
    document: &Document,
    mut known: Option<&mut KnownWords>,
) -> Result<()> {
    let hashed = hashed(document);
    let mut is_new = connection
        .prepare_cached("INSERT OR IGNORE INTO words (hash) VALUES (?1)")
        .map_err(store)?;
    for ((word, _), &(hash, _)) in document.words.iter().zip(&hashed) {
        let mut is_unknown = || known.as_mut().is_none_or(|known| known.insert(hash));
        if belongs(word) && is_unknown() && is_new.execute([hash]).map_err(store)? > 0 {
            connection
                .prepare_cached("INSERT INTO vocabulary (word) VALUES (?1)")
                .and_then(|mut statement| statement.execute([word]))
                .map_err(store)?;
        }
    }
    connection
        .prepare_cached(
            "INSERT INTO documents (episode, seq, words) VALUES (?1, ?2, ?3)
             ON CONFLICT (episode) DO UPDATE SET seq = ?2, words = ?3",
        )
        .and_then(|mut statement| statement.execute(params![row, seq, words_to_blob(&hashed)]))
        .map_err(store)?;
    Ok(())
}

/// Words that share trigrams with this one, those that share the most in the least first.
pub fn similar_words(connection: &Connection, word: &str, limit: usize) -> Result<Vec<String>> {
    let query = trigrams(word).into_iter();
    let query = query.map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")));
    let query = query.collect::<Vec<_>>().join(" OR ");
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection
        .prepare_cached(
            "SELECT word FROM vocabulary WHERE vocabulary MATCH ?1 ORDER BY rank LIMIT ?2",
        )
        .map_err(store)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement
        .query_map(params![query, limit], |row| row.get(0))
        .map_err(store)?;
    rows.collect::<Result<_, _>>().map_err(store)
}

/// The model whose vectors are searched, and its key.
pub fn active(connection: &Connection) -> Result<Option<(i64, String)>> {
    connection
        .prepare_cached("SELECT model, key FROM models WHERE active = 1")
        .and_then(|mut statement| {
            statement
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(store)
}

pub fn put(connection: &Connection, row: i64, key: &str, vector: &[f32]) -> Result<()> {
    let model = model(connection, key)?;
    let bytes: Vec<u8> = quantized(vector).map(|n| n as u8).collect();
    connection
        .prepare_cached(
            "INSERT INTO vectors (model, episode, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (model, episode) DO UPDATE SET body = ?3",
        )
        .and_then(|mut statement| statement.execute(params![model, row, bytes]))
        .map_err(store)?;
    Ok(())
}

fn model(connection: &Connection, key: &str) -> Result<i64> {
    let find = || {
        connection
            .prepare_cached("SELECT model FROM models WHERE key = ?1")
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
            .map_err(store)
    };
    if let Some(model) = find()? {
        return Ok(model);
    }
    connection
        .execute("INSERT INTO models (key, active) VALUES (?1, 0)", [key])
        .map_err(store)?;
    Ok(connection.last_insert_rowid())
}

pub fn activate(connection: &Connection, key: &str) -> Result<()> {
    let model = model(connection, key)?;
    connection
        .execute("UPDATE models SET active = (model = ?1)", [model])
        .and_then(|_| connection.execute("DELETE FROM models WHERE active = 0", []))
        .and_then(|_| connection.execute("UPDATE counter SET generation = generation + 1", []))
        .map_err(store)?;
    Ok(())
}

pub fn missing(connection: &Connection, key: &str, limit: usize) -> Result<Vec<EpisodeId>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT id FROM episodes JOIN documents ON episode = row
             WHERE NOT EXISTS (
                 SELECT 1 FROM vectors WHERE vectors.episode = row AND model = (SELECT model FROM models WHERE key = ?1)
             )
             ORDER BY row LIMIT ?2",
        )
        .map_err(store)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement
        .query_map(params![key, limit], |row| {
            Ok(read::id(row.get_ref(0)?.as_blob()?))
        })
        .map_err(store)?;
    rows.collect::<Result<_, _>>().map_err(store)
}
