//! What asking the memory from a sandbox takes beyond asking it: `cargo bench --workspace --bench memory_query`.
//!
//! One program asks 100 times, another runs as often around nothing, and the same queries go to the library
//! on the thread at hand. They take turns, so that what else the machine does meets them alike.

// A benchmark that cannot be set up has nobody to tell but who runs it.
#![allow(clippy::expect_used)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{json, value::to_raw_value};
use tokio::runtime::Runtime;
use vesicle::memory::{LazyMemory, MemoryConfig, Programs};
use vesicle_memory::{
    Memory, TaskType,
    memory::{NewEpisode, NewStep, Query, selected},
};
use vesicle_sandbox::{Config, Execution, Outcome, Sandbox};

const EPISODES: usize = 200;
const QUERIES: u32 = 100;
const ROUNDS: usize = 30;

const TASKS: [&str; 4] = [
    "Fix the flaky login test",
    "Make the import of large files faster",
    "Explain why the payment form loses its values",
    "Move the settings to another table",
];

async fn fill(memory: &Memory) {
    for number in 0..EPISODES {
        let task = format!("{} ({number})", TASKS[number % TASKS.len()]);
        let new = NewEpisode::new(&task, "web", TaskType::Debugging);
        let made = memory.create_episode(new).await.expect("an episode");
        for step in 1..=10 {
            let step = NewStep::new(made.episode_id, step, "read", "look at it");
            memory.add_episode_step(step).await.expect("a step");
        }
    }
}

/// How long one takes.
async fn asked(memory: &Memory, fields: &[String]) -> Duration {
    let began = Instant::now();
    for number in 0..QUERIES {
        let query = Query {
            query: TASKS[number as usize % TASKS.len()].to_owned(),
            ..Query::default()
        };
        let found = memory.query_memory(query).await.expect("an answer");
        let answer = match fields.is_empty() {
            true => to_raw_value(&found).expect("JSON"),
            false => {
                let whole = serde_json::to_value(&found).expect("JSON");
                to_raw_value(&selected(&whole, fields).expect("the fields")).expect("JSON")
            }
        };
        std::hint::black_box(answer);
    }
    began.elapsed() / QUERIES
}

/// How long one takes, where a program asks so often.
async fn ran(sandbox: &Sandbox, memory: &LazyMemory, code: &str) -> Duration {
    let mut execution = Execution {
        code: code.to_owned(),
        input: to_raw_value(&json!({ "tasks": TASKS, "queries": QUERIES })).expect("JSON"),
        ..Execution::default()
    };
    execution.memories = Arc::new(memory.for_programs().expect("a grant"));
    let began = Instant::now();
    let outcome = sandbox.execute(execution).await;
    let took = began.elapsed();
    assert!(
        matches!(outcome, Ok(Outcome::Success { .. })),
        "{outcome:?}"
    );
    took / QUERIES
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    // Cargo runs benchmarks as tests too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let directory = tempfile::tempdir().expect("a directory");
        let lazy = LazyMemory::new(MemoryConfig {
            enabled: true,
            file: Some(directory.path().join("memory.db")),
            programs: Programs::Query,
            domains: vec!["*".to_owned()],
            ..MemoryConfig::default()
        });
        let memory = lazy.open().await.expect("a memory").clone();
        fill(&memory).await;
        let sandbox = Sandbox::new(Config::default()).await.expect("a sandbox");
        let idle = "for (let at = 0; at < input.queries; at++) await input.tasks[at % 4]";
        let parts = ["episodes.episode_id", "episodes.task_description", "episodes.relevance"];
        for (what, fields) in [("whole episodes", &[][..]), ("three fields", &parts[..])] {
            let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
            let asking = format!(
                "const fields = {}; for (let at = 0; at < input.queries; at++) {{ \
                 if (!(await memory.query({{ query: input.tasks[at % 4], fields }})).episodes.length) throw 0 }}",
                json!(fields)
            );
            let (mut direct, mut within, mut around) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                direct.push(asked(&memory, &fields).await);
                within.push(ran(&sandbox, &lazy, &asking).await);
                around.push(ran(&sandbox, &lazy, idle).await);
            }
            let (direct, within, around) = (median(direct), median(within), median(around));
            let added = within.saturating_sub(direct + around);
            println!(
                "{what} of {EPISODES}: {direct:?} at the library, {within:?} from a program, of which {around:?} are the \
                 program; {added:?} are added"
            );
        }
    });
}
