//! What the hosts of several machines share beside the memory: a schema of the same database, which has state, tokens,
//! sessions and the audit log. Each of them has its queries where it is used; here is the way there.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use vesicle_memory::{
    Result,
    database::{Link, Listening, PostgresUrl, Session, Tables, bring_up},
};

/// The schema, beside `vesicle_memory` and those of accounts.
const SCHEMA: &str = "vesicle_host";
/// One step from each version of the tables to the next.
const MIGRATIONS: [&str; 2] = [include_str!("schema-1.sql"), include_str!("schema-2.sql")];

/// The shared tables. Clones share what is connected, and nothing is connected before it is used.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    url: PostgresUrl,
    link: Mutex<Option<Arc<Link>>>,
    is_up_to_date: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.0.url).finish()
    }
}

impl Shared {
    /// The tables in the database that this URL leads to.
    pub fn new(url: &PostgresUrl) -> Self {
        Self(Arc::new(Inner {
            url: url.of_schema(SCHEMA),
            link: Mutex::default(),
            is_up_to_date: AtomicBool::new(false),
        }))
    }

    /// A connection that nobody else has. Waits on this thread.
    ///
    /// # Errors
    /// The database is not there, does not let us in, or a newer program made the tables.
    pub fn session(&self) -> Result<Session> {
        self.link()?.session()
    }

    /// The same, with a transaction that `sql` opens.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn begin(&self, sql: &str) -> Result<Session> {
        self.link()?.begin(sql)
    }

    /// Tells `each` what is told on a channel; see [`Link::listen`].
    ///
    /// # Errors
    /// The URL's certificates cannot be used.
    pub fn listen(
        &self,
        channel: &'static str,
        each: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Listening> {
        self.unready_link()?.listen(channel, each)
    }

    fn link(&self) -> Result<Arc<Link>> {
        let link = self.unready_link()?;
        // Several may find that it is not, and bring it up one after the other: the second changes nothing.
        if !self.0.is_up_to_date.load(Ordering::Acquire) {
            let tables = Tables {
                schema: SCHEMA,
                migrations: &MIGRATIONS,
            };
            bring_up(&link.session()?, tables, |_| Ok(()))?;
            self.0.is_up_to_date.store(true, Ordering::Release);
        }
        Ok(link)
    }

    fn unready_link(&self) -> Result<Arc<Link>> {
        let mut link = self.0.link.lock();
        if let Some(link) = &*link {
            return Ok(link.clone());
        }
        let made = Arc::new(Link::new(&self.0.url)?);
        *link = Some(made.clone());
        Ok(made)
    }
}
