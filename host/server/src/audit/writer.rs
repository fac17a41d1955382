//! The thread that writes lines, so that no call waits for a disk.
//!
//! Lines wait in a queue that is bounded in lines and in bytes. The thread takes all there are,
//! writes them at once, and then pauses for a moment: while it pauses, handing over a line is a
//! push, without waking anybody.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use super::{
    OnFailure, Settings,
    entry::{self, Entry, Note},
    log::Log,
    table::Table,
};

/// How many lines may wait to be written.
pub const QUEUE_LINES_MAX: usize = 16_384;
/// How many bytes the host calls and payloads of waiting lines may take. Lines beyond go without.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;
/// How many lines are written at once.
const BATCH_LINES_MAX: usize = 512;
/// How long lines may gather before they are written, without `sync`.
const GATHER: Duration = Duration::from_millis(5);
/// How long after a failure the next attempt is made.
const RETRY: Duration = Duration::from_millis(500);
/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_secs(5);

/// Told when a line was written, or why it was not.
type Written = oneshot::Sender<Result<(), String>>;

enum Message {
    Line(Slot, Box<Entry>, Option<Written>),
    Note(Slot, Box<Note>),
    Flush(Sender<()>),
}

/// What callers and the thread both see.
#[derive(Debug, Default)]
pub struct State {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    /// Lines that found no room.
    lost: AtomicUsize,
    is_failing: AtomicBool,
    failure: Mutex<String>,
}

impl State {
    /// Why lines cannot be written at present.
    pub fn failure(&self) -> Option<String> {
        // Ordering: the text is behind a lock of its own.
        self.is_failing
            .load(Ordering::Relaxed)
            .then(|| self.failure.lock().clone())
    }

    fn set_failure(&self, failure: Option<String>) {
        self.is_failing.store(failure.is_some(), Ordering::Relaxed);
        if let Some(failure) = failure {
            *self.failure.lock() = failure;
        }
    }
}

/// A place in the queue, free again when this is dropped.
#[derive(Debug)]
pub struct Slot {
    state: Arc<State>,
    bytes: usize,
}

impl Slot {
    /// One, if there is one.
    pub fn take(state: &Arc<State>) -> Option<Self> {
        // Counted first; where that was too much, the drop takes it back.
        let lines = state.lines.fetch_add(1, Ordering::Relaxed);
        let slot = Self {
            state: state.clone(),
            bytes: 0,
        };
        (lines < QUEUE_LINES_MAX).then_some(slot)
    }

    /// Counts the `bytes` of a line, or has them left out.
    pub(super) fn weigh(&mut self, bytes: usize, omit: impl FnOnce()) {
        if bytes == 0 {
            return;
        }
        match self.state.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES_MAX {
            true => self.bytes = bytes,
            false => {
                self.state.bytes.fetch_sub(bytes, Ordering::Relaxed);
                omit();
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.state.lines.fetch_sub(1, Ordering::Relaxed);
        self.state.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Where lines are handed over. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Queue {
    state: Arc<State>,
    to: Sender<Message>,
}

impl Queue {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(settings: &Settings, redact: Redact) -> std::io::Result<Self> {
        let (to, from) = mpsc::channel();
        let state = Arc::<State>::default();
        let mut writer = Writer {
            settings: settings.clone(),
            redact,
            state: state.clone(),
            log: None,
            objects: Vec::new(),
            slots: Vec::new(),
            lost: 0,
        };
        // Before the first call, which may depend on it.
        let opened = writer.open();
        // What is wrong is told, and asked for, by others.
        let _ = writer.judge(opened);
        thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run(&from))?;
        Ok(Self { state, to })
    }

    /// How it is.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Hands over a line.
    pub fn push(&self, mut slot: Slot, mut entry: Box<Entry>, written: Option<Written>) {
        slot.weigh(entry.size(), || entry.omit_details());
        // The thread lives as long as this does.
        let _ = self.to.send(Message::Line(slot, entry, written));
    }

    /// Hands over a line that is about no execution.
    pub fn note(&self, slot: Slot, note: Box<Note>) {
        let _ = self.to.send(Message::Note(slot, note));
    }

    /// Counts a line that found no slot.
    pub fn lose(&self) {
        if self.state.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(
                lines = QUEUE_LINES_MAX,
                "audit lines are lost: the queue to the disk is full"
            );
        }
    }

    /// Waits until what was handed over so far is written, or cannot be; not longer than `FLUSH`.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        let sent = self.to.send(Message::Flush(done)).is_ok();
        if !sent || wait.recv_timeout(FLUSH).is_err() {
            tracing::error!("the last audit lines were not written in time");
        }
    }
}

/// What takes secrets out of a line before it is written.
pub type Redact = Arc<dyn Fn(String) -> String + Send + Sync>;

/// Where lines go to, open.
enum Open {
    Files(Log),
    Table(Table),
}

impl Open {
    fn new(settings: &Settings) -> std::io::Result<Self> {
        let Settings {
            dir,
            rotation,
            table,
            ..
        } = settings;
        Ok(match table {
            Some(table) => {
                let bytes_max = rotation.file_bytes_max.saturating_mul(rotation.files_max);
                Self::Table(Table::open(table, bytes_max)?)
            }
            None => Self::Files(Log::open(dir, *rotation)?),
        })
    }

    /// Takes those out of `objects` that were written.
    fn append(&mut self, objects: &mut Vec<String>, durable: bool) -> std::io::Result<()> {
        match self {
            Self::Files(log) => log.append(objects, durable),
            Self::Table(table) => table.append(objects),
        }
    }
}

struct Writer {
    settings: Settings,
    redact: Redact,
    state: Arc<State>,
    log: Option<Open>,
    /// Lines that wait for their hashes. With `refuse` they stay until they can be written.
    objects: Vec<String>,
    /// The places of these.
    slots: Vec<Slot>,
    /// How many lines were lost and are not accounted for in the log.
    lost: usize,
}

impl Writer {
    fn run(mut self, from: &Receiver<Message>) {
        loop {
            let is_failing = self.state.is_failing.load(Ordering::Relaxed);
            let room = BATCH_LINES_MAX.saturating_sub(self.objects.len());
            let first = match (room, is_failing) {
                // The rest stays in the queue, so that its bound counts.
                (0, _) => {
                    thread::sleep(RETRY);
                    None
                }
                (_, true) => match from.recv_timeout(RETRY) {
                    Err(RecvTimeoutError::Disconnected) => return,
                    received => received.ok(),
                },
                (_, false) => match from.recv() {
                    Err(mpsc::RecvError) => return,
                    received => received.ok(),
                },
            };
            let more = std::iter::from_fn(|| from.try_recv().ok());
            let batch: Vec<Message> = first.into_iter().chain(more).take(room).collect();
            let mut waiting = Vec::new();
            let mut flushed = Vec::new();
            let pause = !self.settings.sync && !batch.is_empty();
            for message in batch {
                match message {
                    Message::Line(slot, entry, written) => {
                        self.take(slot, &*entry);
                        waiting.extend(written);
                    }
                    Message::Note(slot, note) => self.take(slot, &*note),
                    Message::Flush(done) => flushed.push(done),
                }
            }
            let result = self.write();
            for written in waiting {
                let _ = written.send(result.clone());
            }
            let pause = pause && flushed.is_empty();
            for done in flushed {
                let _ = done.send(());
            }
            if pause {
                thread::sleep(GATHER);
            }
        }
    }

    /// A line out of the queue.
    fn take(&mut self, slot: Slot, entry: &impl Serialize) {
        match serde_json::to_string(entry) {
            Ok(object) => {
                self.objects.push((self.redact)(object));
                self.slots.push(slot);
            }
            Err(error) => {
                tracing::error!(%error, "an audit line cannot be told as JSON");
                self.lost += 1;
            }
        }
    }

    fn open(&mut self) -> std::io::Result<()> {
        if self.log.is_none() {
            self.log = Some(Open::new(&self.settings)?);
        }
        Ok(())
    }

    /// Writes what there is.
    fn write(&mut self) -> Result<(), String> {
        self.lost += self.state.lost.swap(0, Ordering::Relaxed);
        let mut objects = mem::take(&mut self.objects);
        let gap = mem::take(&mut self.lost);
        if gap > 0 {
            let time = entry::now();
            objects.insert(
                0,
                format!(r#"{{"time":"{time}","kind":"gap","lost":{gap}}}"#),
            );
        }
        let all = objects.len();
        let written = match (self.open(), &mut self.log) {
            (Ok(()), Some(log)) => log.append(&mut objects, self.settings.sync),
            (opened, _) => opened,
        };
        if gap > 0 && objects.len() == all {
            objects.remove(0);
            self.lost = gap;
        }
        if written.is_err() && self.settings.on_failure == OnFailure::Warn {
            self.lost += objects.len();
            objects.clear();
        }
        self.slots.drain(..self.slots.len() - objects.len());
        self.objects = objects;
        self.judge(written)
    }

    /// Tells of the first failure and of its end.
    fn judge(&mut self, written: std::io::Result<()>) -> Result<(), String> {
        let failed_before = self.state.failure().is_some();
        let place = self.settings.place();
        match written {
            Ok(()) => {
                if failed_before {
                    tracing::warn!(place, "the audit log is written again");
                }
                self.state.set_failure(None);
                Ok(())
            }
            Err(error) => {
                self.log = None;
                let failure = format!("the audit log in `{place}` cannot be written: {error}");
                if !failed_before {
                    tracing::error!(place, %error, "the audit log cannot be written");
                }
                self.state.set_failure(Some(failure.clone()));
                Err(failure)
            }
        }
    }
}
