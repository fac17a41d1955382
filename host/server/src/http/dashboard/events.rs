//! What happens, as server-sent events: at first all that there is to see, and then what is new. Nothing is kept for whoever
//! is slow: each event is made when the one before was taken, of what there is to see then.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Dashboard, Viewer, audit::Reader, redacted, savings, servers};
use crate::{http::gate, metrics::BUCKETS_MAX};

/// How many pages of one account may follow what happens.
pub const LISTENERS_MAX: usize = 8;
/// How long a page may leave an event untaken before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what happens gathers before it is told.
const GATHER: Duration = Duration::from_millis(250);
/// How often that is looked at which nobody tells of: figures, states of servers, files of plugins.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many of the last buckets of figures are told again: the one that is being counted, and those that ended since.
const BUCKETS_NEW: usize = 3;
/// How long a stream may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// How many events may wait to be sent.
const WAITING_MAX: usize = 16;
/// When a page comes back that found no place.
const NO_PLACE_RETRY: Duration = Duration::from_secs(5);

/// The stream.
pub async fn stream(State(dashboard): State<Arc<Dashboard>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let viewer = match dashboard.viewer(&head).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let Ok(place) = viewer.client.listeners.clone().try_acquire_owned() else {
        dashboard.gate.refused("listeners", &viewer.client);
        let what = "too many pages of this account are open; close some";
        return gate::later(what, StatusCode::TOO_MANY_REQUESTS, NO_PLACE_RETRY);
    };
    let (to, from) = mpsc::channel(WAITING_MAX);
    let closing = dashboard.closing.clone();
    tokio::spawn(async move {
        let gone = to.clone();
        let line = Line {
            to,
            patience: PATIENCE,
            last: HashMap::new(),
            told_at: Instant::now(),
            _place: place,
        };
        tokio::select! {
            () = closing.cancelled() => {}
            () = gone.closed() => {}
            _ = follow(&dashboard, &viewer, line) => {}
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body(from)).into_response()
}

fn body(from: mpsc::Receiver<Bytes>) -> Body {
    Body::from_stream(stream::unfold(from, async |mut from| {
        let event = from.recv().await?;
        Some((Ok::<_, Infallible>(event), from))
    }))
}

/// The way to one page.
struct Line {
    to: mpsc::Sender<Bytes>,
    patience: Duration,
    /// What was last told under each name, by its digest: what is as it was is not told again.
    last: HashMap<&'static str, blake3::Hash>,
    told_at: Instant,
    _place: OwnedSemaphorePermit,
}

/// The page is gone, or does not take what it is sent.
struct GivenUp;

impl Line {
    /// Tells it, unless it is what was told last.
    async fn tell(&mut self, name: &'static str, json: String) -> Result<(), GivenUp> {
        let digest = blake3::hash(json.as_bytes());
        if self.last.insert(name, digest) == Some(digest) {
            return Ok(());
        }
        // JSON has no line feed of its own.
        self.send(format!("event: {name}\ndata: {json}\n\n")).await
    }

    /// Sends something that says nothing, if nothing was told for a while: only so it is found out that a page is gone
    /// whose machine did not say so.
    async fn keep_alive(&mut self) -> Result<(), GivenUp> {
        match self.told_at.elapsed() < SILENCE_MAX {
            true => Ok(()),
            false => self.send(": still here\n\n".to_owned()).await,
        }
    }

    async fn send(&mut self, text: String) -> Result<(), GivenUp> {
        self.told_at = Instant::now();
        let sent = self.to.send_timeout(text.into(), self.patience).await;
        sent.map_err(|_| GivenUp)
    }
}

async fn follow(dashboard: &Dashboard, viewer: &Viewer, mut line: Line) -> Result<(), GivenUp> {
    let mut watcher = viewer.seen().audit.live().watch(viewer.whose());
    let mut reader = Reader::new(viewer);
    let recent = dashboard.gate.metrics.recent();
    let mut buckets = BUCKETS_MAX;
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_tick = tokio::select! {
            _ = look.tick() => true,
            () = watcher.changed() => {
                tokio::time::sleep(GATHER).await;
                false
            }
        };
        let sight = watcher.look();
        line.tell("executions", redacted(viewer, &json!(sight)))
            .await?;
        if is_tick {
            if viewer.sees_all {
                let told = json!({"buckets": recent.points(buckets)});
                line.tell("figures", told.to_string()).await?;
                buckets = BUCKETS_NEW;
            }
            line.tell("servers", redacted(viewer, &servers::told(viewer)))
                .await?;
            let plugins = dashboard.plugins(viewer).await;
            line.tell("plugins", redacted(viewer, &plugins)).await?;
            line.keep_alive().await?;
        }
        reader = lines(viewer, reader, &mut line).await?;
        // Last, since counting takes a while at first.
        let savings = savings::told(viewer, &sight.counts).await;
        line.tell("savings", redacted(viewer, &savings)).await?;
    }
}

async fn lines(viewer: &Viewer, reader: Reader, line: &mut Line) -> Result<Reader, GivenUp> {
    let has_log = reader.has_log();
    let (reader, read) = reader.read().await;
    let told = match read {
        // The first time also tells that there is none.
        Ok(lines) if lines.is_empty() && line.last.contains_key("audit") => return Ok(reader),
        Ok(lines) => json!({"has_log": has_log, "lines": lines}),
        Err(error) => {
            json!({"has_log": has_log, "lines": Value::Array(vec![]), "error": error.to_string()})
        }
    };
    line.tell("audit", redacted(viewer, &told)).await?;
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    fn line(patience: Duration) -> (Line, mpsc::Receiver<Bytes>, Arc<Semaphore>) {
        let (to, from) = mpsc::channel(WAITING_MAX);
        let places = Arc::new(Semaphore::new(1));
        let line = Line {
            to,
            patience,
            last: HashMap::new(),
            told_at: Instant::now(),
            _place: places.clone().try_acquire_owned().unwrap(),
        };
        (line, from, places)
    }

    #[tokio::test]
    async fn a_page_that_takes_nothing_is_given_up_and_its_place_is_free_again() {
        let (mut line, _from, places) = line(Duration::from_millis(20));
        for number in 0..WAITING_MAX {
            assert!(line.tell("a", number.to_string()).await.is_ok(), "{number}");
        }
        assert_eq!(places.available_permits(), 0);
        assert!(line.tell("a", "one more".to_owned()).await.is_err());
        drop(line);
        assert_eq!(places.available_permits(), 1);
    }

    #[tokio::test]
    async fn what_is_as_it_was_is_not_told_again() {
        let (mut line, mut from, _places) = line(PATIENCE);
        for json in ["1", "1", "2", "1"] {
            assert!(line.tell("a", json.to_owned()).await.is_ok());
        }
        drop(line);
        let mut told = Vec::new();
        while let Some(event) = from.recv().await {
            told.push(event);
        }
        assert_eq!(
            told,
            ["1", "2", "1"].map(|json| format!("event: a\ndata: {json}\n\n"))
        );
    }
}
