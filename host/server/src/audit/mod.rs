//! The audit log: one line for each execution, each chained to the line before, so that a line that
//! was changed, removed, inserted or moved afterwards can be found.
//!
//! What is logged is in `entry.rs`, how lines are chained in `chain.rs`, how they get to the disk in
//! `writer.rs` and `log.rs`.

mod calls;
mod chain;
mod entry;
mod log;
mod memories;
mod requests;
mod shown;
mod table;
mod tail;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime},
};

use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use vesicle_sandbox::Execution;

use calls::{Noted, Watched};
use entry::{Code, Entry, NAME_BYTES_MAX, Note, Payloads, RefusalNote, RefusedWho, ServerNote};
use memories::WatchedMemories;
use requests::WatchedRequests;
use writer::{Queue, Slot};

use crate::live::{Live, UnderWay};

pub use blake3::Hash;
pub use entry::{Ended, RefusedRequests, Who, cut, shortened};
pub use log::{Rotation, name as file_name, numbers as file_numbers};
pub use shown::shown;
pub use table::{AuditTable, TableReader};
pub use tail::{TableTail, Tail};
pub use verify::{PROBLEMS_MAX, Place, Report, verify, verify_table};
pub use writer::Redact;

/// The longest text about one tool of a server, in bytes.
const NOTE_BYTES_MAX: usize = 1 << 10;

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where; not used with a table.
    pub dir: PathBuf,
    /// The database that has it in place of a directory.
    pub table: Option<AuditTable>,
    /// In files of what size, and how many.
    pub rotation: Rotation,
    /// Whether a result waits until its line is on the disk.
    pub sync: bool,
    /// What a line that cannot be written means for the execution.
    pub on_failure: OnFailure,
    /// Whether code, inputs and outputs are logged.
    pub payloads: bool,
}

impl Settings {
    /// Where it is, for people.
    fn place(&self) -> String {
        match &self.table {
            Some(table) => table.url.to_string(),
            None => self.dir.display().to_string(),
        }
    }
}

/// What a log that cannot be written means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// A warning, and a line about the gap when it can be written again.
    Warn,
    /// Nothing is run.
    Refuse,
}

/// Nothing may be run, or no result be given, because it could not be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what}, because {why}; this is a fault of the server, not of the code. \
     `on_failure = \"warn\"` under [audit] in vesicle.toml would go on without"
)]
pub struct Refused {
    what: &'static str,
    why: String,
}

/// The log of one session. Clones share it.
#[derive(Clone)]
pub struct Audit {
    log: Option<Arc<Shared>>,
    live: Live,
}

struct Shared {
    queue: Queue,
    settings: Settings,
    session: Arc<str>,
}

/// What is about to run.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'b> {
    /// The tool, or the command.
    pub tool: &'b str,
    /// The name of the profile.
    pub profile: &'b str,
    /// The program.
    pub code: &'b str,
    /// Its input.
    pub input: &'b RawValue,
}

impl Audit {
    /// No log.
    pub fn off() -> Self {
        Self {
            log: None,
            live: Live::off(),
        }
    }

    /// This log, with `live` told what is begun and how it ends.
    pub fn watched(self, live: Live) -> Self {
        Self { live, ..self }
    }

    /// What is told of it as it happens.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// How it is kept; nothing where there is none.
    pub fn settings(&self) -> Option<&Settings> {
        self.log.as_ref().map(|shared| &shared.settings)
    }

    /// Opens the log for a session of its own. What cannot be opened is what cannot be written: see
    /// [`OnFailure`].
    ///
    /// # Errors
    /// The system gives no thread, or no randomness for the session's id.
    pub fn start(settings: Settings, redact: Redact) -> std::io::Result<Self> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(std::io::Error::other)?;
        let log = Arc::new(Shared {
            queue: Queue::start(&settings, redact)?,
            settings,
            session: format!("{:032x}", u128::from_be_bytes(id)).into(),
        });
        Ok(Self {
            log: Some(log),
            live: Live::off(),
        })
    }

    /// Begins to log an execution.
    ///
    /// # Errors
    /// The log cannot be written, and nothing may run without it.
    pub fn begin(&self, begun: Begun<'_>, who: impl FnOnce() -> Who) -> Result<Recording, Refused> {
        let Some(shared) = &self.log else {
            let live = self.live.begin(begun, who);
            return Ok(Recording { open: None, live });
        };
        let slot = match shared.settings.on_failure {
            OnFailure::Warn => None,
            OnFailure::Refuse => Some(admit(&shared.queue)?),
        };
        let who = who();
        let live = self.live.begin(begun, || who.clone());
        let entry = Box::new(Entry {
            time: SystemTime::now(),
            kind: "execution",
            who: Who {
                client: cut(&who.client, NAME_BYTES_MAX),
                version: who.version.map(|version| cut(&version, NAME_BYTES_MAX)),
                account: who.account,
            },
            session: shared.session.clone(),
            tool: begun.tool.to_owned(),
            profile: begun.profile.to_owned(),
            code: Code {
                blake3: blake3::hash(begun.code.as_bytes()),
                bytes: begun.code.len(),
            },
            grants: Vec::new(),
            calls: Vec::new(),
            calls_omitted: 0,
            outcome: Ended::otherwise("abandoned"),
            resources: Default::default(),
            ms: 0.0,
            payloads: (shared.settings.payloads).then(|| Payloads::of(begun.code, begun.input)),
            details_omitted: false,
        });
        let open = Open {
            shared: shared.clone(),
            slot,
            began: Instant::now(),
            noted: Arc::default(),
            entry,
        };
        Ok(Recording {
            open: Some(open),
            live,
        })
    }

    /// Logs what is odd about the tools of a server, and which of them are held back. A log that
    /// cannot be written is told by the next execution.
    pub fn note_server(&self, server: &str, odd: &[String], held: &[String]) {
        let Some(shared) = &self.log else {
            return;
        };
        let Some(slot) = Slot::take(shared.queue.state()) else {
            return shared.queue.lose();
        };
        let cut = |texts: &[String]| texts.iter().map(|text| cut(text, NOTE_BYTES_MAX)).collect();
        let note = Note::Server(ServerNote {
            time: SystemTime::now(),
            kind: "server",
            session: shared.session.clone(),
            server: server.to_owned(),
            odd: cut(odd),
            held: cut(held),
        });
        shared.queue.note(slot, Box::new(note));
    }

    /// Logs requests that were refused before anything ran. A log that cannot be written is told by the next execution.
    pub fn note_refused(&self, refused: RefusedRequests<'_>) {
        let Some(shared) = &self.log else {
            return;
        };
        let Some(slot) = Slot::take(shared.queue.state()) else {
            return shared.queue.lose();
        };
        let note = Note::Refusal(RefusalNote {
            time: SystemTime::now(),
            kind: "refusal",
            session: shared.session.clone(),
            who: RefusedWho {
                account: refused.account.map(str::to_owned),
                address: refused.address,
            },
            reason: refused.reason,
            count: refused.count,
        });
        shared.queue.note(slot, Box::new(note));
    }

    /// Waits, for some seconds at most, until all lines are written.
    pub fn flush(&self) {
        if let Some(shared) = &self.log {
            shared.queue.flush();
        }
    }
}

fn admit(queue: &Queue) -> Result<Slot, Refused> {
    let refused = |why| Refused {
        what: "the code was not run",
        why,
    };
    match queue.state().failure() {
        Some(why) => Err(refused(why)),
        None => Slot::take(queue.state())
            .ok_or_else(|| refused("too many audit lines wait to be written".to_owned())),
    }
}

/// An execution that is being logged. One that is dropped before its end is logged as abandoned.
#[must_use = "an execution that nobody ends is logged as abandoned"]
pub struct Recording {
    open: Option<Open>,
    live: Option<UnderWay>,
}

struct Open {
    shared: Arc<Shared>,
    slot: Option<Slot>,
    began: Instant,
    noted: Arc<Mutex<Noted>>,
    entry: Box<Entry>,
}

impl Recording {
    /// Has what `execution` asks of the host watched, if there is a log.
    pub fn watch(&self, execution: &mut Execution) {
        let Some(open) = &self.open else {
            return;
        };
        let payloads = open.shared.settings.payloads;
        execution.tools = Arc::new(Watched::new(
            execution.tools.clone(),
            open.noted.clone(),
            payloads,
        ));
        execution.memories = Arc::new(WatchedMemories {
            memories: execution.memories.clone(),
            noted: open.noted.clone(),
            payloads,
        });
        let network = std::mem::take(&mut execution.network);
        execution.network = network.watched(Arc::new(WatchedRequests(open.noted.clone())));
    }

    /// Whether [`Ended::of`] should keep what came out.
    pub fn wants_payloads(&self) -> bool {
        (self.open.as_ref()).is_some_and(|open| open.shared.settings.payloads)
    }

    /// What tools answered the execution, in bytes; nothing where that is not noted.
    fn answered_bytes(&self) -> Option<u64> {
        let noted = self.open.as_ref()?.noted.lock();
        let calls = noted.calls.iter().filter(|call| call.call == "call");
        Some(calls.map(|call| call.bytes_in as u64).sum())
    }

    /// The execution ended so. With `sync` this returns when the line is on the disk.
    ///
    /// # Errors
    /// The line could not be written, and no result may be given without it.
    pub async fn end(mut self, ended: Ended) -> Result<(), Refused> {
        if let Some(live) = self.live.take() {
            live.end(&ended, self.answered_bytes());
        }
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let (sync, on_failure) = (open.shared.settings.sync, open.shared.settings.on_failure);
        let written = match sync {
            true => {
                let (written, wait) = oneshot::channel();
                open.push(ended, Some(written));
                wait.await
                    .unwrap_or_else(|_| Err("its audit line was lost".to_owned()))
            }
            false => {
                open.push(ended, None);
                Ok(())
            }
        };
        match (written, on_failure) {
            (Err(why), OnFailure::Refuse) => Err(Refused {
                what: "the code was run, but its result is kept back",
                why,
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Its guard tells those who watch that it was abandoned.
        drop(self.live.take());
        if let Some(open) = self.open.take() {
            open.push(Ended::otherwise("abandoned"), None);
        }
    }
}

impl Open {
    fn push(self, mut ended: Ended, written: Option<oneshot::Sender<Result<(), String>>>) {
        let Self {
            shared,
            slot,
            began,
            noted,
            mut entry,
        } = self;
        let Some(slot) = slot.or_else(|| Slot::take(shared.queue.state())) else {
            return shared.queue.lose();
        };
        let noted = std::mem::take(&mut *noted.lock());
        entry.time = SystemTime::now();
        entry.ms = began.elapsed().as_micros() as f64 / 1_000.0;
        entry.note(noted.calls, noted.omitted);
        entry.resources = ended.resources;
        if let (Some(payloads), Some(printed)) = (&mut entry.payloads, ended.printed.take()) {
            payloads.output = printed.output;
            payloads.stdout = printed.stdout;
            payloads.stderr = printed.stderr;
        }
        entry.outcome = ended;
        shared.queue.push(slot, entry, written);
    }
}
