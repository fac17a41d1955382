//! The newest lines of the audit log, as far as a viewer may read them.

use std::{io, path::PathBuf};

use serde_json::Value;

use super::Viewer;
use crate::{
    audit::{Settings, TableReader, TableTail, Tail, shown},
    live::Whose,
};

/// How much of the log's end is read, in bytes; where more was added since the last time, what lies before it is passed over.
const TAIL_BYTES: u64 = 512 << 10;
/// How many lines are told at once.
const LINES_MAX: usize = 100;
/// How many of a database's newest are looked through for them; the others may be of other accounts.
const LINES_READ: u32 = 1_000;

/// How far a viewer has read.
pub struct Reader {
    log: Log,
    whose: Whose,
}

/// Where the log is, and how far it was read.
enum Log {
    None,
    Files(PathBuf, Option<Tail>),
    Table(TableReader, TableTail),
}

impl Reader {
    /// Nothing was read yet.
    pub fn new(viewer: &Viewer) -> Self {
        let log = match viewer.seen().audit.settings() {
            None => Log::None,
            Some(Settings {
                table: Some(table), ..
            }) => Log::Table(TableReader::new(&table.url), TableTail::default()),
            Some(settings) => Log::Files(settings.dir.clone(), None),
        };
        Self {
            log,
            whose: viewer.whose(),
        }
    }

    /// Whether there is a log.
    pub fn has_log(&self) -> bool {
        !matches!(self.log, Log::None)
    }

    /// What was added since this was last asked, the latest last.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn read(mut self) -> (Self, io::Result<Vec<Value>>) {
        let reading = tokio::task::spawn_blocking(move || {
            let lines = self.lines();
            (self, lines)
        });
        match reading.await {
            Ok(read) => read,
            Err(error) => {
                let none = Self {
                    log: Log::None,
                    whose: Whose::Account(String::new()),
                };
                (none, Err(io::Error::other(error)))
            }
        }
    }

    fn lines(&mut self) -> io::Result<Vec<Value>> {
        let mut lines = std::collections::VecDeque::new();
        let whose = &self.whose;
        let each = |line: String| {
            if let Some(told) = shown(&line, whose) {
                if lines.len() == LINES_MAX {
                    lines.pop_front();
                }
                lines.push_back(told);
            }
            Ok(())
        };
        match &mut self.log {
            Log::None => {}
            Log::Files(dir, place) => {
                let mut tail = match place.take() {
                    Some(tail) if tail.behind(dir)? <= TAIL_BYTES => tail,
                    _ => Tail::near_end(dir, TAIL_BYTES)?,
                };
                let read = tail.read(dir, each);
                *place = Some(tail);
                read?;
            }
            Log::Table(table, tail) => tail.read(table, LINES_READ, each)?,
        }
        Ok(lines.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_lines_are_told_and_then_those_that_are_added() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(crate::audit::file_name(1));
        let mut reader = Reader {
            log: Log::Files(dir.path().to_owned(), None),
            whose: Whose::All,
        };
        let lines =
            |count: usize| -> String { (0..count).map(|n| format!("{{\"n\":{n}}}\n")).collect() };
        std::fs::write(&file, lines(LINES_MAX)).unwrap();
        assert_eq!(reader.lines().unwrap().len(), LINES_MAX);
        assert_eq!(reader.lines().unwrap().len(), 0);
        std::fs::write(&file, lines(2 * LINES_MAX + 1)).unwrap();
        let added = reader.lines().unwrap();
        assert_eq!(
            (added.len(), &added[0]["n"]),
            (LINES_MAX, &json!(LINES_MAX + 1))
        );
        // More was added than is read: what lies before it is passed over.
        let long = format!("{{\"n\":\"{}\"}}\n", "x".repeat(TAIL_BYTES as usize));
        std::fs::write(
            &file,
            lines(2 * LINES_MAX + 1) + &long + "{\"n\":\"last\"}\n",
        )
        .unwrap();
        let added = reader.lines().unwrap();
        assert_eq!((added.len(), &added[0]["n"]), (1, &json!("last")));
    }
}
