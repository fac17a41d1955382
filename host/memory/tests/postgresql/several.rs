//! Several hosts on one database.

use std::collections::BTreeSet;

use vesicle_memory::memory::NewStep;
use vesicle_memory::store::{self, Filter, Search};
use vesicle_memory::{EpisodeId, ErrorCode, OutcomeKind, StepResult, TaskType};

use crate::server::Kind;
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

#[tokio::test]
async fn indexes_of_several_hosts_follow_each_other() {
    let scratch = Scratch::new();
    let other = scratch.again();
    let mut ids = Vec::new();
    for round in 0..30 {
        let (writer, reader) = if round % 2 == 0 {
            (&scratch.memory, &other)
        } else {
            (&other, &scratch.memory)
        };
        let id = create(writer, &format!("unique{round} words")).await;
        assert_eq!(
            found(reader, &format!("unique{round}")).await.first(),
            Some(&id)
        );
        ids.push(id);
        if round % 3 == 2 {
            let gone = ids.remove(0);
            writer.delete_episode(gone, true).await.unwrap();
            assert!(!found(reader, "words").await.contains(&gone));
        }
    }
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

/// Vectors of 64 numbers that lie around some directions.
fn vector(number: usize) -> Vec<f32> {
    let direction = number % 7;
    let numbers = (0..64).map(|at| {
        let near = if at % 7 == direction { 1.0 } else { 0.0 };
        near + ((number * 31 + at * 17) % 101) as f32 / 400.0
    });
    numbers.collect()
}

async fn with_vectors(memory: &vesicle_memory::Memory, count: usize) -> Vec<EpisodeId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let domain = if number % 50 == 0 { "rare" } else { "web" };
        ids.push(create_in(memory, &format!("Task {number}"), domain, TaskType::Testing).await);
    }
    store::write(&**memory.store(), |tx| {
        for (number, id) in ids.iter().enumerate() {
            tx.put_vector(*id, "test/64", &vector(number))?;
        }
        tx.activate_vectors("test/64")
    })
    .unwrap();
    ids
}

/// What is nearest is the same with pgvector and without, with filters that let through much, little and nothing.
#[tokio::test]
async fn the_nearest_are_found_under_every_filter() {
    let scratch = Scratch::new();
    let ids = with_vectors(&scratch.memory, 300).await;
    let store = &**scratch.memory.store();
    let query = vector(3);
    let length = |v: &[f32]| v.iter().map(|n| n * n).sum::<f32>().sqrt();
    let cosine = |v: &[f32]| {
        v.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>() / length(v) / length(&query)
    };
    for (domain, per_channel) in [
        (None, 10),
        (Some("web"), 10),
        (Some("rare"), 4),
        (Some("rare"), 50),
        (Some("none"), 5),
    ] {
        let search = Search {
            vector: Some(("test/64".to_owned(), query.clone())),
            filter: Filter {
                domain: domain.map(str::to_owned),
                ..Filter::default()
            },
            per_channel,
            ..Search::default()
        };
        let mut found = store.search(&search).unwrap();
        found.sort_by(|a, b| b.semantic.unwrap().total_cmp(&a.semantic.unwrap()));
        let fits = |number: &usize| match domain {
            None => true,
            Some("rare") => number % 50 == 0,
            Some("web") => number % 50 != 0,
            _ => false,
        };
        let mut best: Vec<f32> = (0..300)
            .filter(fits)
            .map(|number| cosine(&vector(number)))
            .collect();
        best.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(found.len(), best.len().min(per_channel), "{domain:?}");
        for (found, best) in found.iter().zip(&best) {
            assert!(
                (found.semantic.unwrap() - best).abs() < 0.02,
                "{domain:?}: {found:?} and {best}"
            );
            assert_eq!(found.vector.len(), 64);
            assert!(ids.contains(&found.id));
        }
    }
}

/// With pgvector the server has an index for them, which a search takes; without, the host compares them itself.
#[tokio::test]
async fn vectors_have_the_index_that_the_server_can_give() {
    let scratch = Scratch::new();
    with_vectors(&scratch.memory, 300).await;
    let indexes = scratch
        .sql("SELECT string_agg(indexdef, ' ') FROM pg_indexes WHERE indexdef LIKE '%hnsw%'");
    match crate::KIND {
        Kind::Debian => assert_eq!(indexes, ""),
        Kind::Pgvector => {
            assert!(
                indexes.contains("numbers)::vector(64)) vector_cosine_ops"),
                "{indexes}"
            );
            assert_eq!(
                indexes.matches("CREATE INDEX").count(),
                1,
                "those of other models are gone: {indexes}"
            );
            let model = scratch.sql("SELECT model FROM vesicle_memory.models");
            let numbers = vector(3)
                .iter()
                .map(f32::to_string)
                .collect::<Vec<_>>()
                .join(",");
            let plan = scratch.sql(&format!(
                "SET search_path = vesicle_memory, public; SET enable_seqscan = off; SET enable_sort = off;
                 EXPLAIN SELECT episode FROM vectors WHERE model = {model} AND vector_dims(numbers) = 64
                 ORDER BY numbers::vector(64) <=> '[{numbers}]'::text::vector(64) LIMIT 10"
            ));
            assert!(plan.contains("Index Scan using vectors_hnsw_"), "{plan}");
        }
    }
}

/// Hosts that had no pgvector wrote vectors all the same; the first that has it makes the numbers and the index.
#[tokio::test]
async fn pgvector_that_comes_later_finds_what_was_there() {
    if crate::KIND != Kind::Pgvector {
        return;
    }
    let scratch = Scratch::new();
    // Who may not make the extension goes on without.
    scratch.sql(
        "DROP EXTENSION vector CASCADE; DROP SCHEMA vesicle_memory CASCADE;
         CREATE ROLE plain LOGIN PASSWORD 'plain'",
    );
    let database = scratch.sql("SELECT current_database()");
    scratch.sql(&format!("GRANT CREATE ON DATABASE {database} TO plain"));
    let url = crate::server::shared().url_as("plain", "plain", &database);
    let store = vesicle_memory::PostgresStore::open(&url).unwrap();
    assert!(!store.has_pgvector());
    let memory = vesicle_memory::Memory::new(std::sync::Arc::new(store)).unwrap();
    let ids = with_vectors(&memory, 40).await;
    drop(memory);
    scratch.sql("CREATE EXTENSION vector");
    let store = vesicle_memory::PostgresStore::open(&url).unwrap();
    assert!(store.has_pgvector());
    let search = Search {
        vector: Some(("test/64".to_owned(), vector(3))),
        per_channel: 1,
        ..Search::default()
    };
    let found = vesicle_memory::Store::search(&store, &search).unwrap();
    assert_eq!(found[0].id, ids[3]);
    assert!(found[0].semantic.unwrap() > 0.999);
    let indexes = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'";
    assert_eq!(scratch.sql(indexes), "1");
    drop(store);
    scratch.sql("DROP OWNED BY plain CASCADE");
    scratch.sql("DROP ROLE plain");
}
