//! Connections: how many there may be, how long each may take to say what it wants, and how they close.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;

use super::{Bounds, peer::Peer, tls::Tls};
use crate::metrics::Metrics;

/// How many requests one connection of HTTP/2 may have under way.
const STREAMS_MAX: u32 = 128;
/// How long nothing is accepted after the system refused to give a connection, mostly because there are too many files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where connections come in.
pub struct Listener {
    /// The socket.
    pub listener: TcpListener,
    /// What TLS is spoken with.
    pub tls: Option<Tls>,
    /// How much of everything.
    pub bounds: Bounds,
    /// When nothing is accepted any more.
    pub closing: CancellationToken,
    /// Where connections are counted.
    pub metrics: Metrics,
}

impl Listener {
    /// Serves until it is closed; waits for connections to end then.
    pub async fn serve(self, router: Router) {
        let room = Arc::new(Semaphore::new(self.bounds.connections));
        let graceful = GracefulShutdown::new();
        let builder = Arc::new(builder(&self.bounds));
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => break,
                accepted = self.accept(&room) => accepted,
            };
            let (stream, peer, turn) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Answers are short; waiting to send them together with others only delays them.
            let _ = stream.set_nodelay(true);
            let (router, builder) = (router.clone(), builder.clone());
            // Waited for from here on, and told when it is to end.
            let watcher = graceful.watcher();
            let (tls, receive) = (self.tls.clone(), self.bounds.receive);
            let connected = self.metrics.connected();
            tokio::spawn(async move {
                let _until_it_ends = (turn, connected);
                let served = match tls {
                    None => serve(stream, peer, router, &builder, watcher).await,
                    Some(tls) => {
                        let accepting = tls.acceptor().accept(stream);
                        match tokio::time::timeout(receive, accepting).await {
                            Ok(Ok(stream)) => serve(stream, peer, router, &builder, watcher).await,
                            Ok(Err(error)) => Err(error.into()),
                            Err(_) => Err("TLS did not begin in time".into()),
                        }
                    }
                };
                if let Err(error) = served {
                    tracing::debug!(%error, peer = %peer.0, "a connection ended early");
                }
            });
        }
        drop(self.listener);
        graceful.shutdown().await;
    }

    async fn accept(
        &self,
        room: &Arc<Semaphore>,
    ) -> io::Result<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
        let turn = room.clone().acquire_owned().await;
        let turn = turn.map_err(io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        Ok((stream, Peer(peer), turn))
    }
}

fn builder(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.receive)
        .max_buf_size(bounds.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(bounds.header_bytes).unwrap_or(u32::MAX));
    builder
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    builder: &auto::Builder<TokioExecutor>,
    watcher: Watcher,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection.into_owned()).await
}
