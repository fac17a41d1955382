//! Search where the server has pgvector: words from the index in memory, vectors from the server's HNSW, which no host has to
//! hold then.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::link::Session;
use super::read;
use super::select::Condition;
use super::vectors::{self, Model};
use crate::model::EpisodeId;
use crate::store::index::{Index, quantized};
use crate::store::{Candidate, Filter, Search};
use crate::{Error, Result};

/// The best candidates of each channel.
pub fn search(index: &Index, session: &Session, search: &Search) -> Result<Vec<Candidate>> {
    let Some(model) = vectors::active(session)? else {
        return Ok(index.search(search));
    };
    let wanted = search.vector.as_ref();
    let query: Option<Vec<i8>> = wanted
        .filter(|(key, vector)| {
            *key == model.key && model.dimension == i32::try_from(vector.len()).ok()
        })
        .map(|(_, vector)| quantized(vector).collect());
    let nearest = match &query {
        Some(query) => nearest(session, &model, query, search)?,
        None => Vec::new(),
    };
    let mut candidates = index.search_beside(search, &nearest);
    let ids = candidates.iter().map(|found| found.id);
    let mut known = vectors_of(session, model.model, ids)?;
    for candidate in &mut candidates {
        candidate.vector = known.remove(&candidate.id).unwrap_or_default();
        let cosine = |query: &Vec<i8>| cosine(&candidate.vector, query);
        candidate.semantic = query.as_ref().and_then(cosine);
    }
    Ok(candidates)
}

/// Episodes that the filter lets through, the nearest first.
fn nearest(
    session: &Session,
    model: &Model,
    query: &[i8],
    search: &Search,
) -> Result<Vec<EpisodeId>> {
    let by_hnsw = ask(session, model, query, search, hnsw)?;
    if by_hnsw.len() == search.per_channel {
        return Ok(by_hnsw);
    }
    // HNSW looks at a few hundred of the nearest and leaves out what the filter does not let through. When too few are left,
    // all that the filter lets through are compared: those are few as well, or there are few at all.
    ask(session, model, query, search, exact)
}

fn ask(
    session: &Session,
    model: &Model,
    query: &[i8],
    search: &Search,
    statement: fn(&Model, &Filter, &str, &str, &str) -> String,
) -> Result<Vec<EpisodeId>> {
    let mut sql = Condition::of(&search.filter);
    let condition = sql.text.clone();
    let vector = sql.parameter(written(query)?);
    let limit = sql.limit(search.per_channel);
    let text = statement(model, &search.filter, &condition, &vector, &limit);
    let rows = session.rows(&text, &sql.params())?;
    Ok(rows.iter().map(read::id).collect())
}

/// Numbers of models stand in the text, since the index is of one model: only then the server knows that it may take it.
fn hnsw(model: &Model, filter: &Filter, condition: &str, vector: &str, limit: &str) -> String {
    let (number, dimension) = (model.model, model.dimension.unwrap_or_default());
    let of_model = format!("model = {number} AND vector_dims(numbers) = {dimension}");
    let order = format!(
        "ORDER BY numbers::vector({dimension}) <=> {vector}::text::vector({dimension}) {limit}"
    );
    if *filter == Filter::default() {
        format!(
            "SELECT id FROM (SELECT episode FROM vectors WHERE {of_model} {order}) AS nearest
             JOIN episodes ON place = episode"
        )
    } else {
        format!(
            "SELECT id FROM vectors JOIN episodes ON place = episode
             WHERE {of_model} AND {condition} {order}"
        )
    }
}

fn exact(model: &Model, _: &Filter, condition: &str, vector: &str, limit: &str) -> String {
    let (number, dimension) = (model.model, model.dimension.unwrap_or_default());
    format!(
        "WITH fitting AS MATERIALIZED (SELECT place, id FROM episodes WHERE {condition})
         SELECT id FROM fitting JOIN vectors ON episode = place
         WHERE model = {number} AND vector_dims(numbers) = {dimension}
         ORDER BY numbers <=> {vector}::text::vector {limit}"
    )
}

/// A vector as pgvector reads it.
fn written(query: &[i8]) -> Result<String> {
    let mut text = String::with_capacity(query.len() * 4 + 2);
    let mut before = '[';
    for number in query {
        write!(text, "{before}{number}").map_err(|error| Error::Store(error.to_string()))?;
        before = ',';
    }
    text.push(']');
    Ok(text)
}

fn vectors_of(
    session: &Session,
    model: i64,
    ids: impl Iterator<Item = EpisodeId>,
) -> Result<FxHashMap<EpisodeId, Vec<i8>>> {
    let ids: Vec<Vec<u8>> = ids.map(|id| id.as_bytes().to_vec()).collect();
    let rows = session.rows(
        "SELECT id, vectors.body FROM episodes JOIN vectors ON episode = place WHERE model = $1 AND id = ANY($2)",
        &[&model, &ids],
    )?;
    let numbers = |bytes: &[u8]| bytes.iter().map(|&n| n as i8).collect();
    let known = rows.iter().map(|row| (read::id(row), numbers(row.get(1))));
    Ok(known.collect())
}

/// None when one has no direction.
fn cosine(a: &[i8], b: &[i8]) -> Option<f32> {
    let dot = |a: &[i8], b: &[i8]| -> i32 {
        let products = a.iter().zip(b);
        products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    };
    let lengths = (dot(a, a) as f32).sqrt() * (dot(b, b) as f32).sqrt();
    (a.len() == b.len() && lengths > 0.0).then(|| dot(a, b) as f32 / lengths)
}
