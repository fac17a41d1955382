//! What is learned at completion, and what becomes of it.

use vesicle_memory::memory::{
    AnalyzePatterns, NewFeedback, NewStep, RecommendPatterns, RecommendPlaybook, SearchPatterns,
};
use vesicle_memory::{Memory, Outcome, OutcomeKind, Pattern, PatternBody, PatternKind, TaskType};

use crate::shared::*;

fn sequence<'a>(patterns: &'a [Pattern], tools: &[&str]) -> Option<&'a Pattern> {
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

async fn train(memory: &Memory) {
    for n in 0..6 {
        episode(
            memory,
            &format!("Deploy the shop {n}"),
            &["build", "test", "deploy"],
            OutcomeKind::Success,
        )
        .await;
        episode(
            memory,
            &format!("Deploy the shop {n}"),
            &["deploy", "panic"],
            OutcomeKind::Failure,
        )
        .await;
    }
}

#[tokio::test]
async fn what_fails_becomes_an_anti_pattern_and_advice_against_it() {
    let scratch = Scratch::new();
    train(&scratch.memory).await;
    let last = episode(
        &scratch.memory,
        "Deploy",
        &["deploy", "panic"],
        OutcomeKind::Failure,
    )
    .await;
    let bad = sequence(&last.patterns, &["deploy", "panic"]).unwrap();
    assert!(bad.is_anti_pattern);
    let explained = scratch
        .memory
        .explain_pattern(bad.pattern_id)
        .await
        .unwrap();
    assert_eq!(explained.episodes.len(), 7);
    let advice = explained.heuristic.unwrap();
    assert_eq!(
        advice.action,
        "do it another way than this, which rather fails: deploy → panic"
    );
    assert_eq!(advice.evidence.sample_size, 7);
    insta::assert_snapshot!(explained.explanation, @"This is a sequence of tools: deploy → panic follow each other. It was seen in 7 episodes of debugging in web; 0 of them succeeded and 7 failed. With so many, the success rate is 0 % at least (95 % Wilson bound), and their mean reward is 0.00, -0.59 against the usual. Work that shows it rather fails: do it another way.");
}

#[tokio::test]
async fn statistics_are_measured_and_not_echoed() {
    let scratch = Scratch::new();
    train(&scratch.memory).await;
    let analyze = async |least| {
        let asked = AnalyzePatterns {
            task_type: TaskType::Debugging,
            min_success_rate: Some(least),
            limit: None,
        };
        scratch.memory.analyze_patterns(asked).await.unwrap()
    };
    let good = analyze(0.9).await;
    assert_eq!(good.statistics.avg_success_rate, Some(1.0));
    assert!(
        good.statistics
            .most_common_tools
            .contains(&"build".to_owned())
    );
    let all = analyze(0.0).await;
    assert!(all.statistics.total_patterns > good.statistics.total_patterns);
    assert!(all.statistics.avg_success_rate.unwrap() < 1.0);
}

#[tokio::test]
async fn recommendations_leave_out_what_fails_and_say_why() {
    let scratch = Scratch::new();
    train(&scratch.memory).await;
    let asked = SearchPatterns {
        query: "deploy and panic".to_owned(),
        domain: "web".to_owned(),
        tags: Vec::new(),
        limit: None,
        min_relevance: Some(0.0),
        filter_by_domain: true,
    };
    let searched = scratch.memory.search_patterns(asked).await.unwrap();
    assert!(searched.results.iter().any(|hit| hit.is_anti_pattern));
    let asked = RecommendPatterns {
        task_description: "deploy the shop".to_owned(),
        domain: "web".to_owned(),
        tags: Vec::new(),
        limit: Some(10),
        episode_id: None,
    };
    let recommended = scratch.memory.recommend_patterns(asked).await.unwrap();
    assert!(!recommended.results.is_empty());
    assert!(recommended.results.iter().all(|hit| !hit.is_anti_pattern));
    let descriptions: Vec<_> = recommended
        .results
        .iter()
        .map(|hit| hit.description.as_str())
        .collect();
    assert!(
        descriptions.contains(&"build → test → deploy follow each other"),
        "{descriptions:?}"
    );
    assert!(
        !descriptions.contains(&"test → deploy follow each other"),
        "a part of the whole says nothing more"
    );
}

#[tokio::test]
async fn feedback_moves_later_rankings() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    for _ in 0..3 {
        episode(memory, "Tidy up", &["lint", "format"], OutcomeKind::Success).await;
        episode(
            memory,
            "Tidy up",
            &["sweep", "polish"],
            OutcomeKind::Success,
        )
        .await;
    }
    let recommend = async |episode_id| {
        let asked = RecommendPatterns {
            task_description: "tidy up".to_owned(),
            domain: "web".to_owned(),
            tags: Vec::new(),
            limit: Some(2),
            episode_id,
        };
        memory.recommend_patterns(asked).await.unwrap()
    };
    let id = create(memory, "Tidy up again").await;
    let first = recommend(Some(id)).await;
    let second_best = first.results[1].id;
    let feedback = NewFeedback {
        session_id: first.attribution.unwrap().session_id,
        applied_pattern_ids: vec![second_best],
        consulted_episode_ids: Vec::new(),
        outcome: Outcome::Success {
            verdict: "done".to_owned(),
            artifacts: Vec::new(),
        },
        agent_rating: Some(0.9),
    };
    memory
        .record_recommendation_feedback(feedback.clone())
        .await
        .unwrap();
    memory
        .record_recommendation_feedback(feedback.clone())
        .await
        .unwrap();
    let mut other = feedback.clone();
    other.agent_rating = Some(0.1);
    assert!(memory.record_recommendation_feedback(other).await.is_err());
    let after = recommend(None).await;
    assert_eq!(after.results[0].id, second_best);
    assert_eq!(after.results[0].times_applied, 1);
    assert_eq!(
        memory.get_episode(id).await.unwrap().applied_patterns,
        [second_best]
    );
    let stats = memory.get_recommendation_stats().await.unwrap();
    assert_eq!((stats.total_sessions, stats.total_feedback), (1, 1));
    assert_eq!(stats.adoption_rate, Some(0.5));
    assert_eq!(stats.success_after_adoption_rate, Some(1.0));
}

#[tokio::test]
async fn a_playbook_is_made_of_what_succeeded() {
    let scratch = Scratch::new();
    let ask = || RecommendPlaybook {
        task_description: "deploy the shop".to_owned(),
        domain: "web".to_owned(),
        task_type: None,
        max_steps: None,
        language: None,
        framework: None,
        tags: Vec::new(),
        episode_id: None,
    };
    assert!(
        scratch
            .memory
            .recommend_playbook(ask())
            .await
            .unwrap()
            .playbook
            .is_none()
    );
    train(&scratch.memory).await;
    let playbook = scratch
        .memory
        .recommend_playbook(ask())
        .await
        .unwrap()
        .playbook
        .unwrap();
    let tools: Vec<_> = playbook
        .ordered_steps
        .iter()
        .map(|step| step.tool.as_str())
        .collect();
    assert_eq!(tools, ["build", "test", "deploy"]);
    assert!(
        playbook
            .when_not_to_apply
            .iter()
            .any(|text| text.contains("panic"))
    );
    assert!(
        !playbook.supporting_episode_ids.is_empty() && !playbook.supporting_pattern_ids.is_empty()
    );
    assert!(playbook.confidence > 0.0 && playbook.confidence < 1.0);
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
