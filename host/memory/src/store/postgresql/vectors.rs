//! Vectors, and the models that they are of.

use super::link::Session;
use super::read;
use crate::Result;
use crate::model::EpisodeId;
use crate::store::index::quantized;

/// Numbers of a vector that pgvector's HNSW takes at most; longer ones are compared one after the other.
const HNSW_DIMENSION_MAX: i32 = 2_000;

/// Vectors that can be compared with each other.
pub struct Model {
    pub model: i64,
    pub key: String,
    /// None before the first vector.
    pub dimension: Option<i32>,
}

/// The model whose vectors are searched.
pub fn active(session: &Session) -> Result<Option<Model>> {
    let row = session.row("SELECT model, key, dimension FROM models WHERE active", &[])?;
    Ok(row.map(|row| Model {
        model: row.get(0),
        key: row.get(1),
        dimension: row.get(2),
    }))
}

pub fn put(
    session: &Session,
    has_pgvector: bool,
    place: i64,
    key: &str,
    vector: &[f32],
) -> Result<()> {
    let bytes: Vec<u8> = quantized(vector).map(|n| n as u8).collect();
    let dimension = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    let put = || {
        session.execute(
            "INSERT INTO vectors (model, episode, body)
             SELECT model, $2, $3 FROM models WHERE key = $1 AND dimension IS NOT NULL
             ON CONFLICT (model, episode) DO UPDATE SET body = $3",
            &[&key, &place, &bytes],
        )
    };
    if put()? == 0 {
        session.execute(
            "INSERT INTO models (key, dimension, active) VALUES ($1, $2, false)
             ON CONFLICT (key) DO UPDATE SET dimension = $2",
            &[&key, &dimension],
        )?;
        if has_pgvector {
            index_all(session)?;
        }
        put()?;
    }
    Ok(())
}

pub fn activate(session: &Session, key: &str) -> Result<()> {
    session.execute(
        "INSERT INTO models (key, active) VALUES ($1, true) ON CONFLICT (key) DO UPDATE SET active = true",
        &[&key],
    )?;
    for row in session.rows(
        "DELETE FROM models WHERE key <> $1 RETURNING model",
        &[&key],
    )? {
        let model: i64 = row.get(0);
        session.batch(&format!("DROP INDEX IF EXISTS {}", index_name(model)))?;
    }
    session.execute("UPDATE counter SET generation = generation + 1", &[])?;
    Ok(())
}

pub fn missing(session: &Session, key: &str, limit: usize) -> Result<Vec<EpisodeId>> {
    let rows = session.rows(
        "SELECT id FROM episodes JOIN documents ON episode = place
         WHERE NOT EXISTS (
             SELECT 1 FROM vectors WHERE vectors.episode = place AND model = (SELECT model FROM models WHERE key = $1)
         )
         ORDER BY place LIMIT $2",
        &[&key, &i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    Ok(rows.iter().map(read::id).collect())
}

/// Makes the indexes of pgvector that are not there: one for each model, since vectors of different lengths have none together.
/// A new model has no vectors yet, so that it takes no time.
pub fn index_all(session: &Session) -> Result<()> {
    let models = session.rows(
        "SELECT model, dimension FROM models
         WHERE dimension <= $1 AND to_regclass(current_schema() || '.vectors_hnsw_' || model) IS NULL",
        &[&HNSW_DIMENSION_MAX],
    )?;
    for row in models {
        let (model, dimension): (i64, i32) = (row.get(0), row.get(1));
        session.batch(&format!(
            "CREATE INDEX {} ON vectors USING hnsw ((numbers::vector({dimension})) vector_cosine_ops)
             WHERE model = {model} AND vector_dims(numbers) = {dimension}",
            index_name(model)
        ))?;
    }
    Ok(())
}

fn index_name(model: i64) -> String {
    format!("vectors_hnsw_{model}")
}
