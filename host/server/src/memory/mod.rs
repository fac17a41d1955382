//! The memory of past work, as this process uses it: a file that is opened when it is first wanted, so
//! that whoever never asks it does not wait for it.

mod programs;
mod recording;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::OnceCell;
use vesicle_memory::{
    Error, Memory, PostgresStore, PostgresUrl, Ranking, SqliteOptions, SqliteStore,
    embeddings::EmbeddingRules, store::DomainGrant,
};

pub use programs::ProgramMemory;
pub use recording::{RECORD_DOMAIN, Ran, Recorder};

/// What the configuration says of the memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// The file that it is kept in; none where the system tells no directory and nobody else does.
    pub file: Option<PathBuf>,
    /// The database that it is kept in, instead of a file.
    pub url: Option<PostgresUrl>,
    /// What whoever configures embeddings may choose.
    pub embeddings: EmbeddingRules,
    /// What programs may do with it.
    pub programs: Programs,
    /// What speaks for an episode, and how much.
    pub ranking: Ranking,
    /// The domains that programs see.
    pub domains: Vec<String>,
    /// The profiles whose calls are kept as episodes.
    pub record: Vec<String>,
}

impl MemoryConfig {
    /// That of an account: a file of its own beside that of all, or a schema of its own in the same database.
    pub fn of_account(&self, account: &str) -> Self {
        let own_file = |file: &PathBuf| {
            let directory = file.parent().unwrap_or(Path::new(""));
            let name = file.file_name().unwrap_or_default();
            directory.join("accounts").join(account).join(name)
        };
        Self {
            file: self.file.as_ref().map(own_file),
            url: self.url.as_ref().map(|url| url.of_account(account)),
            ..self.clone()
        }
    }
}

/// What programs may do with the memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Programs {
    /// Nothing.
    None,
    /// Ask it.
    #[default]
    Query,
    /// Ask it, and write into it.
    Record,
}

/// The memory, opened once. Clones share it.
#[derive(Debug, Clone)]
pub struct LazyMemory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: MemoryConfig,
    opened: OnceCell<Memory>,
}

impl LazyMemory {
    /// The memory of this configuration. Nothing is opened.
    pub fn new(config: MemoryConfig) -> Self {
        let opened = OnceCell::new();
        Self(Arc::new(Inner { config, opened }))
    }

    /// Whether there is one.
    pub fn is_enabled(&self) -> bool {
        self.0.config.enabled
    }

    /// What programs may do with it.
    pub fn programs(&self) -> Programs {
        self.0.config.programs
    }

    /// Whether calls of this profile are kept as episodes.
    pub fn records(&self, profile: &str) -> bool {
        self.is_enabled() && self.0.config.record.iter().any(|name| name == profile)
    }

    /// The memory. Opens it where nobody did; a failure is tried again by the next who asks.
    ///
    /// # Errors
    /// It is switched off, has no place, or cannot be opened.
    pub async fn open(&self) -> Result<&Memory, Error> {
        let opened = self.0.opened.get_or_try_init(|| async {
            let config = self.0.config.clone();
            let opened = tokio::task::spawn_blocking(move || open(&config)).await;
            let memory = opened.unwrap_or_else(|error| Err(Error::Store(error.to_string())))?;
            // What was configured may be gone; what is built in serves until somebody mends it.
            if let Err(error) = memory.restore_embeddings(self.embedding_rules()).await {
                tracing::warn!(%error, "texts are embedded by what is built in");
            }
            Ok(memory)
        });
        opened.await
    }

    /// The memory, if somebody opened it.
    pub fn opened(&self) -> Option<&Memory> {
        self.0.opened.get()
    }

    /// Asks it something small, so that whoever waits knows whether it answers.
    ///
    /// # Errors
    /// As [`Self::open`], or it does not answer.
    pub async fn check(&self) -> Result<(), Error> {
        self.open().await?.stats().await.map(drop)
    }

    /// What whoever configures embeddings may choose.
    pub fn embedding_rules(&self) -> &EmbeddingRules {
        &self.0.config.embeddings
    }

    /// Opens it on this thread, for a command that does nothing else.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_now(&self) -> Result<Memory, Error> {
        open(&self.0.config)
    }

    /// As programs may use it; none where they may not.
    pub fn for_programs(&self) -> Option<ProgramMemory> {
        let config = &self.0.config;
        let is_granted = config.enabled && config.programs != Programs::None;
        is_granted.then(|| {
            let domains = DomainGrant::new(config.domains.clone());
            ProgramMemory::new(self.clone(), domains, config.programs)
        })
    }
}

fn open(config: &MemoryConfig) -> Result<Memory, Error> {
    if !config.enabled {
        return Err(Error::Unavailable(
            "the memory is switched off; `enabled = true` under [memory] in vesicle.toml switches it on"
                .to_owned(),
        ));
    }
    if let Some(url) = &config.url {
        return ranked(Memory::new(Arc::new(PostgresStore::open(url)?))?, config);
    }
    let Some(file) = &config.file else {
        return Err(Error::Unavailable(
            "there is no user's data directory for the memory; give --data-dir, or set `file` under [memory] in vesicle.toml"
                .to_owned(),
        ));
    };
    let store = SqliteStore::open(file, &SqliteOptions::default())?;
    ranked(Memory::new(Arc::new(store))?, config)
}

fn ranked(memory: Memory, config: &MemoryConfig) -> Result<Memory, Error> {
    memory.set_ranking(config.ranking);
    Ok(memory)
}
