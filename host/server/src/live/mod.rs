//! What runs now and what ended lately, for those who watch. Everything here is bounded, so that nobody who watches makes the
//! host larger, and whoever is slow misses something and is told how much.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Instant, SystemTime},
};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;

use crate::audit::{Begun, Ended, Who, shortened};

/// How many that ended are kept of each account.
pub const ENDED_MAX: usize = 200;
/// How many that run are told one by one of each account; the others are counted.
pub const RUNNING_MAX: usize = 100;

/// What happens in one process. Clones share it.
#[derive(Clone)]
pub struct Live(Option<Arc<Shared>>);

struct Shared {
    all: Mutex<All>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct All {
    /// The number of whatever happens next.
    next: u64,
    /// By account; those of nobody's under none.
    books: BTreeMap<Option<String>, Book>,
}

#[derive(Default)]
struct Book {
    running: BTreeMap<u64, Running>,
    running_count: u64,
    ended: VecDeque<Over>,
    /// How many ended in all.
    ended_count: u64,
    counts: Counts,
}

/// An execution under way.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    /// No two have the same.
    pub id: u64,
    /// The tool that runs it.
    pub tool: String,
    /// The profile that bounds it.
    pub profile: String,
    /// Whose it is.
    pub account: Option<String>,
    /// What the client calls itself.
    pub client: String,
    /// When it began, in milliseconds since 1970.
    pub began_ms: u64,
}

/// An execution that is over.
#[derive(Debug, Clone, Serialize)]
pub struct Over {
    /// Grows with each that ends.
    pub number: u64,
    /// What it was.
    #[serde(flatten)]
    pub was: Running,
    /// How it ended.
    pub status: &'static str,
    /// What kind of error, or which rule or limit.
    pub kind: Option<String>,
    /// How long it took, in microseconds, with the time that it waited.
    pub took_us: u64,
    /// The time of processors that it took, in microseconds.
    pub cpu_us: u64,
    /// The most memory that it had, in bytes.
    pub memory_bytes: u64,
    /// How many calls of capabilities it made.
    pub host_calls: u64,
}

/// What was counted since the host began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Executions that gave a result.
    pub succeeded: u64,
    /// Those that did not.
    pub failed: u64,
    /// Lists of tools that were sent.
    pub lists: u64,
    /// What tools answered to code, in bytes.
    pub answered_bytes: u64,
    /// What of it, and of all else that code made, came out of the sandbox, in bytes.
    pub told_bytes: u64,
    /// How much less came out than tools had answered, in bytes, summed over those where it was less.
    pub kept_bytes: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.lists += other.lists;
        self.answered_bytes += other.answered_bytes;
        self.told_bytes += other.told_bytes;
        self.kept_bytes += other.kept_bytes;
    }
}

/// Whose executions are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those of one account.
    Account(String),
}

/// What there is to see, from one moment on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sight {
    /// How many run.
    pub running_count: u64,
    /// Those that run, the latest last.
    pub running: Vec<Running>,
    /// Those that ended, the latest last.
    pub ended: Vec<Over>,
    /// How many more ended, which are not kept any more.
    pub omitted: u64,
    /// What was counted since the host began.
    pub counts: Counts,
}

/// Told when something changes.
pub struct Watcher {
    live: Live,
    changed: watch::Receiver<u64>,
    whose: Whose,
    /// The number of the first that was not looked at, and how many had ended by then.
    seen: (u64, u64),
}

impl Live {
    /// Nothing is kept.
    pub fn off() -> Self {
        Self(None)
    }

    /// Nothing has happened yet.
    pub fn on() -> Self {
        Self(Some(Arc::new(Shared {
            all: Mutex::default(),
            changed: watch::Sender::new(0),
        })))
    }

    /// An execution begins.
    pub(crate) fn begin(&self, begun: Begun<'_>, who: impl FnOnce() -> Who) -> Option<UnderWay> {
        let shared = self.0.as_ref()?;
        let who = who();
        let mut all = shared.all.lock();
        let id = all.number();
        let was = Running {
            id,
            tool: shortened(begun.tool),
            profile: shortened(begun.profile),
            account: who.account,
            client: shortened(&who.client),
            began_ms: since_1970(SystemTime::now()),
        };
        let book = all.books.entry(was.account.clone()).or_default();
        book.running_count += 1;
        if book.running.len() < RUNNING_MAX {
            book.running.insert(id, was.clone());
        }
        drop(all);
        shared.tell();
        Some(UnderWay {
            shared: shared.clone(),
            began: Instant::now(),
            was: Some(was),
        })
    }

    /// A list of tools was sent to this account.
    pub fn listed(&self, account: Option<&str>) {
        if let Some(shared) = &self.0 {
            let mut all = shared.all.lock();
            let account = account.map(str::to_owned);
            all.books.entry(account).or_default().counts.lists += 1;
        }
    }

    /// Whoever looks at these from now on.
    pub fn watch(&self, whose: Whose) -> Watcher {
        let changed = match &self.0 {
            Some(shared) => shared.changed.subscribe(),
            None => watch::Sender::new(0).subscribe(),
        };
        Watcher {
            live: self.clone(),
            changed,
            whose,
            seen: (0, 0),
        }
    }
}

impl Watcher {
    /// Waits until something happened that was not looked at. Without anything to watch this never comes.
    pub async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What there is to see now, and what ended since this was last asked.
    pub fn look(&mut self) -> Sight {
        let mut sight = Sight::default();
        let Some(shared) = &self.live.0 else {
            return sight;
        };
        self.changed.mark_unchanged();
        let all = shared.all.lock();
        let mut ended_count = 0;
        for (account, book) in &all.books {
            if let Whose::Account(name) = &self.whose
                && account.as_ref() != Some(name)
            {
                continue;
            }
            sight.running_count += book.running_count;
            sight.running.extend(book.running.values().cloned());
            let new = book.ended.iter().filter(|over| over.number >= self.seen.0);
            sight.ended.extend(new.cloned());
            sight.counts.add(&book.counts);
            ended_count += book.ended_count;
        }
        let next = all.next;
        drop(all);
        sight.running.sort_by_key(|running| running.id);
        sight.ended.sort_by_key(|over| over.number);
        let new = ended_count.saturating_sub(self.seen.1);
        // Of many accounts, all of which kept as many as they may.
        let more = sight.ended.len().saturating_sub(ENDED_MAX);
        sight.ended.drain(..more);
        sight.omitted = new.saturating_sub(sight.ended.len() as u64);
        let more = sight.running.len().saturating_sub(RUNNING_MAX);
        sight.running.drain(..more);
        self.seen = (next, ended_count);
        sight
    }
}

impl All {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

impl Shared {
    fn tell(&self) {
        // Nobody has to be told where nobody watches.
        if self.changed.receiver_count() > 0 {
            self.changed.send_modify(|count| *count += 1);
        }
    }

    fn ended(&self, was: Running, ended: &Ended, answered_bytes: Option<u64>, began: Instant) {
        let mut all = self.all.lock();
        let number = all.number();
        let Some(book) = all.books.get_mut(&was.account) else {
            return;
        };
        book.running_count = book.running_count.saturating_sub(1);
        book.running.remove(&was.id);
        match ended.status {
            "success" => book.counts.succeeded += 1,
            _ => book.counts.failed += 1,
        }
        if let (Some(answered), Some(told)) = (answered_bytes, ended.told_bytes())
            && answered > 0
        {
            book.counts.answered_bytes += answered;
            book.counts.told_bytes += told;
            book.counts.kept_bytes += answered.saturating_sub(told);
        }
        let resources = ended.resources();
        book.ended_count += 1;
        if book.ended.len() == ENDED_MAX {
            book.ended.pop_front();
        }
        book.ended.push_back(Over {
            number,
            was,
            status: ended.status,
            kind: ended.kind(),
            took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            cpu_us: resources.cpu_time_us,
            memory_bytes: resources.memory_peak_bytes,
            host_calls: resources.host_calls,
        });
        drop(all);
        self.tell();
    }
}

/// An execution under way. One that is dropped before its end was abandoned.
pub struct UnderWay {
    shared: Arc<Shared>,
    began: Instant,
    was: Option<Running>,
}

impl UnderWay {
    /// It ended so, after tools had answered it this much, where that is known.
    pub(crate) fn end(mut self, ended: &Ended, answered_bytes: Option<u64>) {
        if let Some(was) = self.was.take() {
            self.shared.ended(was, ended, answered_bytes, self.began);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(was) = self.was.take() {
            let ended = Ended::otherwise("abandoned");
            self.shared.ended(was, &ended, None, self.began);
        }
    }
}

fn since_1970(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
