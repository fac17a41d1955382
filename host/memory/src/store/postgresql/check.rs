//! What can be said about the health and the size of the tables. Their own rules hold by PostgreSQL's word; what they cannot
//! say is looked at here.

use super::link::Session;
use crate::{Error, Result};

/// Findings that one check reports.
const FINDINGS_MAX: usize = 100;

/// What must not be there, each with what it means.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "SELECT encode(id, 'hex') FROM episodes
         LEFT JOIN LATERAL (
             SELECT count(*) AS count, coalesce(sum(octet_length(body)), 0) AS bytes FROM steps WHERE episode = place
         ) AS own ON true
         WHERE steps <> own.count OR step_bytes <> own.bytes OR body_bytes <> octet_length(body)",
        "the steps of this episode are not as many or as long as it says",
    ),
    (
        "SELECT encode(id, 'hex') FROM episodes, counter WHERE episodes.seq > counter.seq",
        "this episode was changed after the last change",
    ),
    (
        "SELECT key FROM models WHERE (SELECT count(*) FROM models WHERE active) <> 1",
        "not exactly one kind of vectors is searched",
    ),
];

/// No entries mean that there is no damage.
pub fn check(session: &Session) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    session.begin(super::read::BEGIN)?;
    session.take_time()?;
    for (question, meaning) in QUESTIONS {
        match session.rows(question, &[]) {
            Ok(rows) => findings.extend(
                rows.iter()
                    .map(|row| format!("{}: {meaning}", row.get::<_, &str>(0))),
            ),
            Err(Error::Damaged(cause)) => {
                findings.push(cause);
                return Ok(findings);
            }
            Err(error) => return Err(error),
        }
    }
    session.end("COMMIT")?;
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

/// Bytes of the tables with their indexes.
pub fn bytes(session: &Session) -> Result<u64> {
    let row = session.row(
        "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = current_schema() AND relkind = 'r'",
        &[],
    )?;
    Ok(row.map_or(0, |row| row.get::<_, i64>(0) as u64))
}
