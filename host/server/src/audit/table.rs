//! The log in the database that hosts share: a chain for each host, so that none waits for another, and what one host writes
//! says nothing of what another wrote. Several processes of one host go on with one chain, as they do in a directory.

use std::io;

use vesicle_memory::database::{PostgresUrl, Session};

use super::chain::{self, Head};
use crate::shared::Shared;

/// Which chain in which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTable {
    /// The database.
    pub url: PostgresUrl,
    /// The name of this host's chain.
    pub host: String,
}

/// A chain, for writing.
#[derive(Debug)]
pub struct Table {
    shared: Shared,
    host: String,
    bytes_max: u64,
}

/// How a chain stands.
struct Standing {
    head: Head,
    bytes: i64,
}

impl Table {
    /// That of this host. `bytes_max` is how much of it is kept; the oldest lines go first.
    ///
    /// # Errors
    /// The database does not answer, or does not let us in.
    pub fn open(table: &AuditTable, bytes_max: u64) -> io::Result<Self> {
        let shared = Shared::new(&table.url);
        shared.session().map_err(io::Error::other)?;
        Ok(Self {
            shared,
            host: table.host.clone(),
            bytes_max,
        })
    }

    /// Appends a line for each of `objects`, and empties it. They are on the database's disk when this returns.
    ///
    /// # Errors
    /// What the database says. Nothing was written then, as far as it could tell.
    pub fn append(&mut self, objects: &mut Vec<String>) -> io::Result<()> {
        if objects.is_empty() {
            return Ok(());
        }
        self.try_append(objects).map_err(io::Error::other)?;
        objects.clear();
        Ok(())
    }

    fn try_append(&self, objects: &[String]) -> vesicle_memory::Result<()> {
        let session = self.shared.begin("BEGIN")?;
        let Standing {
            mut head,
            mut bytes,
        } = self.lock(&session)?;
        let (mut numbers, mut lines) = (Vec::new(), Vec::new());
        for object in objects {
            let mut line = Vec::new();
            chain::seal(object, &mut head, &mut line);
            line.pop();
            bytes = bytes.saturating_add(line.len() as i64);
            numbers.push(head.seq as i64);
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
        session.execute(
            "INSERT INTO audit_lines (host, seq, line)
             SELECT $1, number, line FROM unnest($2::bigint[], $3::text[]) AS new (number, line)",
            &[&self.host, &numbers, &lines],
        )?;
        let max = i64::try_from(self.bytes_max).unwrap_or(i64::MAX);
        if bytes > max {
            bytes -= self.remove_oldest(&session, bytes - max + max / 10)?;
        }
        session.execute(
            "UPDATE audit_chains SET seq = $2, hash = $3, bytes = $4 WHERE host = $1",
            &[
                &self.host,
                &(head.seq as i64),
                &head.hash.to_string(),
                &bytes,
            ],
        )?;
        session.end("COMMIT")
    }

    /// Where the chain ends. Nobody else goes on with it until the transaction ends.
    fn lock(&self, session: &Session) -> vesicle_memory::Result<Standing> {
        session.execute(
            "INSERT INTO audit_chains VALUES ($1, 0, $2, 0) ON CONFLICT (host) DO NOTHING",
            &[&self.host, &chain::ORIGIN.to_string()],
        )?;
        let row = session.row(
            "SELECT seq, hash, bytes FROM audit_chains WHERE host = $1 FOR UPDATE",
            &[&self.host],
        )?;
        let read = || {
            let row = row?;
            Some(Standing {
                head: Head {
                    seq: row.get::<_, i64>(0) as u64,
                    hash: blake3::Hash::from_hex(row.get::<_, &str>(1)).ok()?,
                },
                bytes: row.get(2),
            })
        };
        read().ok_or_else(|| {
            let host = &self.host;
            vesicle_memory::Error::Damaged(format!("the end of the audit chain of {host} is none"))
        })
    }

    /// Removes lines from the oldest on until they come to `bytes`, but never the newest; how much they came to.
    fn remove_oldest(&self, session: &Session, bytes: i64) -> vesicle_memory::Result<i64> {
        let row = session.row(
            "WITH sums AS (
                 SELECT seq, octet_length(line) AS bytes, sum(octet_length(line)) OVER (ORDER BY seq) AS upto
                 FROM audit_lines WHERE host = $1
             ), gone AS (
                 DELETE FROM audit_lines USING sums
                 WHERE host = $1 AND audit_lines.seq = sums.seq AND sums.upto - sums.bytes < $2
                     AND sums.seq < (SELECT max(seq) FROM sums)
                 RETURNING sums.bytes
             )
             SELECT coalesce(sum(bytes), 0)::bigint FROM gone",
            &[&self.host, &bytes],
        )?;
        Ok(row.map_or(0, |row| row.get(0)))
    }
}

/// How many lines are read at once.
const LINES_AT_ONCE: i64 = 1_000;

/// The log of all hosts, for reading.
#[derive(Debug)]
pub struct TableReader(Shared);

/// A chain's host and where it ends.
#[derive(Debug, Clone)]
pub struct ChainEnd {
    /// Whose it is.
    pub host: String,
    /// The number of its newest line.
    pub seq: u64,
}

impl TableReader {
    /// That in this database.
    pub fn new(url: &PostgresUrl) -> Self {
        Self(Shared::new(url))
    }

    /// The chains that there are, by their hosts' names.
    ///
    /// # Errors
    /// What the database says.
    pub fn chains(&self) -> vesicle_memory::Result<Vec<ChainEnd>> {
        let rows = self
            .0
            .session()?
            .rows("SELECT host, seq FROM audit_chains ORDER BY host", &[])?;
        let end = |row: &vesicle_memory::database::Row| ChainEnd {
            host: row.get(0),
            seq: row.get::<_, i64>(1) as u64,
        };
        Ok(rows.iter().map(end).collect())
    }

    /// The newest lines of all hosts, the oldest of them first.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest(&self, count: u32) -> vesicle_memory::Result<Vec<String>> {
        let rows = self.0.session()?.rows(
            "SELECT line FROM audit_lines ORDER BY written DESC, host DESC, seq DESC LIMIT $1",
            &[&i64::from(count)],
        )?;
        Ok(rows.iter().rev().map(|row| row.get(0)).collect())
    }

    /// Gives the lines of a host after this number, up to its end, to `each`, with their numbers.
    ///
    /// # Errors
    /// What the database says, or `each`.
    pub fn after(
        &self,
        host: &str,
        mut seq: u64,
        end: u64,
        mut each: impl FnMut(u64, String) -> io::Result<()>,
    ) -> io::Result<u64> {
        loop {
            let rows = self.0.session().and_then(|session| {
                session.rows(
                    "SELECT seq, line FROM audit_lines WHERE host = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
                    &[&host, &(seq as i64), &(end as i64), &LINES_AT_ONCE],
                )
            });
            let rows = rows.map_err(io::Error::other)?;
            for row in &rows {
                seq = row.get::<_, i64>(0) as u64;
                each(seq, row.get(1))?;
            }
            if rows.len() < LINES_AT_ONCE as usize {
                return Ok(seq);
            }
        }
    }
}
