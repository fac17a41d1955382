//! The MCP server over standard input and output.
//!
//! Two runtimes: guests run on one with a thread for every core, the protocol on this thread. A
//! guest gives its thread back each millisecond, and the runtime looks at timers and pipes about as
//! often; on a thread of its own a cancellation is read at once.

mod disconnect;
mod execute;
mod lazy;
mod progress;
mod server;

use std::{io, sync::Arc};

use rmcp::{
    RoleServer, ServiceExt as _,
    service::ServerInitializeError,
    transport::{async_rw::AsyncRwTransport, io::stdio_pipes},
};
use tokio::runtime::Builder;
use vesicle_sandbox::{Config, State, Transport};

use crate::{audit::Audit, limits::Policy, secrets::Secrets};
use disconnect::{Disconnect, WatchedReader};
use execute::ExecuteTool;
use lazy::LazySandbox;
use server::Server;

/// Why serving ended before the client did.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No threads, or no way to wait for input.
    #[error("cannot start the async runtime")]
    Runtime(#[from] io::Error),
    /// The client did not speak the protocol from the start.
    #[error("the client's first message must be a request, such as `initialize`; it was not")]
    FirstMessage,
    /// There was no agreement on how to go on.
    #[error("the client did not open a session")]
    Session(#[source] Box<ServerInitializeError>),
    /// The connection's task died.
    #[error("the connection failed")]
    Connection(#[source] tokio::task::JoinError),
}

/// Serves one client over standard input and output until it closes its end.
/// Callers get what `policy` allows, and their programs keep what they keep in `state` and send
/// requests by `hosts`. What is run is written to `audit`, which the caller flushes; `secrets` are taken out of results.
pub fn serve(
    config: Config,
    policy: Arc<Policy>,
    state: Arc<dyn State>,
    hosts: Arc<Transport>,
    audit: Audit,
    secrets: Secrets,
) -> Result<(), ServeError> {
    let guests = Builder::new_multi_thread()
        .thread_name("guests")
        .enable_all()
        .build()?;
    let protocol = Builder::new_current_thread().enable_all().build()?;

    // Started, not awaited: a client wants its answer to `initialize` now, and compiling the engine
    // can take seconds.
    let sandbox = LazySandbox::new(config, guests.handle().clone());
    sandbox.warm_up();

    let served = protocol.block_on(serve_stdio(sandbox, policy, state, hosts, audit, secrets));
    // What still runs, runs for nobody.
    guests.shutdown_background();
    protocol.shutdown_background();
    served
}

async fn serve_stdio(
    sandbox: LazySandbox,
    policy: Arc<Policy>,
    state: Arc<dyn State>,
    hosts: Arc<Transport>,
    audit: Audit,
    secrets: Secrets,
) -> Result<(), ServeError> {
    let (stdin, stdout) = stdio_pipes();
    let disconnect = Disconnect::default();
    let stdin = WatchedReader::new(stdin, disconnect.clone());
    let transport = AsyncRwTransport::<RoleServer, _, _>::new(stdin, stdout);
    let server = Server::new(ExecuteTool::new(
        sandbox, policy, state, hosts, disconnect, audit, secrets,
    ));
    let session = match server.serve(transport).await {
        Ok(session) => session,
        // Gone before it said anything: nothing to serve, nothing wrong.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
            return Err(ServeError::FirstMessage);
        }
        Err(error) => return Err(ServeError::Session(Box::new(error))),
    };
    session.waiting().await.map_err(ServeError::Connection)?;
    Ok(())
}
