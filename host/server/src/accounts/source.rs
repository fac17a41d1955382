//! The tokens as a host that runs knows them: as the file stands in each request, or as the database last said.
//!
//! Asking a database in each request would take longer than the rest of the request, so that its tokens are kept, and read again
//! when another host tells of a change, or when the counter of changes is found to be another, which is looked at every
//! [`CONFIRM_EVERY`]. Where the database does not answer, what was known holds for [`STALE_MAX`]: a failover of the
//! database takes some seconds to a minute, and cutting everybody off for it would make each failover an outage of
//! what needs no database. After that nobody is let in, since a token that was revoked must end.

use std::{
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use vesicle_memory::database::Listening;

use super::{
    TokenPlace, TokensError,
    place::Tokens,
    table::{self, CHANNEL},
};
use crate::shared::Shared;

/// How often the database is asked whether tokens changed, beside being told.
const CONFIRM_EVERY: Duration = Duration::from_secs(5);
/// How long after a failure it is asked again.
const RETRY: Duration = Duration::from_secs(1);
/// How long what was last known holds while the database does not answer.
pub const STALE_MAX: Duration = Duration::from_secs(60);

/// Where tokens come from.
pub enum Source {
    File(Box<Watched>),
    Database(Followed),
}

impl Source {
    /// The tokens of this place. A database is asked from now on; until it answers, nobody is let in.
    pub fn new(place: &TokenPlace) -> Result<Self, TokensError> {
        Ok(match place {
            TokenPlace::File(path) => Self::File(Box::new(Watched {
                path: path.clone(),
                read: Mutex::default(),
            })),
            TokenPlace::Database(url) => Self::Database(Followed::start(Shared::new(url))?),
        })
    }

    /// As they stand now.
    pub fn tokens(&self) -> Result<Arc<Tokens>, TokensError> {
        match self {
            Self::File(watched) => watched.tokens(),
            Self::Database(followed) => followed.known.tokens(Instant::now()),
        }
    }
}

/// A file that is read again when it changes.
pub struct Watched {
    path: PathBuf,
    read: Mutex<Option<(Option<Stamp>, Arc<Tokens>)>>,
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Watched {
    fn tokens(&self) -> Result<Arc<Tokens>, TokensError> {
        let stamp = std::fs::metadata(&self.path).ok().map(|metadata| Stamp {
            inode: metadata.ino(),
            length: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        });
        let mut read = self.read.lock();
        if let Some((of, tokens)) = &*read
            && *of == stamp
        {
            return Ok(tokens.clone());
        }
        let tokens = Arc::new(TokenPlace::File(self.path.clone()).read()?);
        *read = Some((stamp, tokens.clone()));
        Ok(tokens)
    }
}

/// What the database last said, and who listens to it. The thread ends when this is dropped.
pub struct Followed {
    known: Arc<Known>,
    _listening: Listening,
}

/// None before the database answered.
#[derive(Default)]
struct Known(Mutex<Option<Heard>>);

struct Heard {
    confirmed: Instant,
    seq: i64,
    tokens: Arc<Tokens>,
}

impl Known {
    fn tokens(&self, now: Instant) -> Result<Arc<Tokens>, TokensError> {
        let heard = self.0.lock();
        let heard = heard.as_ref().ok_or(TokensError::Unasked)?;
        let silent = now.saturating_duration_since(heard.confirmed);
        match silent > STALE_MAX {
            false => Ok(heard.tokens.clone()),
            true => Err(TokensError::Stale {
                seconds: silent.as_secs(),
            }),
        }
    }

    /// Asks the database whether it is all as it was, and for everything where not.
    fn confirm(&self, shared: &Shared) -> Result<(), TokensError> {
        // Before it is asked: what changes afterwards is not known.
        let asked = Instant::now();
        let seq = table::seq(shared)?;
        if let Some(heard) = &mut *self.0.lock()
            && heard.seq == seq
        {
            heard.confirmed = asked;
            return Ok(());
        }
        let (seq, tokens) = table::all(shared)?;
        *self.0.lock() = Some(Heard {
            confirmed: asked,
            seq,
            tokens: Arc::new(tokens),
        });
        Ok(())
    }
}

impl Followed {
    fn start(shared: Shared) -> Result<Self, TokensError> {
        let known = Arc::new(Known::default());
        let asked = known.confirm(&shared);
        if let Err(error) = &asked {
            tracing::error!(%error, "nobody is let in before the tokens can be read");
        }
        let is_away = asked.is_err();
        let (wake, woken) = mpsc::channel();
        let listening = shared.listen(CHANNEL, move |_| {
            // Nobody waits any more where the host is ending.
            let _ = wake.send(());
        })?;
        let following = known.clone();
        thread::Builder::new()
            .name("tokens".to_owned())
            .spawn(move || follow(&following, &shared, &woken, is_away))
            .map_err(|error| {
                vesicle_memory::Error::Unavailable(format!("no thread can be started: {error}"))
            })?;
        Ok(Self {
            known,
            _listening: listening,
        })
    }
}

fn follow(known: &Known, shared: &Shared, woken: &Receiver<()>, mut is_away: bool) {
    loop {
        let patience = if is_away { RETRY } else { CONFIRM_EVERY };
        match woken.recv_timeout(patience) {
            Err(RecvTimeoutError::Disconnected) => return,
            // What was told several times is asked once.
            Ok(()) | Err(RecvTimeoutError::Timeout) => while woken.try_recv().is_ok() {},
        }
        let confirmed = known.confirm(shared);
        match (&confirmed, is_away) {
            (Err(error), false) => {
                tracing::error!(%error, seconds = STALE_MAX.as_secs(), "changes of tokens are not seen; after some time nobody is let in");
            }
            (Ok(()), true) => tracing::warn!("changes of tokens are seen again"),
            _ => {}
        }
        is_away = confirmed.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_holds_for_a_bounded_time() {
        let confirmed = Instant::now();
        let known = Known::default();
        assert!(matches!(known.tokens(confirmed), Err(TokensError::Unasked)));
        *known.0.lock() = Some(Heard {
            confirmed,
            seq: 0,
            tokens: Arc::default(),
        });
        assert!(known.tokens(confirmed + STALE_MAX).is_ok());
        let late = confirmed + STALE_MAX + Duration::from_secs(1);
        let error = known.tokens(late).unwrap_err().to_string();
        assert_eq!(
            error,
            "the database with the tokens has not answered for 61 s"
        );
    }
}
