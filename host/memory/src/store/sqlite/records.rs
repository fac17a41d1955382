//! Records of other kinds than episodes.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::errors::store;
use crate::Result;
use crate::store::{Record, RecordKind, Records};

pub fn one(connection: &Connection, kind: RecordKind, id: &str) -> Result<Option<Record>> {
    connection
        .prepare_cached("SELECT id, a, b, body FROM records WHERE kind = ?1 AND id = ?2")
        .and_then(|mut statement| {
            statement
                .query_row([kind.as_str(), id], |row| record(kind, row))
                .optional()
        })
        .map_err(store)
}

pub fn some(connection: &Connection, wanted: &Records<'_>) -> Result<Vec<Record>> {
    let sql = format!(
        "SELECT id, a, b, body FROM records WHERE {} ORDER BY id LIMIT ?6",
        conditions(wanted)
    );
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
    let since = wanted.since.map(|since| since as i64);
    let params = params![
        wanted.kind.as_str(),
        wanted.a,
        wanted.b,
        wanted.after,
        since,
        limit
    ];
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement
                .query_map(params, |row| record(wanted.kind, row))?
                .collect()
        })
        .map_err(store)
}

pub fn count(connection: &Connection, wanted: &Records<'_>) -> Result<(u64, u64)> {
    let sql = format!(
        "SELECT count(*), coalesce(max(seq), 0) FROM records WHERE {}",
        conditions(wanted)
    );
    let since = wanted.since.map(|since| since as i64);
    let params = params![
        wanted.kind.as_str(),
        wanted.a,
        wanted.b,
        wanted.after,
        since
    ];
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_row(params, |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
            })
        })
        .map_err(store)
}

pub fn put(connection: &Connection, seq: i64, record: &Record) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO records (kind, id, a, b, seq, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (kind, id) DO UPDATE SET a = ?3, b = ?4, seq = ?5, body = ?6",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                record.kind.as_str(),
                record.id,
                record.a,
                record.b,
                seq,
                record.body
            ])
        })
        .map_err(store)?;
    Ok(())
}

pub fn delete(connection: &Connection, kind: RecordKind, id: &str) -> Result<bool> {
    let deleted = connection
        .prepare_cached("DELETE FROM records WHERE kind = ?1 AND id = ?2")
        .and_then(|mut statement| statement.execute([kind.as_str(), id]))
        .map_err(store)?;
    Ok(deleted > 0)
}

/// What is not asked for is compared with itself, so that all parameters stand in every statement.
fn conditions(wanted: &Records<'_>) -> String {
    let part = |asked: bool, condition: &'static str, otherwise: &'static str| {
        if asked { condition } else { otherwise }
    };
    [
        "kind = ?1",
        part(wanted.a.is_some(), "a = ?2", "?2 IS NULL"),
        part(wanted.b.is_some(), "b = ?3", "?3 IS NULL"),
        part(wanted.after.is_some(), "id > ?4", "?4 IS NULL"),
        part(wanted.since.is_some(), "seq > ?5", "?5 IS NULL"),
    ]
    .join(" AND ")
}

fn record(kind: RecordKind, row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        kind,
        id: row.get(0)?,
        a: row.get(1)?,
        b: row.get(2)?,
        body: row.get(3)?,
    })
}
