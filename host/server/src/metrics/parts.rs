//! Whether the parts of the host are well: tried when somebody asks, and what came of it holds for a moment.

use std::{
    future::Future,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::{lazy::LazySandbox, memory::LazyMemory};

/// How long one part of the host may take to say how it is.
const CHECK_MAX: Duration = Duration::from_secs(5);
/// How long what it said holds.
const CHECKED_FOR: Duration = Duration::from_secs(1);
/// What has to be free where the host keeps what lasts, in bytes.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// What those are told who may not know what is wrong: it may name paths and databases.
const NOT_WELL: &str = "not well; its operator finds the reason in the log";

/// How a part is.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name: `engine`, `memory` or `disk`.
    pub name: &'static str,
    /// How long it took to say so.
    pub took: Duration,
    /// What is wrong with it.
    pub state: Result<(), String>,
}

impl Part {
    /// The same, for somebody who is or is not told what is wrong.
    pub fn told(mut self, all: bool) -> Self {
        if !all {
            self.state = self.state.map_err(|_| NOT_WELL.to_owned());
        }
        self
    }
}

/// What is looked at.
pub struct Parts {
    pub sandbox: LazySandbox,
    pub memory: LazyMemory,
    pub data_directory: Option<PathBuf>,
    /// What they came to, and when.
    last: Mutex<Option<(Instant, Vec<Part>)>>,
}

impl Parts {
    /// Nothing was looked at yet.
    pub fn new(sandbox: LazySandbox, memory: LazyMemory, data_directory: Option<PathBuf>) -> Self {
        Self {
            sandbox,
            memory,
            data_directory,
            last: Mutex::default(),
        }
    }

    /// How the parts are. Anybody may ask, so that many who do get one answer.
    pub async fn checked(&self) -> Vec<Part> {
        let mut last = self.last.lock().await;
        if let Some((when, parts)) = &*last
            && when.elapsed() < CHECKED_FOR
        {
            return parts.clone();
        }
        let parts = vec![
            part("engine", self.engine()).await,
            part("memory", self.memory()).await,
            part("disk", self.disk()).await,
        ];
        *last = Some((Instant::now(), parts.clone()));
        parts
    }

    async fn engine(&self) -> Result<(), String> {
        let ready = self.sandbox.ready().await;
        ready.map_err(|error| error.to_string())
    }

    async fn memory(&self) -> Result<(), String> {
        match self.memory.is_enabled() {
            false => Ok(()),
            true => self.memory.check().await.map_err(|error| error.to_string()),
        }
    }

    async fn disk(&self) -> Result<(), String> {
        self.data_directory.as_deref().map_or(Ok(()), has_room)
    }
}

async fn part(name: &'static str, check: impl Future<Output = Result<(), String>>) -> Part {
    let began = Instant::now();
    let checked = tokio::time::timeout(CHECK_MAX, check).await;
    let late = || Err(format!("no answer within {} s", CHECK_MAX.as_secs()));
    let state = checked.unwrap_or_else(|_| late());
    if let Err(why) = &state {
        tracing::warn!(part = name, why, "a part of the host is not well");
    }
    Part {
        name,
        took: began.elapsed(),
        state,
    }
}

/// Whether there is room for what the host writes.
///
/// # Errors
/// There is not, in words.
pub fn has_room(directory: &Path) -> Result<(), String> {
    // It is made when something is first written there.
    let there = directory.ancestors().find(|directory| directory.is_dir());
    let Some(there) = there else {
        return Err(format!("`{}` is not there", directory.display()));
    };
    let found = rustix::fs::statvfs(there);
    let found = found.map_err(|error| format!("`{}`: {error}", there.display()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    match free >= FREE_BYTES_MIN {
        true => Ok(()),
        false => Err(format!(
            "`{}` has {} MB left, and should have {}",
            there.display(),
            free >> 20,
            FREE_BYTES_MIN >> 20
        )),
    }
}
