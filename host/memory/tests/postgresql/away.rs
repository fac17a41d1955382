//! A server that goes away and comes back: what was acknowledged is there, what was not is an error that says so, and no
//! host has to be restarted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use vesicle_memory::memory::{NewEpisode, NewStep, Query};
use vesicle_memory::{EpisodeId, ErrorCode, OutcomeKind, TaskType};

use crate::place::memory;
use crate::server::{PASSWORD, Server};
use crate::shared::*;

const KILLS: u64 = 10;
const WRITERS: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_is_used_again() {
    let server = Server::own(&[]);
    let memory = memory(&server.url("postgres"));
    let before = episode(&memory, "Written before", &["build"], OutcomeKind::Success).await;
    server.kill();
    let read = memory.get_episode(before.episode_id).await.unwrap_err();
    let written = memory
        .add_episode_step(NewStep::new(before.episode_id, 9, "build", "again"))
        .await
        .unwrap_err();
    let searched = memory
        .query_memory(Query {
            query: "before".to_owned(),
            ..Query::default()
        })
        .await
        .unwrap_err();
    for error in [read, written, searched] {
        assert_eq!(error.code(), ErrorCode::Unavailable, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("is not there now")
                && text.contains("sent again")
                && !text.contains(PASSWORD),
            "{text}"
        );
    }
    server.start();
    assert!(
        memory
            .get_episode(before.episode_id)
            .await
            .unwrap()
            .outcome
            .is_some()
    );
    let after = create(&memory, "Written with a unicorn").await;
    assert_eq!(found(&memory, "unicorn").await.first(), Some(&after));
    // Without a call in between, all kept connections are dead ones.
    server.kill();
    server.start();
    create(&memory, "Written at last").await;
    server.kill();
    server.start();
    assert_eq!(found(&memory, "written").await.len(), 3);
}

/// As `crash.rs` does to a host: the server is killed in the midst of writes.
#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_steps_survive_the_server_being_killed() {
    let server = Server::own(&[]);
    let memory = memory(&server.url("postgres"));
    let acknowledged: Arc<Mutex<BTreeMap<EpisodeId, u32>>> = Arc::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (memory, acknowledged, is_over) = (
            memory.clone(),
            Arc::clone(&acknowledged),
            Arc::clone(&is_over),
        );
        writers.spawn(async move {
            let mut refused = 0;
            while !is_over.load(Ordering::Relaxed) {
                let new =
                    NewEpisode::new(&format!("Written by {writer}"), "web", TaskType::Testing);
                let id = match memory.create_episode(new).await {
                    Ok(created) => created.episode_id,
                    Err(error) => {
                        refused += wait_after(&error).await;
                        continue;
                    }
                };
                for number in 1..=20 {
                    let step = NewStep::new(id, number, "count", "on");
                    while let Err(error) = memory.add_episode_step(step.clone()).await {
                        refused += wait_after(&error).await;
                    }
                    acknowledged.lock().insert(id, number);
                }
            }
            refused
        });
    }
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(200 + kill * 37 % 200)).await;
        tokio::task::block_in_place(|| server.kill());
        tokio::time::sleep(Duration::from_millis(50)).await;
        tokio::task::block_in_place(|| server.start());
    }
    is_over.store(true, Ordering::Relaxed);
    let refused: u32 = writers.join_all().await.into_iter().sum();
    assert!(refused > 0, "the server was never missed");
    let acknowledged = acknowledged.lock().clone();
    assert!(
        acknowledged.len() > 10,
        "{} episodes are too few to say anything",
        acknowledged.len()
    );
    for (id, steps) in acknowledged {
        let numbers = memory.get_episode(id).await.unwrap().steps;
        let numbers: Vec<u32> = numbers.iter().map(|step| step.step_number).collect();
        assert!(
            numbers.len() as u32 >= steps,
            "{id}: {numbers:?} of {steps}"
        );
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
    }
    assert!(memory.store().check().unwrap().is_empty());
}

async fn wait_after(error: &vesicle_memory::Error) -> u32 {
    assert_eq!(error.code(), ErrorCode::Unavailable, "{error}");
    tokio::time::sleep(Duration::from_millis(20)).await;
    1
}
