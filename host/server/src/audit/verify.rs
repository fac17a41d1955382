//! Whether the log is as it was written, and where it is not.

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
};

use blake3::Hash;
use serde::Deserialize;

use super::{
    chain::{self, Head, Sealed},
    log,
    table::{ChainEnd, TableReader},
};

/// How many problems are told one by one; the rest are counted.
pub const PROBLEMS_MAX: usize = 20;

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// From 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

/// What a log turned out to be.
#[derive(Debug, Default)]
pub struct Report {
    /// How many files there are.
    pub files: usize,
    /// How many whole lines.
    pub lines: u64,
    /// The number of the first line; more than 1 where older files were removed.
    pub first_seq: Option<u64>,
    /// The last line.
    pub head: Option<Head>,
    /// Lines that a crash cut off.
    pub truncated: Vec<Place>,
    /// What is wrong, in order; at most [`PROBLEMS_MAX`].
    pub problems: Vec<String>,
    /// How much more is wrong.
    pub problems_omitted: u64,
    /// Whether a line has the hash that was asked for.
    pub found: bool,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, text: String) {
        match self.problems.len() < PROBLEMS_MAX {
            true => self.problems.push(text),
            false => self.problems_omitted += 1,
        }
    }
}

/// Reads all of the log in `dir`, and looks for the line with the hash `wanted`.
///
/// # Errors
/// A file cannot be read.
pub fn verify(dir: &Path, wanted: Option<&Hash>) -> io::Result<Report> {
    // Only the lengths under the lock: reading takes long, and writers would wait.
    let lock = log::lock_for_reading(dir)?;
    let mut files = Vec::new();
    for number in log::numbers(dir)? {
        let bytes = fs::metadata(dir.join(log::name(number)))?.len();
        files.push((number, bytes));
    }
    drop(lock);

    let mut walk = Walk::new(wanted);
    let mut last: Option<u64> = None;
    for (number, bytes) in files {
        match last {
            // The first file ever begins with the first line ever.
            None if number == 1 => walk.before = Some(Head::NONE),
            Some(last) if number != last + 1 => walk.files_missing(last + 1, number - 1),
            _ => {}
        }
        last = Some(number);
        walk.file(&dir.join(log::name(number)), log::name(number), bytes)?;
    }
    walk.settle_suspect();
    Ok(walk.report)
}

/// Reads a host's chain in the database, likewise.
///
/// # Errors
/// The database cannot be read.
pub fn verify_table(
    reader: &TableReader,
    end: &ChainEnd,
    wanted: Option<&Hash>,
) -> io::Result<Report> {
    let mut walk = Walk::new(wanted);
    let mut is_first = true;
    reader.after(&end.host, 0, end.seq, |seq, line| {
        // The first line ever follows none. Older ones than the first that is there may have had their time.
        if std::mem::take(&mut is_first) && seq == 1 {
            walk.before = Some(Head::NONE);
        }
        let place = Place {
            file: end.host.clone(),
            line: seq,
        };
        walk.line(place, line.as_bytes());
        Ok(())
    })?;
    walk.settle_suspect();
    let last = walk.report.head.map_or(0, |head| head.seq);
    if last < end.seq {
        let what = format!(
            "{}: lines up to number {} are missing at the end",
            end.host, end.seq
        );
        walk.report.problem(what);
    }
    Ok(walk.report)
}

/// A line that does not fit its hash. If the next one says that a crash left it, that is what it is.
struct Suspect {
    place: Place,
    bytes: usize,
    digest: Hash,
}

struct Walk<'h> {
    report: Report,
    wanted: Option<&'h Hash>,
    /// The last line that fits its hash; none where nothing is known of what stands before.
    before: Option<Head>,
    /// How many lines that do not fit theirs follow it.
    bad: u64,
    suspect: Option<Suspect>,
}

/// The line that a writer leaves where another one died.
#[derive(Deserialize)]
struct Recovered<'l> {
    kind: &'l str,
    torn_bytes: usize,
    torn_blake3: &'l str,
}

impl<'h> Walk<'h> {
    fn new(wanted: Option<&'h Hash>) -> Self {
        Self {
            report: Report::default(),
            wanted,
            before: None,
            bad: 0,
            suspect: None,
        }
    }

    fn file(&mut self, path: &Path, file: String, bytes: u64) -> io::Result<()> {
        self.report.files += 1;
        let mut reader = BufReader::new(File::open(path)?.take(bytes));
        let mut text = Vec::new();
        let mut line = 0;
        loop {
            text.clear();
            if reader.read_until(b'\n', &mut text)? == 0 {
                return Ok(());
            }
            line += 1;
            let place = Place {
                file: file.clone(),
                line,
            };
            match text.strip_suffix(b"\n") {
                Some(whole) => self.line(place, whole),
                None => self.last_of_file(place, &text),
            }
        }
    }

    /// A line without a line feed. The next writer would have ended it.
    fn last_of_file(&mut self, place: Place, text: &[u8]) {
        match chain::open(text) {
            Some(_) => self.line(place, text),
            None => {
                self.settle_suspect();
                self.report.truncated.push(place);
            }
        }
    }

    fn line(&mut self, place: Place, text: &[u8]) {
        let Some(sealed) = chain::open(text) else {
            self.settle_suspect();
            self.suspect = Some(Suspect {
                place,
                bytes: text.len(),
                digest: blake3::hash(text),
            });
            return;
        };
        self.report.lines += 1;
        self.report.found |= self.wanted == Some(&sealed.head.hash);
        if self
            .suspect
            .as_ref()
            .is_some_and(|torn| tells_of(text, torn))
        {
            let torn = self.suspect.take();
            self.report.truncated.extend(torn.map(|torn| torn.place));
        }
        self.settle_suspect();
        if let Some(problem) = self.misfit(&sealed) {
            self.report.problem(format!("{place}: {problem}"));
        }
        self.bad = 0;
        // The chain goes on from its newest line, also where an older one was put behind that.
        if self
            .before
            .is_none_or(|before| before.seq < sealed.head.seq)
        {
            self.report.first_seq.get_or_insert(sealed.head.seq);
            self.report.head = Some(sealed.head);
            self.before = Some(sealed.head);
        }
    }

    /// Tells of a line that nothing excuses.
    fn settle_suspect(&mut self) {
        if let Some(suspect) = self.suspect.take() {
            self.bad += 1;
            self.report.problem(format!(
                "{}: changed or inserted: the line does not fit its hash",
                suspect.place
            ));
        }
    }

    /// What is wrong with where this line stands.
    fn misfit(&self, line: &Sealed) -> Option<String> {
        let seq = line.head.seq;
        let due = self.before?.seq + 1;
        // Each bad line in between is one of the chain that was changed, or one that was inserted.
        if seq > due + self.bad {
            let gone = match seq - due - self.bad {
                1 => format!("line number {} is", seq - 1),
                count => format!("line numbers {} to {} are", seq - count, seq - 1),
            };
            return Some(format!(
                "{gone} missing before it, which is number {seq}: removed, or moved"
            ));
        }
        if seq < due {
            return Some(format!(
                "it is number {seq}, and number {due} is due: moved, or inserted again"
            ));
        }
        (seq == due && line.prev != self.before?.hash).then(|| {
            "it does not follow the line before: that one was changed or inserted, and its hash \
             made again"
                .to_owned()
        })
    }

    fn files_missing(&mut self, first: u64, last: u64) {
        let (first, last) = (log::name(first), log::name(last));
        let files = match first == last {
            true => first,
            false => format!("{first} to {last}"),
        };
        self.settle_suspect();
        self.report.problem(format!(
            "{files}: removed, while files before and after are there"
        ));
        self.before = None;
    }
}

fn tells_of(line: &[u8], torn: &Suspect) -> bool {
    serde_json::from_slice::<Recovered<'_>>(line).is_ok_and(|told| {
        told.kind == "recovered"
            && told.torn_bytes == torn.bytes
            && Hash::from_hex(told.torn_blake3).is_ok_and(|digest| digest == torn.digest)
    })
}
