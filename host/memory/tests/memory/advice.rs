//! What is advised, and what advice comes to.

use vesicle_memory::memory::{
    AnalyzePatterns, NewFeedback, RecommendPatterns, RecommendPlaybook, SearchPatterns,
};
use vesicle_memory::{Memory, Outcome, OutcomeKind, TaskType};

use crate::learning::sequence;
use crate::shared::*;

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
