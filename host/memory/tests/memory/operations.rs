//! The other operations, each as the contract has it.

use vesicle_memory::limits::*;
use vesicle_memory::memory::batch::{
    AnalyzePatternBatch, BatchFilter, CompareEpisodes, Metric, QueryEpisodes, TimeRange,
};
use vesicle_memory::memory::{AskQuality, NewSession, NewStep, QualityRange};
use vesicle_memory::{EpisodeId, ErrorCode, OutcomeKind, ResultKind, SessionId, TaskType};

use crate::shared::*;

fn texts(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|&tag| tag.to_owned()).collect()
}

#[tokio::test]
async fn tags_are_added_removed_set_and_searched() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let first = create(memory, "One").await;
    let second = create(memory, "Two").await;
    let added = memory
        .add_episode_tags(first, &texts(&[" Rust ", "async"]))
        .await
        .unwrap();
    assert_eq!(added.tags_added.unwrap(), ["async", "rust"]);
    let added = memory
        .add_episode_tags(first, &texts(&["rust", "io"]))
        .await
        .unwrap();
    assert_eq!(added.tags_added.unwrap(), ["io"]);
    assert_eq!(added.current_tags, ["async", "io", "rust"]);
    let removed = memory
        .remove_episode_tags(first, &texts(&["io", "none"]))
        .await
        .unwrap();
    assert_eq!(removed.tags_removed.unwrap(), ["io"]);
    let set = memory
        .set_episode_tags(second, &texts(&["rust", "web"]))
        .await
        .unwrap();
    assert_eq!(set.tags_set.unwrap(), ["rust", "web"]);
    assert_eq!(
        memory.get_episode_tags(first).await.unwrap().current_tags,
        ["async", "rust"]
    );
    let search = async |tags: &[&str], all| {
        let found = memory
            .search_episodes_by_tags(&texts(tags), all, 100)
            .await
            .unwrap();
        found
            .episodes
            .iter()
            .map(|episode| episode.episode_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(search(&["rust", "web"], false).await, [second, first]);
    assert_eq!(search(&["rust", "web"], true).await, [second]);
    assert_eq!(search(&["nothing"], false).await, []);
    assert!(memory.search_episodes_by_tags(&[], false, 1).await.is_err());
    assert!(
        memory
            .add_episode_tags(first, &texts(&["a b"]))
            .await
            .is_err()
    );
    let many: Vec<String> = (0..TAGS_MAX - 1).map(|n| format!("tag-{n}")).collect();
    assert!(
        memory.add_episode_tags(first, &many).await.is_err(),
        "with what is there they are too many"
    );
    memory.set_episode_tags(first, &many).await.unwrap();
}

#[tokio::test]
async fn a_timeline_is_in_the_order_of_time() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    scratch
        .memory
        .add_episode_step(NewStep::new(id, 3, "wait", "for it"))
        .await
        .unwrap();
    step(&scratch.memory, id, 1, "read", "look").await;
    fail(&scratch.memory, id, 2, "edit", "no").await;
    complete(&scratch.memory, id, OutcomeKind::Success).await;
    let timeline = scratch.memory.get_episode_timeline(id).await.unwrap();
    let entries: Vec<_> = timeline
        .timeline
        .iter()
        .map(|entry| (entry.step_number, entry.result_type))
        .collect();
    assert_eq!(
        entries,
        [
            (3, ResultKind::Pending),
            (1, ResultKind::Success),
            (2, ResultKind::Error)
        ]
    );
    assert_eq!(timeline.step_count, 3);
    assert!(timeline.duration_seconds.unwrap() >= 0.0);
}

#[tokio::test]
async fn batches_have_episodes_and_what_they_come_to() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let good = episode(memory, "One", &["read", "edit"], OutcomeKind::Success)
        .await
        .episode_id;
    let bad = episode(memory, "Two", &["read"], OutcomeKind::Failure)
        .await
        .episode_id;
    let open = create(memory, "Three").await;
    let all = memory
        .batch_query_episodes(QueryEpisodes::default())
        .await
        .unwrap();
    let statistics = all.statistics.unwrap();
    assert_eq!(
        (
            statistics.total_episodes,
            statistics.completed,
            statistics.successful,
            statistics.failed
        ),
        (3, 2, 1, 1)
    );
    assert_eq!(statistics.success_rate, Some(0.5));
    assert_eq!(statistics.avg_steps, Some(1.0));
    let asked = QueryEpisodes {
        episode_ids: vec![good, bad, open, EpisodeId::new()],
        filter: BatchFilter {
            success_only: true,
            ..BatchFilter::default()
        },
        include_steps: false,
        include_patterns: true,
        ..QueryEpisodes::default()
    };
    let some = memory.batch_query_episodes(asked).await.unwrap();
    assert_eq!((some.requested_count, some.found_count), (4, 1));
    assert_eq!(some.episodes[0]["step_count"], 2);
    assert_eq!(
        some.episodes[0]["patterns"][0]["pattern_type"],
        "tool_sequence"
    );
    assert!(some.episodes[0].get("reflection").is_none());
    let page = QueryEpisodes {
        limit: 1,
        offset: 2,
        ..QueryEpisodes::default()
    };
    let page = memory.batch_query_episodes(page).await.unwrap();
    assert_eq!((page.requested_count, page.found_count), (3, 1));
    assert_eq!(page.episodes[0]["episode_id"], good.to_string());
}

#[tokio::test]
async fn episodes_are_compared() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let good = episode(memory, "One", &["read", "edit"], OutcomeKind::Success)
        .await
        .episode_id;
    let bad = episode(
        memory,
        "Two",
        &["read", "guess", "guess"],
        OutcomeKind::Failure,
    )
    .await
    .episode_id;
    let asked = CompareEpisodes {
        episode_ids: vec![bad, good],
        compare_metrics: vec![Metric::StepCount, Metric::RewardScore],
        compare_approaches: true,
        generate_insights: true,
    };
    let compared = memory.batch_compare_episodes(asked.clone()).await.unwrap();
    for comparison in &compared.comparisons {
        assert_eq!((comparison.best, comparison.worst), (Some(good), Some(bad)));
    }
    let approaches = compared.approach_comparison.unwrap();
    assert_eq!(approaches.common_tools, ["read"]);
    assert_eq!(approaches.only_in_successes, ["edit"]);
    assert_eq!(approaches.only_in_failures, ["guess"]);
    assert!(
        compared
            .insights
            .contains(&"only what succeeded used edit".to_owned())
    );
    for (count, is_taken) in [
        (1, false),
        (2, true),
        (COMPARE_MAX, true),
        (COMPARE_MAX + 1, false),
    ] {
        let episode_ids = vec![good; count];
        let compared = memory
            .batch_compare_episodes(CompareEpisodes {
                episode_ids,
                ..asked.clone()
            })
            .await;
        assert_eq!(compared.is_ok(), is_taken, "{count}");
    }
}

#[tokio::test]
async fn patterns_of_a_domain_are_analyzed() {
    let scratch = Scratch::new();
    for _ in 0..5 {
        episode(
            &scratch.memory,
            "Good",
            &["read", "edit"],
            OutcomeKind::Success,
        )
        .await;
        episode(
            &scratch.memory,
            "Bad",
            &["guess", "edit"],
            OutcomeKind::Failure,
        )
        .await;
    }
    let analyze = async |domain: &str| {
        let asked = AnalyzePatternBatch {
            domain: domain.to_owned(),
            task_type: None,
            time_range: TimeRange::default(),
            min_episodes: None,
            min_success_rate: None,
            include_anti_patterns: true,
            limit: None,
        };
        scratch.memory.batch_pattern_analysis(asked).await.unwrap()
    };
    let web = analyze("web").await;
    assert_eq!(web.analysis.episodes_analyzed, 10);
    assert_eq!(
        web.analysis.successful_patterns[0].description,
        "read → edit follow each other"
    );
    assert_eq!(web.analysis.successful_patterns[0].occurrences, 5);
    assert_eq!(
        web.analysis.anti_patterns[0].description,
        "guess → edit follow each other"
    );
    assert_eq!(web.recommendations.len(), 2);
    let none = analyze("other").await;
    assert_eq!(none.analysis.total_patterns_found, 0);
    assert_eq!(none.recommendations.len(), 1);
}

#[tokio::test]
async fn quality_is_of_all_domains() {
    let scratch = Scratch::new();
    for domain in ["web", "cli"] {
        let id = create_in(&scratch.memory, "Fix it", domain, TaskType::Debugging).await;
        complete(&scratch.memory, id, OutcomeKind::Success).await;
    }
    for time_range in [QualityRange::All, QualityRange::Day] {
        let asked = AskQuality {
            time_range,
            ..AskQuality::default()
        };
        let metrics = scratch.memory.quality_metrics(asked).await.unwrap();
        assert_eq!(metrics.total_episodes, 2);
        assert_eq!(metrics.distribution.iter().sum::<usize>(), 2);
        assert_eq!(metrics.episodes_accepted + metrics.episodes_rejected, 2);
        assert!(metrics.average_quality_score.unwrap() > 0.0);
    }
}

#[tokio::test]
async fn sessions_are_noted_once() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    let done = episode(memory, "Good", &["read", "edit"], OutcomeKind::Success).await;
    let id = create(memory, "Next").await;
    let new = NewSession {
        episode_id: id,
        recommended_pattern_ids: vec![done.patterns[0].pattern_id],
        recommended_playbook_ids: Vec::new(),
        session_id: Some(SessionId::new()),
    };
    let first = memory
        .record_recommendation_session(new.clone())
        .await
        .unwrap();
    let second = memory
        .record_recommendation_session(new.clone())
        .await
        .unwrap();
    assert_eq!(first.session_id, second.session_id);
    let explained = memory
        .explain_pattern(done.patterns[0].pattern_id)
        .await
        .unwrap();
    assert_eq!(explained.pattern.effectiveness.times_retrieved, 1);
    let other = NewSession {
        recommended_pattern_ids: Vec::new(),
        ..new
    };
    assert_eq!(
        memory
            .record_recommendation_session(other)
            .await
            .unwrap_err()
            .code(),
        ErrorCode::Conflict
    );
}

#[tokio::test]
async fn statistics_and_health_are_measured() {
    let scratch = Scratch::new();
    episode(
        &scratch.memory,
        "Good",
        &["read", "edit"],
        OutcomeKind::Success,
    )
    .await;
    create(&scratch.memory, "Open").await;
    let stats = scratch.memory.stats().await.unwrap();
    assert_eq!(
        (
            stats.episodes,
            stats.completed,
            stats.successful,
            stats.steps
        ),
        (2, 1, 1, 2)
    );
    assert!(stats.patterns >= 2 && stats.store.bytes > 0);
    let health = scratch.memory.health().await;
    assert_eq!(health.status, "healthy");
    assert!(health.index.latency_ms > 0.0);
}
