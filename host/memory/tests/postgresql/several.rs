//! Several hosts on one database.

use std::collections::BTreeSet;

use vesicle_memory::memory::NewStep;
use vesicle_memory::store;
use vesicle_memory::{EpisodeId, ErrorCode, OutcomeKind, StepResult, TaskType};

use crate::shared::*;

/// Two hosts and four writers each give the same numbers to different steps: of each number one is kept, and the others are told.
#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_that_write_one_episode_lose_and_double_nothing() {
    let scratch = Scratch::new();
    let hosts = [scratch.memory.clone(), scratch.again()];
    let id = create(&hosts[0], "Written by both").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let memory = hosts[writer % 2].clone();
        writers.spawn(async move {
            let mut kept = Vec::new();
            for number in 1..=25 {
                let output = format!("of {writer}");
                let step = NewStep::new(id, number, "count", "on")
                    .with_result(StepResult::Success { output });
                match memory.add_episode_step(step).await {
                    Ok(_) => kept.push((number, writer)),
                    Err(error) => assert_eq!(error.code(), ErrorCode::Conflict, "{error}"),
                }
            }
            kept
        });
    }
    let kept: BTreeSet<(u32, usize)> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(kept.len(), 25, "each number is acknowledged once");
    let episode = hosts[1].get_episode(id).await.unwrap();
    let there: BTreeSet<_> = episode
        .steps
        .iter()
        .map(|step| {
            let Some(StepResult::Success { output }) = &step.result else {
                panic!("{step:?}");
            };
            (step.step_number, output[3..].parse().unwrap())
        })
        .collect();
    assert_eq!(there, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_learn_at_once_lose_no_count() {
    let scratch = Scratch::new();
    let hosts = [scratch.memory.clone(), scratch.again(), scratch.again()];
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..30 {
        let memory = hosts[n % 3].clone();
        tasks.spawn(async move {
            episode(
                &memory,
                &format!("Deploy {n}"),
                &["build", "test", "ship"],
                OutcomeKind::Success,
            )
            .await;
        });
    }
    tasks.join_all().await;
    let most = scratch.sql(
        "SELECT max((body::json ->> 'occurrence_count')::int) FROM vesicle_memory.records WHERE kind = 'pattern'",
    );
    assert_eq!(most, "30");
}

/// A host that stands still in the midst of a write keeps others waiting, and they are told in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stands_still_is_not_waited_for_for_ever() {
    let scratch = Scratch::new();
    let url = scratch.url();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let may_go_on = parking_lot::Mutex::new(may_go_on);
    let still = std::thread::spawn(move || {
        let store = vesicle_memory::PostgresStore::open(&url).unwrap();
        store::write(&store, |_| {
            begun.send(()).unwrap();
            may_go_on.lock().recv().unwrap();
            Ok(())
        })
    });
    has_begun.recv().unwrap();
    let new = vesicle_memory::memory::NewEpisode::new("Wait", "web", TaskType::Testing);
    let error = scratch.memory.create_episode(new).await.unwrap_err();
    insta::assert_snapshot!(error, @"another process has been writing to the memory for 10 s; send it again");
    assert_eq!(error.code(), ErrorCode::Unavailable);
    go_on.send(()).unwrap();
    still.join().unwrap().unwrap();
    create(&scratch.memory, "Go on").await;
}

/// A task of tokio may take some 128 steps before it yields. Waiting on its thread must not be one of them.
#[tokio::test]
async fn a_task_that_never_yields_is_answered() {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    for _ in 0..300 {
        store::read(store, |tx| tx.standing(EpisodeId::of("none"))).unwrap();
    }
}
