//! How fast the memory is: `cargo bench --workspace --bench memory`. `EPISODES=10000,100000` says with how many.
//!
//! Episodes have 10 steps of made-up text: 20 000 words, of which a few are common, and identifiers. A summary with the
//! import, the sizes and the percentiles of queries comes first; criterion measures single operations after it.

#![allow(
    clippy::unwrap_used,
    reason = "without its data a benchmark measures nothing"
)]

mod made_up;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;
use vesicle_memory::memory::{CompleteEpisode, NewEpisode, NewStep, Query};
use vesicle_memory::transfer::{ImportFormat, import};
use vesicle_memory::{
    EpisodeId, Memory, OutcomeKind, SqliteOptions, SqliteStore, StepResult, TaskType,
};

const QUERIES: usize = 400;
const WRITERS: usize = 32;

fn main_benches(criterion: &mut Criterion) {
    let sizes = std::env::var("EPISODES").unwrap_or_else(|_| "10000,100000".to_owned());
    let runtime = Runtime::new().unwrap();
    writing(&runtime);
    for episodes in sizes.split(',').map(|size| size.parse().unwrap()) {
        let directory = tempfile::tempdir().unwrap();
        let memory = filled(directory.path(), episodes);
        let opened = opened(directory.path());
        percentiles(&runtime, &memory, episodes, false);
        percentiles(&runtime, &memory, episodes, true);
        println!(
            "{episodes}: first query after opening {opened:?}, RSS {} MB",
            resident_mb()
        );
        let mut round = 0;
        criterion.bench_function(&format!("query of {episodes}"), |bencher| {
            bencher.iter(|| {
                round += 1;
                runtime
                    .block_on(memory.query_memory(query(round, false)))
                    .unwrap()
            });
        });
    }
}

fn open(directory: &std::path::Path) -> Memory {
    let store = SqliteStore::open(&directory.join("memory.db"), &SqliteOptions::default()).unwrap();
    Memory::new(Arc::new(store)).unwrap()
}

fn filled(directory: &std::path::Path, episodes: usize) -> Memory {
    let file = directory.join("episodes.jsonl");
    let mut lines = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    made_up::export(&mut lines, episodes);
    lines.flush().unwrap();
    drop(lines);
    let memory = open(directory);
    let mut lines = std::io::BufReader::new(std::fs::File::open(&file).unwrap());
    let (began, cpu_before) = (Instant::now(), cpu_seconds());
    import(
        &**memory.store(),
        &mut lines,
        ImportFormat::Vesicle,
        &mut |_| {},
    )
    .unwrap();
    let took = began.elapsed();
    let usage = memory.store().usage().unwrap();
    let rate = episodes as f64 / took.as_secs_f64();
    let cpu = cpu_seconds() - cpu_before;
    let mb = usage.bytes / 1_000_000;
    println!(
        "{episodes}: imported in {took:?}, {rate:.0} a second, with {cpu:.1} s of CPU; {mb} MB on the disk"
    );
    memory
}

fn opened(directory: &std::path::Path) -> Duration {
    let began = Instant::now();
    let memory = open(directory);
    memory.store().frequencies(&[]).unwrap();
    began.elapsed()
}

fn query(round: usize, filtered: bool) -> Query {
    Query {
        query: made_up::query(round),
        domain: filtered.then(|| made_up::DOMAINS[round % made_up::DOMAINS.len()].to_owned()),
        task_type: filtered.then_some(TaskType::Debugging),
        ..Query::default()
    }
}

fn percentiles(runtime: &Runtime, memory: &Memory, episodes: usize, filtered: bool) {
    runtime
        .block_on(memory.query_memory(query(0, filtered)))
        .unwrap();
    let times = (0..QUERIES).map(|round| {
        let query = query(round, filtered);
        let began = Instant::now();
        runtime.block_on(memory.query_memory(query)).unwrap();
        began.elapsed()
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let at = |share: f64| times[(share * (QUERIES - 1) as f64) as usize];
    let filters = if filtered {
        "with filters"
    } else {
        "without filters"
    };
    println!(
        "{episodes}: query {filters} p50 {:?}, p99 {:?}",
        at(0.5),
        at(0.99)
    );
}

fn writing(runtime: &Runtime) {
    let directory = tempfile::tempdir().unwrap();
    let memory = open(directory.path());
    let began = Instant::now();
    let rounds = 20;
    for _ in 0..rounds {
        runtime.block_on(one_episode(&memory));
    }
    println!(
        "create, 10 steps, complete: {:?}; an fsync takes {:?}",
        began.elapsed() / rounds,
        fsync(directory.path())
    );
    let ids: Vec<EpisodeId> = (0..WRITERS)
        .map(|_| runtime.block_on(create(&memory)))
        .collect();
    let began = Instant::now();
    let steps = 100;
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for id in ids {
            let memory = memory.clone();
            tasks.spawn(async move {
                for number in 1..=steps {
                    memory.add_episode_step(step(id, number)).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    });
    let rate = f64::from(steps) * WRITERS as f64 / began.elapsed().as_secs_f64();
    println!("{WRITERS} writers: {rate:.0} steps a second");
}

async fn create(memory: &Memory) -> EpisodeId {
    let new = NewEpisode::new("Fix the flaky login test", "web", TaskType::Debugging);
    memory.create_episode(new).await.unwrap().episode_id
}

fn step(id: EpisodeId, number: u32) -> NewStep {
    let output = "It took a while, and then it was done as it should be.".repeat(4);
    NewStep::new(
        id,
        number,
        ["read", "edit", "test"][number as usize % 3],
        "look at it",
    )
    .with_result(StepResult::Success { output })
}

async fn one_episode(memory: &Memory) {
    let episode_id = create(memory).await;
    for number in 1..=10 {
        memory
            .add_episode_step(step(episode_id, number))
            .await
            .unwrap();
    }
    let complete = CompleteEpisode {
        episode_id,
        outcome_type: OutcomeKind::Success,
        verdict: Some("It works".to_owned()),
        artifacts: Vec::new(),
        completed: Vec::new(),
        failed: Vec::new(),
        reason: None,
        error_details: None,
    };
    memory.complete_episode(complete).await.unwrap();
}

fn fsync(directory: &std::path::Path) -> Duration {
    let mut file = std::fs::File::create(directory.join("fsync")).unwrap();
    let rounds = 20;
    let began = Instant::now();
    for _ in 0..rounds {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    began.elapsed() / rounds
}

/// Of all threads; clock ticks are hundredths of a second on Linux.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1000
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = main_benches
}
criterion_main!(benches);
