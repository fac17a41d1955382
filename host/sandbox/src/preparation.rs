//! Where the text of a program is read: here, if it is short, and else on a thread for work that
//! blocks, so that what shares this thread with it goes on.

use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;

use crate::admission::Admitted;
use crate::source::{self, Prepared, Rejection};
use crate::{ExecuteError, Execution, RuleAction, ViolationType};

/// The longest text that is read in place. The worst that was found of this length takes 35 ms,
/// what people write less than one; changing the thread takes 10 µs.
pub const INLINE_BYTES_MAX: usize = 2 * 1024;

/// Reads texts.
pub struct Preparation {
    /// One for each that may be read apart at once: reading the worst takes a processor for a
    /// second and hundreds of megabytes.
    turns: Arc<Semaphore>,
}

impl Preparation {
    /// Reads as many at once as there are processors.
    pub fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Arc::new(Semaphore::new(processors)),
        }
    }

    /// Checks the program and turns it into JavaScript. `permit` is given back with the answer; if
    /// nobody waits for that any more, it is kept until the work has ended, as a thread cannot be
    /// stopped.
    pub async fn prepare(
        &self,
        execution: &Arc<Execution>,
        permit: Admitted,
    ) -> Result<(Result<Prepared, Rejection>, Admitted), ExecuteError> {
        if is_short(execution) {
            return Ok((read(execution), permit));
        }
        // Like the other semaphore, this one is never closed.
        let turn = self.turns.clone().acquire_owned().await.ok();
        let execution = execution.clone();
        apart(move || {
            let _turn = turn;
            (read(&execution), permit)
        })
        .await
    }
}

fn read(execution: &Execution) -> Result<Prepared, Rejection> {
    let policy = match execution.network.hosts() {
        [] => execution.source_policy,
        _ => execution
            .source_policy
            .with(ViolationType::Network, RuleAction::Off),
    };
    source::prepare(&execution.name, &execution.code, &policy)
}

/// Whether the text is read in place.
pub fn is_short(execution: &Execution) -> bool {
    execution.code.len() <= INLINE_BYTES_MAX
}

/// Runs `work` on a thread of its own.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ExecuteError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ExecuteError::Internal(error.into()))
}
