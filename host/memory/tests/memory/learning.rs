//! What is learned at completion, and what becomes of it.

use vesicle_memory::memory::{AnalyzePatterns, NewStep};
use vesicle_memory::{OutcomeKind, Pattern, PatternBody, PatternKind, TaskType};

use crate::shared::*;

pub fn sequence<'a>(patterns: &'a [Pattern], tools: &[&str]) -> Option<&'a Pattern> {
    patterns.iter().find(|pattern| matches!(&pattern.body, PatternBody::ToolSequence { tools: found } if found == tools))
}

#[tokio::test]
async fn quality_is_reported_and_refuses_nothing() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "x").await;
    let poor = complete(&scratch.memory, id, OutcomeKind::Failure).await;
    let rich = episode(
        &scratch.memory,
        "Fix the flaky login test in the authentication module",
        &["read", "edit", "test"],
        OutcomeKind::Success,
    )
    .await;
    assert!(poor.quality_score < 0.4 && rich.quality_score > poor.quality_score + 0.3);
    assert!(rich.quality_score <= 1.0);
}

#[tokio::test]
async fn the_reward_is_the_product_of_its_parts() {
    let scratch = Scratch::new();
    let good = episode(
        &scratch.memory,
        "Do it",
        &["a", "b", "c"],
        OutcomeKind::Success,
    )
    .await
    .reward;
    let product = good.base * good.efficiency * good.complexity_bonus * good.quality_multiplier
        + good.learning_bonus;
    assert!((good.total - product).abs() < 1e-12);
    assert_eq!(good.base, 1.0);
    let bad = episode(
        &scratch.memory,
        "Do it",
        &["a", "b", "c"],
        OutcomeKind::Failure,
    )
    .await
    .reward;
    assert_eq!(bad.base, 0.0);
    assert!(bad.total < good.total);
}

#[tokio::test]
async fn the_same_pattern_in_a_second_episode_is_strengthened() {
    let scratch = Scratch::new();
    let first = episode(
        &scratch.memory,
        "One",
        &["read", "edit", "test"],
        OutcomeKind::Success,
    )
    .await;
    let second = episode(
        &scratch.again(),
        "Two",
        &["plan", "read", "read", "edit", "test"],
        OutcomeKind::Failure,
    )
    .await;
    let before = sequence(&first.patterns, &["read", "edit", "test"]).unwrap();
    let after = sequence(&second.patterns, &["read", "edit", "test"]).unwrap();
    assert_eq!(before.pattern_id, after.pattern_id);
    assert_eq!((before.occurrence_count, after.occurrence_count), (1, 2));
    assert_eq!((after.success_count, after.failure_count), (1, 1));
    assert_eq!(after.episode_ids, [second.episode_id, first.episode_id]);
    assert!(sequence(&first.patterns, &["plan", "read"]).is_none());
    assert_eq!(
        sequence(&second.patterns, &["plan", "read"])
            .unwrap()
            .occurrence_count,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_completions_at_the_same_time_none_is_lost() {
    let scratch = Scratch::new();
    let other = scratch.again();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..24 {
        let memory = if n % 2 == 0 {
            scratch.memory.clone()
        } else {
            other.clone()
        };
        tasks.spawn(async move {
            episode(&memory, "Same", &["read", "edit"], OutcomeKind::Success).await
        });
    }
    tasks.join_all().await;
    let last = episode(
        &scratch.memory,
        "Same",
        &["read", "edit"],
        OutcomeKind::Success,
    )
    .await;
    assert_eq!(
        sequence(&last.patterns, &["read", "edit"])
            .unwrap()
            .occurrence_count,
        25
    );
}

#[tokio::test]
async fn decisions_are_found_by_words_and_not_by_parts_of_words() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Decide").await;
    for (number, action) in (1..).zip([
        "list the files",
        "hash this history",
        "check if the cache exists",
        "is it there",
    ]) {
        step(&scratch.memory, id, number, "shell", action).await;
    }
    let completed = complete(&scratch.memory, id, OutcomeKind::Success).await;
    let decisions = completed
        .patterns
        .iter()
        .filter(|pattern| pattern.body.kind() == PatternKind::DecisionPoint);
    let decisions: Vec<_> = decisions
        .map(|pattern| pattern.description.as_str())
        .collect();
    assert_eq!(
        decisions,
        ["shell decides “check if the cache exists”, then shell"]
    );
}

#[tokio::test]
async fn errors_that_are_overcome_are_patterns() {
    let scratch = Scratch::new();
    for port in [8080, 9090] {
        let id = create(&scratch.memory, "Start the server").await;
        fail(
            &scratch.memory,
            id,
            1,
            "serve",
            &format!("port {port} is in use"),
        )
        .await;
        step(&scratch.memory, id, 2, "kill", "end the other").await;
        step(&scratch.memory, id, 3, "serve", "again").await;
        let completed = complete(&scratch.memory, id, OutcomeKind::Success).await;
        let recovery = completed
            .patterns
            .iter()
            .find(|pattern| pattern.body.kind() == PatternKind::ErrorRecovery)
            .unwrap();
        assert_eq!(
            recovery.description,
            "when serve fails with “port # is in use”, kill → serve overcomes it"
        );
        assert_eq!(recovery.occurrence_count, if port == 8080 { 1 } else { 2 });
        assert_eq!(completed.reward.learning_bonus, 0.1);
    }
}

#[tokio::test]
async fn patterns_have_a_bound_and_what_was_seen_often_stays() {
    let scratch = Scratch::new();
    for _ in 0..3 {
        episode(
            &scratch.memory,
            "Often",
            &["keep", "this"],
            OutcomeKind::Success,
        )
        .await;
    }
    for n in 0..40 {
        let id = create(&scratch.memory, "Noise").await;
        for number in 1..=12 {
            let new = NewStep::new(id, number, &format!("tool-{n}-{number}"), "go");
            scratch.memory.add_episode_step(new).await.unwrap();
        }
        complete(&scratch.memory, id, OutcomeKind::Success).await;
    }
    let asked = AnalyzePatterns {
        task_type: TaskType::Debugging,
        min_success_rate: Some(0.0),
        limit: Some(1),
    };
    let analyzed = scratch.memory.analyze_patterns(asked).await.unwrap();
    let max = vesicle_memory::limits::PATTERNS_PER_SCOPE_MAX;
    assert!(
        analyzed.statistics.total_patterns <= max + max / 4,
        "{}",
        analyzed.statistics.total_patterns
    );
    let last = episode(
        &scratch.memory,
        "Often",
        &["keep", "this"],
        OutcomeKind::Success,
    )
    .await;
    assert_eq!(
        sequence(&last.patterns, &["keep", "this"])
            .unwrap()
            .occurrence_count,
        4
    );
}
