//! Records of other kinds than episodes.

use tokio_postgres::Row;

use super::link::Session;
use super::select::Condition;
use crate::Result;
use crate::store::{Record, RecordKind, Records};

pub fn one(session: &Session, kind: RecordKind, id: &str) -> Result<Option<Record>> {
    let row = session.row(
        "SELECT id, a, b, body FROM records WHERE kind = $1 AND id = $2",
        &[&kind.as_str(), &id],
    )?;
    Ok(row.map(|row| record(kind, &row)))
}

pub fn some(session: &Session, wanted: &Records<'_>) -> Result<Vec<Record>> {
    let mut sql = conditions(wanted);
    let limit = sql.limit(wanted.limit);
    let text = format!(
        "SELECT id, a, b, body FROM records WHERE {} ORDER BY id {limit}",
        sql.text
    );
    let rows = session.rows(&text, &sql.params())?;
    Ok(rows.iter().map(|row| record(wanted.kind, row)).collect())
}

pub fn count(session: &Session, wanted: &Records<'_>) -> Result<(u64, u64)> {
    let sql = conditions(wanted);
    let text = format!(
        "SELECT count(*), coalesce(max(seq), 0) FROM records WHERE {}",
        sql.text
    );
    let row = session.row(&text, &sql.params())?;
    Ok(row.map_or((0, 0), |row| {
        (row.get::<_, i64>(0) as u64, row.get::<_, i64>(1) as u64)
    }))
}

pub fn put(session: &Session, seq: i64, record: &Record) -> Result<()> {
    session.execute(
        "INSERT INTO records (kind, id, a, b, seq, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind, id) DO UPDATE SET a = $3, b = $4, seq = $5, body = $6",
        &[
            &record.kind.as_str(),
            &record.id,
            &record.a,
            &record.b,
            &seq,
            &record.body,
        ],
    )?;
    Ok(())
}

pub fn delete(session: &Session, kind: RecordKind, id: &str) -> Result<bool> {
    let deleted = session.execute(
        "DELETE FROM records WHERE kind = $1 AND id = $2",
        &[&kind.as_str(), &id],
    )?;
    Ok(deleted > 0)
}

fn conditions(wanted: &Records<'_>) -> Condition {
    let mut all = Condition::all();
    all.and("kind = ?", wanted.kind.as_str());
    for (condition, value) in [
        ("a = ?", wanted.a),
        ("b = ?", wanted.b),
        ("id > ?", wanted.after),
    ] {
        if let Some(value) = value {
            all.and(condition, value.to_owned());
        }
    }
    if let Some(since) = wanted.since {
        all.and("seq > ?", i64::try_from(since).unwrap_or(i64::MAX));
    }
    all
}

fn record(kind: RecordKind, row: &Row) -> Record {
    Record {
        kind,
        id: row.get(0),
        a: row.get(1),
        b: row.get(2),
        body: row.get(3),
    }
}
