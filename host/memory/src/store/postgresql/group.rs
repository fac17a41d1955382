//! Group commit: what several threads of a host write at the same time becomes durable together, with one wait for the
//! server's disk. As with SQLite, whoever comes first commits for all who joined; see `sqlite/group.rs`.
//!
//! Other hosts wait while a group is open. It ends as soon as all who waited when it began have done their work.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};

use super::link::{Link, Session};
use super::read;
use super::transaction::Tx;
use crate::store::WriteWork;
use crate::{Error, Result};

/// How the transaction of a group ended, once it has.
type End = Arc<OnceLock<Option<Error>>>;

/// All who write on this host.
#[derive(Debug)]
pub struct Group {
    link: Arc<Link>,
    open: Mutex<Option<Open>>,
}

/// A transaction that several share.
#[derive(Debug)]
struct Open {
    session: Session,
    end: End,
    seq: i64,
    began_at: i64,
}

impl Group {
    pub fn new(link: Arc<Link>) -> Self {
        let open = Mutex::default();
        Self { link, open }
    }

    /// Does the work in a transaction, with others', and returns once that is durable.
    pub fn write(&self, has_pgvector: bool, work: &mut WriteWork<'_>) -> Result<()> {
        let mut open = self.open.lock();
        let end = self.begin(&mut open)?;
        // Whatever becomes of the work, the group must end: other hosts wait for it.
        let done = catch_unwind(AssertUnwindSafe(|| {
            within_savepoint(&mut open, has_pgvector, work)
        }));
        let done = match done {
            Ok(done) => Ok(done),
            Err(panic) => {
                take_back(&mut open);
                Err(panic)
            }
        };
        MutexGuard::unlock_fair(open);
        let mut open = self.open.lock();
        commit(&mut open, &end);
        drop(open);
        match done {
            Ok(done) => done?,
            Err(panic) => resume_unwind(panic),
        }
        match end.get() {
            Some(None) => Ok(()),
            Some(Some(error)) => Err(error.again()),
            None => Err(Error::Store("a group did not end".to_owned())),
        }
    }

    fn begin(&self, open: &mut Option<Open>) -> Result<End> {
        if let Some(open) = open {
            return Ok(Arc::clone(&open.end));
        }
        let session = self.link.begin("BEGIN")?;
        let (seq, _) = read::lock(&session)?;
        let end = End::default();
        *open = Some(Open {
            session,
            end: Arc::clone(&end),
            seq,
            began_at: seq,
        });
        Ok(end)
    }
}

fn within_savepoint(
    open: &mut Option<Open>,
    has_pgvector: bool,
    work: &mut WriteWork<'_>,
) -> Result<()> {
    let Some(group) = open else {
        return Err(Error::Store("a group ended too early".to_owned()));
    };
    let done = group.session.batch("SAVEPOINT work").and_then(|()| {
        let mut tx = Tx::writing(&group.session, group.seq, has_pgvector);
        work(&mut tx)?;
        let seq = tx.seq();
        group.session.batch("RELEASE work")?;
        group.seq = seq;
        Ok(())
    });
    if done.is_err() {
        take_back(open);
    }
    done
}

/// Takes back what was done since the savepoint. Where that cannot be done, all of the group are told.
fn take_back(open: &mut Option<Open>) {
    if let Some(group) = open
        && let Err(error) = group.session.batch("ROLLBACK TO work; RELEASE work")
        && let Some(group) = open.take()
    {
        let _ = group.end.set(Some(error));
    }
}

/// Commits the group unless that was done already.
fn commit(open: &mut Option<Open>, end: &End) {
    let is_mine = open
        .as_ref()
        .is_some_and(|open| Arc::ptr_eq(&open.end, end));
    if !is_mine {
        return;
    }
    let Some(group) = open.take() else {
        return;
    };
    let sql = if group.seq > group.began_at {
        format!("UPDATE counter SET seq = {}; COMMIT", group.seq)
    } else {
        "COMMIT".to_owned()
    };
    let _ = end.set(group.session.end(&sql).err());
}
