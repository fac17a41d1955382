//! What was acknowledged survives `kill -9`: a process that writes is killed a hundred times, each time at another moment.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use vesicle_memory::memory::NewStep;
use vesicle_memory::{EpisodeId, OutcomeKind, StepResult};

use crate::shared::*;

const DIRECTORY: &str = "VESICLE_MEMORY_CRASH_DIRECTORY";
const KILLS: u64 = 100;
const WRITERS: u32 = 8;

/// The process that is killed. Without the variable it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn writer() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        return;
    };
    let memory = open(directory.as_ref());
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let memory = memory.clone();
        tasks.spawn(async move {
            loop {
                let id = create(&memory, &format!("Written by {writer}")).await;
                say(&format!("episode {id}"));
                for number in 1..=10 {
                    let step = NewStep::new(id, number, "count", &format!("to {number}"));
                    let output = number.to_string().repeat(50);
                    memory
                        .add_episode_step(step.with_result(StepResult::Success { output }))
                        .await
                        .unwrap();
                    say(&format!("step {id} {number}"));
                }
                complete(&memory, id, OutcomeKind::Success).await;
                say(&format!("completed {id}"));
            }
        });
    }
    tasks.join_all().await;
}

/// One line in one write, so that lines do not mix.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("ack {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[derive(Default)]
struct Acknowledged {
    steps: u32,
    is_completed: bool,
}

#[tokio::test]
async fn acknowledged_steps_survive_a_hundred_kills() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<EpisodeId, Acknowledged> = BTreeMap::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "crash::writer",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
        // It is killed a while after its first acknowledgement, in the middle of whatever it does then.
        let mut pause = Some(Duration::from_micros(kill * 7919 % 40_000));
        for line in &mut lines {
            let line = String::from_utf8(line.unwrap()).unwrap();
            note(&line, &mut acknowledged);
            if line.contains("ack ")
                && let Some(pause) = pause.take()
            {
                std::thread::sleep(pause);
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        if kill % 10 == 9 {
            check(directory.path(), &acknowledged).await;
        }
    }
    assert!(
        acknowledged.len() > 100,
        "{} episodes are too few to say anything",
        acknowledged.len()
    );
    let memory = open(directory.path());
    assert!(memory.store().check().unwrap().is_empty());
    // Every call works on what a killed process left.
    let open_one = acknowledged
        .iter()
        .find(|(_, known)| !known.is_completed)
        .map(|(id, _)| *id);
    if let Some(id) = open_one
        && memory.get_episode(id).await.unwrap().outcome.is_none()
    {
        complete(&memory, id, OutcomeKind::Failure).await;
    }
}

fn note(line: &str, acknowledged: &mut BTreeMap<EpisodeId, Acknowledged>) {
    // The name of the test stands before the first line.
    let Some((_, line)) = line.split_once("ack ") else {
        return;
    };
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["episode", id] => {
            acknowledged.insert(id.parse().unwrap(), Acknowledged::default());
        }
        ["step", id, number] => {
            if let (Ok(id), Ok(number)) = (id.parse(), number.parse()) {
                acknowledged.entry(id).or_default().steps = number;
            }
        }
        ["completed", id] => {
            if let Ok(id) = id.parse() {
                acknowledged.entry(id).or_default().is_completed = true;
            }
        }
        _ => {}
    }
}

async fn check(directory: &std::path::Path, acknowledged: &BTreeMap<EpisodeId, Acknowledged>) {
    let memory = open(directory);
    for (id, known) in acknowledged {
        let episode = memory.get_episode(*id).await.unwrap();
        let numbers: Vec<u32> = episode.steps.iter().map(|step| step.step_number).collect();
        assert!(
            numbers.len() as u32 >= known.steps,
            "{id}: {numbers:?} of {}",
            known.steps
        );
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
        assert!(episode.outcome.is_some() || !known.is_completed, "{id}");
        assert_eq!(
            episode.outcome.is_some(),
            episode.reward.is_some(),
            "learned from wholly or not at all"
        );
    }
}
