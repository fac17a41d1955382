//! What finds an episode, and in which order.

use serde_json::json;
use vesicle_memory::memory::{NewEpisode, NewStep, Query};
use vesicle_memory::{EpisodeId, ErrorCode, Memory, OutcomeKind, StepResult, TaskType};

use crate::shared::*;

/// Episodes about everything, among which the others have to be found.
async fn crowd(memory: &Memory) {
    let things = [
        "invoice",
        "calendar",
        "image gallery",
        "shipping label",
        "weather widget",
        "chess engine",
    ];
    let deeds = [
        "Write documentation for the",
        "Refactor the",
        "Translate the",
        "Measure the startup of the",
        "Draw the",
    ];
    for deed in deeds {
        for thing in things {
            create_in(
                memory,
                &format!("{deed} {thing}"),
                "crowd",
                TaskType::Refactoring,
            )
            .await;
        }
    }
}

async fn with_output(memory: &Memory, description: &str, output: &str) -> EpisodeId {
    let id = create(memory, description).await;
    let step = NewStep::new(id, 1, "shell", "run it").with_result(StepResult::Error {
        message: output.to_owned(),
    });
    memory.add_episode_step(step).await.unwrap();
    id
}

#[tokio::test]
async fn a_paraphrase_a_typo_an_identifier_a_trace_and_chinese_find_their_episode() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    crowd(memory).await;
    let flaky = create(
        memory,
        "Fix the flaky login test in the authentication module",
    )
    .await;
    let trace = with_output(
        memory,
        "The server does not start",
        "thread 'main' panicked at src/settings/loader.rs:118:9:\ncalled `Option::unwrap()` on a `None` value\n   at parse_config (src/settings/parser.rs:42:17)",
    )
    .await;
    let chinese = create(memory, "修复用户登录页面的缓存错误").await;
    for (query, expected) in [
        ("repair an unstable sign-in test", flaky),
        ("flaky logn tset authentification", flaky),
        ("parse_config", trace),
        ("parseConfig", trace),
        ("prase_config", trace),
        ("panicked at src/settings/loader.rs:118:9", trace),
        ("登录缓存", chinese),
        ("页面错误", chinese),
    ] {
        assert_eq!(
            found(memory, query).await.first(),
            Some(&expected),
            "{query}"
        );
        assert_eq!(
            found(&scratch.again(), query).await.first(),
            Some(&expected),
            "{query} after a restart"
        );
    }
    complete(memory, trace, OutcomeKind::Failure).await;
    assert_eq!(found(memory, "prase_config").await.first(), Some(&trace));
}

#[tokio::test]
async fn a_query_need_not_stand_in_the_text_as_it_is() {
    let scratch = Scratch::new();
    crowd(&scratch.memory).await;
    let id = create(
        &scratch.memory,
        "Implement retry logic for failed HTTP requests",
    )
    .await;
    let query = "how did we retry requests over http that failed";
    assert_eq!(found(&scratch.memory, query).await.first(), Some(&id));
}

#[tokio::test]
async fn old_episodes_are_found_as_well() {
    let scratch = Scratch::new();
    let first = create(&scratch.memory, "Calibrate the seismograph").await;
    crowd(&scratch.memory).await;
    assert_eq!(
        found(&scratch.memory, "seismograph").await.first(),
        Some(&first)
    );
}

#[tokio::test]
async fn text_of_parameters_outcomes_tags_and_metadata_is_searched() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    crowd(memory).await;
    let mut new = NewEpisode::new("Something", "web", TaskType::Analysis);
    new.tags = vec!["zeppelin".to_owned()];
    new.framework = Some("quarkus".to_owned());
    let id = memory.create_episode(new).await.unwrap().episode_id;
    let mut step = NewStep::new(id, 1, "xylophone", "play");
    step.parameters = json!({"nested": [{"deep": "marimba"}], "n": 271828})
        .as_object()
        .unwrap()
        .clone();
    memory.add_episode_step(step).await.unwrap();
    for query in ["zeppelin", "quarkus", "xylophone", "marimba", "271828"] {
        assert_eq!(found(memory, query).await.first(), Some(&id), "{query}");
    }
    let mut end = outcome(id, OutcomeKind::Success);
    end.artifacts = vec!["wrote glockenspiel.md".to_owned()];
    memory.complete_episode(end).await.unwrap();
    for query in ["glockenspiel", "marimba"] {
        assert_eq!(found(memory, query).await.first(), Some(&id), "{query}");
    }
}

#[tokio::test]
async fn successes_come_before_failures_of_the_same_task() {
    let scratch = Scratch::new();
    let memory = &scratch.memory;
    crowd(memory).await;
    let mut ids = Vec::new();
    for kind in [OutcomeKind::Success, OutcomeKind::Failure] {
        ids.push(
            episode(
                memory,
                "Migrate the billing tables",
                &["read", "edit"],
                kind,
            )
            .await
            .episode_id,
        );
    }
    assert_eq!(found(memory, "migrate billing tables").await[..2], ids[..]);
}

#[tokio::test]
async fn every_hit_says_why() {
    let scratch = Scratch::new();
    create(&scratch.memory, "Fix the login").await;
    let query = Query {
        query: "login".to_owned(),
        ..Query::default()
    };
    let found = scratch.memory.query_memory(query).await.unwrap();
    let hit = &found.episodes[0];
    let why = serde_json::to_value(hit.why).unwrap();
    let parts = [
        "lexical",
        "semantic",
        "task_type",
        "domain",
        "recency",
        "outcome",
        "reward",
    ];
    let sum: f64 = parts.iter().map(|part| why[part].as_f64().unwrap()).sum();
    assert!((sum - hit.relevance).abs() < 1e-9);
    assert!(why["bm25"].as_f64().unwrap() > 0.0);
    assert!(why["similarity"].as_f64().unwrap() > 0.0);
    assert!(hit.relevance > 0.5 && hit.relevance <= 1.0);
}

#[tokio::test]
async fn syntax_of_queries_is_text() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the NEAR operator in search").await;
    for query in [
        "\"",
        "NEAR",
        "NEAR(a b, 3)",
        "*",
        "a* OR b*",
        "' OR 1=1 --",
        "%",
        "\\",
        "col:near",
        "^near",
        "(",
        "{near}",
        "😀",
        "\u{202e}",
    ] {
        let found = found(&scratch.memory, query).await;
        let has_word = query.to_lowercase().contains("near");
        assert_eq!(found.contains(&id), has_word, "{query}");
    }
    let nul = Query {
        query: "a\0b".to_owned(),
        ..Query::default()
    };
    assert_eq!(
        scratch.memory.query_memory(nul).await.unwrap_err().code(),
        ErrorCode::InvalidInput
    );
}

#[tokio::test]
async fn similar_episodes_leave_out_the_one_itself() {
    let scratch = Scratch::new();
    crowd(&scratch.memory).await;
    let first = create(&scratch.memory, "Fix the flaky login test").await;
    let second = create(&scratch.memory, "Repair the unstable login test").await;
    let similar = scratch.memory.similar_episodes(first, 3).await.unwrap();
    assert_eq!(similar[0].episode.episode_id, second);
    assert!(similar.iter().all(|hit| hit.episode.episode_id != first));
}

#[tokio::test]
async fn indexes_of_several_processes_follow_each_other() {
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
    let mut all = found(&other, "words").await;
    assert_eq!(all.len(), 10, "as many as a query gets");
    all.dedup();
    assert_eq!(all.len(), 10);
}
