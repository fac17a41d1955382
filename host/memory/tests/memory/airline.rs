//! Real runs: 50 tasks in 4 trials each. See `tests/data/README.md`.

use std::collections::BTreeMap;
use std::io::BufReader;

use vesicle_memory::Episode;
use vesicle_memory::memory::{AnalyzePatterns, Query};
use vesicle_memory::transfer::{ImportFormat, import};
use vesicle_memory::{StepResult, TaskType};

use crate::shared::*;

const RUNS: &[u8] = include_bytes!("../data/airline-episodes.jsonl");

fn imported() -> Scratch {
    let scratch = Scratch::new();
    let store = &**scratch.memory.store();
    for expected in [(200, 0), (0, 200)] {
        let summary = import(
            store,
            &mut BufReader::new(RUNS),
            ImportFormat::TauBench,
            &mut |_| {},
        )
        .unwrap();
        assert_eq!((summary.episodes, summary.episodes_unchanged), expected);
    }
    scratch
}

#[tokio::test]
async fn runs_become_episodes() {
    let scratch = imported();
    let stats = scratch.memory.stats().await.unwrap();
    assert_eq!(
        (
            stats.episodes,
            stats.completed,
            stats.successful,
            stats.steps
        ),
        (200, 200, 84, 1164)
    );
    let found = scratch
        .memory
        .query_memory(Query {
            query: "mia_li_3668 New York to Seattle".to_owned(),
            ..Query::default()
        })
        .await
        .unwrap();
    let episode = &found.episodes[0].episode;
    assert_eq!(episode.metadata["task_id"], "0");
    let errors = episode
        .steps
        .iter()
        .filter(|step| matches!(step.result, Some(StepResult::Error { .. })));
    assert!(errors.count() > 0 || found.episodes.len() > 1);
    assert!(episode.reward.is_some() && episode.reflection.is_some());
}

#[tokio::test]
async fn other_trials_of_a_task_are_found_by_its_text_and_successes_come_first() {
    let scratch = imported();
    let mut tasks: BTreeMap<String, Vec<Episode>> = BTreeMap::new();
    let all = scratch
        .memory
        .query_memory(Query {
            limit: Some(1000),
            ..Query::default()
        })
        .await
        .unwrap();
    for hit in all.episodes {
        tasks
            .entry(hit.episode.metadata["task_id"].clone())
            .or_default()
            .push(hit.episode);
    }
    assert_eq!(tasks.len(), 50);
    let (mut found_of_task, mut pairs, mut right_pairs) = (0, 0, 0);
    for (task, trials) in &tasks {
        assert_eq!(trials.len(), 4);
        let query = Query {
            query: trials[0].task_description.clone(),
            limit: Some(5),
            ..Query::default()
        };
        let hits = scratch.memory.query_memory(query).await.unwrap().episodes;
        let of_task: Vec<_> = hits
            .iter()
            .filter(|hit| hit.episode.metadata["task_id"] == *task)
            .collect();
        found_of_task += of_task.len();
        let is_success =
            |episode: &Episode| episode.outcome.as_ref().unwrap().kind().is_successful();
        for (at, first) in of_task.iter().enumerate() {
            for second in &of_task[at + 1..] {
                if is_success(&first.episode) != is_success(&second.episode) {
                    pairs += 1;
                    right_pairs += u32::from(is_success(&first.episode));
                }
            }
        }
    }
    println!(
        "{found_of_task} of 200 trials are among the first 5; {right_pairs} of {pairs} pairs have the success first"
    );
    assert!(found_of_task >= 190, "{found_of_task}");
    assert!(right_pairs * 10 > pairs * 9, "{right_pairs} of {pairs}");
}

#[tokio::test]
async fn patterns_tell_success_from_failure() {
    let scratch = imported();
    let asked = AnalyzePatterns {
        task_type: TaskType::Analysis,
        min_success_rate: Some(0.0),
        limit: Some(100),
    };
    let analyzed = scratch.memory.analyze_patterns(asked).await.unwrap();
    assert!(analyzed.patterns[0].occurrence_count > 50);
    assert!(
        analyzed
            .patterns
            .iter()
            .any(|pattern| pattern.is_anti_pattern)
    );
    assert!(
        analyzed
            .patterns
            .iter()
            .any(|pattern| pattern.success_rate > 0.5)
    );
    let rate = analyzed.statistics.avg_success_rate.unwrap();
    assert!(rate > 0.1 && rate < 0.9, "{rate}");
}
