//! The directory that holds the log: numbered files, of which the last one grows.
//!
//! Any number of processes write to it. Each append is made under a lock, and goes on from the last
//! line that stands there, whoever wrote it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
};

use super::chain::{self, Head};

const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const LOCK_FILE: &str = "lock";
/// How much of a file's end is read at first, in bytes; more if there is no whole line in it.
const TAIL_BYTES: u64 = 64 << 10;

/// When a file is full, and how many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The longest a file may get, in bytes. A line that is longer has a file of its own.
    pub file_bytes_max: u64,
    /// How many files are kept; the oldest goes first.
    pub files_max: u64,
}

/// The log, open for writing.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    rotation: Rotation,
    lock: File,
    current: Option<Current>,
}

/// The file that grows, as it was when this process last looked.
#[derive(Debug)]
struct Current {
    number: u64,
    file: File,
    bytes: u64,
    head: Head,
}

impl Log {
    /// Opens the log in `dir`, which is made, and made private, where it is not.
    ///
    /// # Errors
    /// The directory cannot be made, or is no directory of the user that runs this.
    pub fn open(dir: &Path, rotation: Rotation) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(dir)?;
        let metadata = fs::symlink_metadata(dir)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other(
                "it is no directory of the user that runs this",
            ));
        }
        if metadata.mode() & 0o777 != DIR_MODE {
            fs::set_permissions(dir, fs::Permissions::from_mode(DIR_MODE))?;
        }
        let lock = options()
            .create(true)
            .truncate(false)
            .open(dir.join(LOCK_FILE))?;
        Ok(Self {
            dir: dir.to_owned(),
            rotation,
            lock,
            current: None,
        })
    }

    /// Appends a line for each of `objects`, and takes those out that were written. With `durable`
    /// they are on the disk when this returns, not only with the system.
    ///
    /// # Errors
    /// What the system says. What was not written is left in `objects`.
    pub fn append(&mut self, objects: &mut Vec<String>, durable: bool) -> io::Result<()> {
        self.lock.lock()?;
        let appended = self.append_locked(objects, durable);
        self.lock.unlock()?;
        appended
    }

    fn append_locked(&mut self, objects: &mut Vec<String>, durable: bool) -> io::Result<()> {
        let (mut current, mut buffer) = match self.current.take() {
            Some(current) if current.is_newest(&self.dir)? => (current, Vec::new()),
            _ => resume(&self.dir)?,
        };
        // How many of the objects are in the buffer.
        let mut buffered = 0;
        while let Some(object) = objects.get(buffered) {
            let whole = buffer.len();
            chain::seal(object, &mut current.head, &mut buffer);
            buffered += 1;
            let over = current.bytes + buffer.len() as u64 > self.rotation.file_bytes_max;
            if over && current.bytes + whole as u64 > 0 {
                let next = buffer.split_off(whole);
                current.write(&buffer, durable)?;
                objects.drain(..buffered - 1);
                buffered = 1;
                current = create(&self.dir, current.number + 1, current.head)?;
                remove_oldest(&self.dir, self.rotation.files_max)?;
                buffer = next;
            }
        }
        current.write(&buffer, durable)?;
        objects.drain(..buffered);
        self.current = Some(current);
        Ok(())
    }
}

impl Current {
    /// Whether this is still the file to write to, and nobody else wrote since.
    fn is_newest(&self, dir: &Path) -> io::Result<bool> {
        let metadata = self.file.metadata()?;
        // Removed means that newer ones took its place, or that somebody cleared the directory.
        Ok(metadata.nlink() > 0
            && metadata.len() == self.bytes
            && !dir.join(name(self.number + 1)).try_exists()?)
    }

    fn write(&mut self, bytes: &[u8], durable: bool) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(bytes).and_then(|()| match durable {
            true => self.file.sync_data(),
            false => Ok(()),
        });
        match written {
            Ok(()) => self.bytes += bytes.len() as u64,
            // What this call wrote nobody else has seen, since the lock is held, and it is written
            // again. Where it cannot be taken back, it is found as a torn line.
            Err(_) => drop(self.file.set_len(self.bytes)),
        }
        written
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(FILE_MODE);
    options
}

/// The name of a file of the log.
pub fn name(number: u64) -> String {
    format!("audit-{number:08}.jsonl")
}

/// The numbers of the files that there are, in order.
pub fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        let file_name = entry?.file_name();
        let number = file_name.to_str().and_then(|file| {
            file.strip_prefix("audit-")?
                .strip_suffix(".jsonl")?
                .parse()
                .ok()
        });
        // Not what merely looks like one.
        numbers.extend(number.filter(|number| file_name == *name(*number)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The lock that writers hold, for readers who want to see no line half-written; none where
/// nobody has ever written, as in a copy.
pub fn lock_for_reading(dir: &Path) -> io::Result<Option<File>> {
    match File::open(dir.join(LOCK_FILE)) {
        Ok(lock) => {
            lock.lock_shared()?;
            Ok(Some(lock))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn create(dir: &Path, number: u64, head: Head) -> io::Result<Current> {
    let file = options().create_new(true).open(dir.join(name(number)))?;
    // The file's name has to last as its lines do.
    File::open(dir)?.sync_all()?;
    Ok(Current {
        number,
        file,
        bytes: 0,
        head,
    })
}

fn remove_oldest(dir: &Path, files_max: u64) -> io::Result<()> {
    let numbers = numbers(dir)?;
    let excess = (numbers.len() as u64).saturating_sub(files_max.max(1)) as usize;
    numbers
        .iter()
        .take(excess)
        .try_for_each(|number| fs::remove_file(dir.join(name(*number))))
}

/// The newest file, and what has to be written to it before anything else: where a writer died in
/// mid-line, the line's end and a line about it. What it left is evidence and stays.
fn resume(dir: &Path) -> io::Result<(Current, Vec<u8>)> {
    let numbers = numbers(dir)?;
    let Some(newest) = numbers.last() else {
        return Ok((create(dir, 1, Head::NONE)?, Vec::new()));
    };
    let mut file = options().open(dir.join(name(*newest)))?;
    let bytes = file.metadata()?.len();
    let tail = Tail::of(&mut file, bytes)?;
    let mut head = tail.head;
    for older in numbers.iter().rev().skip(1) {
        if head.is_some() {
            break;
        }
        let mut file = File::open(dir.join(name(*older)))?;
        let bytes = file.metadata()?.len();
        head = Tail::of(&mut file, bytes)?.head;
    }
    let mut head = head.unwrap_or(Head::NONE);
    let mut buffer = Vec::new();
    match tail.torn {
        Torn::No => {}
        Torn::LineFeed => buffer.push(b'\n'),
        Torn::Line(torn) => {
            buffer.push(b'\n');
            let time = super::entry::now();
            let object = format!(
                r#"{{"time":"{time}","kind":"recovered","torn_bytes":{},"torn_blake3":"{}"}}"#,
                torn.len(),
                blake3::hash(&torn)
            );
            chain::seal(&object, &mut head, &mut buffer);
        }
    }
    let number = *newest;
    let current = Current {
        number,
        file,
        bytes,
        head,
    };
    Ok((current, buffer))
}

/// The end of a file.
struct Tail {
    /// The last line that fits its hash.
    head: Option<Head>,
    torn: Torn,
}

/// What is wrong with the last line.
enum Torn {
    No,
    /// Only its line feed is missing.
    LineFeed,
    /// It is not whole.
    Line(Vec<u8>),
}

impl Tail {
    fn of(file: &mut File, bytes: u64) -> io::Result<Self> {
        let mut wanted = TAIL_BYTES;
        loop {
            let from = bytes.saturating_sub(wanted);
            file.seek(SeekFrom::Start(from))?;
            let mut text = Vec::new();
            file.take(bytes - from).read_to_end(&mut text)?;
            let tail = Self::read(&text, from == 0);
            match tail {
                Some(tail) => return Ok(tail),
                None => wanted = wanted.saturating_mul(8),
            }
        }
    }

    /// The end of `text`; none where what comes before it is needed.
    fn read(text: &[u8], is_all: bool) -> Option<Self> {
        let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        let last = lines.pop().unwrap_or_default();
        if !is_all && lines.is_empty() {
            return None;
        }
        let whole = chain::open(last);
        let torn = match (&whole, last) {
            (_, []) => Torn::No,
            (Some(_), _) => Torn::LineFeed,
            (None, torn) => Torn::Line(torn.to_owned()),
        };
        let before = lines.iter().rev();
        let head = whole.or_else(|| before.copied().find_map(chain::open));
        match (head, is_all) {
            (None, false) => None,
            (head, _) => Some(Self {
                head: head.map(|sealed| sealed.head),
                torn,
            }),
        }
    }
}
