//! The sandbox, made in the background while the protocol is already spoken.

use std::sync::Arc;

use tokio::{runtime::Handle, sync::OnceCell};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};
use vesicle_sandbox::{Config, ExecuteError, Execution, Outcome, Sandbox, SandboxError};

/// Why a program could not be run at all. The texts go to the model, so they say that its code is
/// not to blame.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The sandbox cannot be made. The next call tries again.
    #[error(
        "the sandbox could not be started, so the code was not run; this is a fault of the server, not of the code: {0}"
    )]
    Start(#[from] SandboxError),
    /// The host failed.
    #[error("the code was not run to its end; this is a fault of the server, not of the code: {0}")]
    Execute(#[source] ExecuteError),
    /// The queue is full, which is nobody's fault; the error says when to come back.
    #[error("the code was not run: {0}")]
    Busy(#[source] ExecuteError),
    /// A task of the host died.
    #[error("the code was not run to its end; this is a fault of the server, not of the code: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<ExecuteError> for RunError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Busy { .. } => Self::Busy(error),
            fault => Self::Execute(fault),
        }
    }
}

/// A sandbox that is made once, when first wanted. Clones share it.
#[derive(Clone)]
pub struct LazySandbox {
    config: Config,
    runtime: Handle,
    made: Arc<OnceCell<Sandbox>>,
}

impl LazySandbox {
    /// A sandbox to be made with `config`; guests run on `runtime`.
    pub fn new(config: Config, runtime: Handle) -> Self {
        Self {
            config,
            runtime,
            made: Arc::default(),
        }
    }

    /// Begins to make it.
    pub fn warm_up(&self) {
        let this = self.clone();
        self.runtime.spawn(async move {
            if let Err(error) = this.sandbox().await {
                tracing::warn!(%error, "the sandbox could not be started yet; the next call tries again");
            }
        });
    }

    /// Starts a program on the guests' runtime and gives its outcome to `finish`, there as well:
    /// neither guest code nor a large result may keep the protocol waiting. Dropping the handle
    /// stops the guest.
    pub fn start<T: Send + 'static>(
        &self,
        execution: Execution,
        finish: impl FnOnce(Outcome) -> T + Send + 'static,
    ) -> AbortOnDropHandle<Result<T, RunError>> {
        let this = self.clone();
        let run = async move {
            let outcome = this.sandbox().await?.execute(execution).await?;
            Ok(finish(outcome))
        };
        self.spawn(run)
    }

    /// The sandbox, if it is there already.
    pub fn made(&self) -> Option<&Sandbox> {
        self.made.get()
    }

    /// Returns when the sandbox is there.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn ready(&self) -> Result<(), RunError> {
        self.sandbox().await.map(drop)
    }

    /// Does `work` on the guests' runtime, within the current span. Dropping the handle ends it.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> AbortOnDropHandle<T> {
        let work = work.instrument(Span::current());
        AbortOnDropHandle::new(self.runtime.spawn(work))
    }

    /// The sandbox, once it is there.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn sandbox(&self) -> Result<Sandbox, RunError> {
        if let Some(sandbox) = self.made.get() {
            return Ok(sandbox.clone());
        }
        let this = self.clone();
        // A task of its own: a call that is cancelled meanwhile does not undo the work.
        let making = self.runtime.spawn(async move {
            this.made
                .get_or_try_init(|| Sandbox::new(this.config.clone()))
                .await
                .cloned()
        });
        Ok(making.await??)
    }
}
