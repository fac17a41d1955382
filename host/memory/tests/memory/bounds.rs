//! Every bound of what may be written, at its edge.

use serde_json::json;
use vesicle_memory::limits::*;
use vesicle_memory::memory::{NewEpisode, NewStep, UpdateEpisode};
use vesicle_memory::{ErrorCode, OutcomeKind, StepResult, TaskType};

use crate::shared::*;

#[tokio::test]
async fn descriptions_and_labels_have_bounds() {
    let scratch = Scratch::new();
    let new = |description: String, domain: String| {
        NewEpisode::new(&description, &domain, TaskType::Testing)
    };
    let longest = "é".repeat(DESCRIPTION_BYTES_MAX / 2);
    let domain = "d".repeat(LABEL_BYTES_MAX);
    scratch
        .memory
        .create_episode(new(longest.clone(), domain.clone()))
        .await
        .unwrap();
    let error = scratch
        .memory
        .create_episode(new(format!("{longest}x"), domain.clone()))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"task_description has 10001 bytes, and 10000 are the most; shorten it");
    let error = scratch
        .memory
        .create_episode(new("x".into(), format!("{domain}d")))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"domain has 201 bytes, and 200 are the most; shorten it");
    let error = scratch
        .memory
        .create_episode(new("a\0b".into(), "d".into()))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"task_description has a NUL character in it; leave it out");
    let error = scratch
        .memory
        .create_episode(new("  ".into(), "d".into()))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"task_description is empty; say something there");
}

#[tokio::test]
async fn episodes_have_so_many_steps() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Long").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 1..=STEPS_MAX as u32 {
        let memory = scratch.memory.clone();
        tasks.spawn(async move {
            memory
                .add_episode_step(NewStep::new(id, number, "go", "on"))
                .await
                .unwrap()
        });
    }
    tasks.join_all().await;
    let error = scratch
        .memory
        .add_episode_step(NewStep::new(id, 1001, "go", "on"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::LimitExceeded);
    for (number, is_taken) in [
        (0, false),
        (STEP_NUMBER_MAX, true),
        (STEP_NUMBER_MAX + 1, false),
    ] {
        let id = create(&scratch.memory, "Numbers").await;
        let added = scratch
            .memory
            .add_episode_step(NewStep::new(id, number, "go", "on"))
            .await;
        assert_eq!(added.is_ok(), is_taken, "{number}");
    }
}

#[tokio::test]
async fn artifacts_and_episodes_have_so_many_bytes() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Large").await;
    let mut with = outcome(id, OutcomeKind::Success);
    with.artifacts = vec!["a".repeat(ARTIFACT_BYTES_MAX + 1)];
    let error = scratch
        .memory
        .complete_episode(with.clone())
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"an artifact of artifacts has 1000001 bytes, and 1000000 are the most; shorten it");
    with.artifacts = vec!["a".repeat(ARTIFACT_BYTES_MAX)];
    scratch.memory.complete_episode(with).await.unwrap();

    let id = create(&scratch.memory, "Larger").await;
    let large = |number, bytes| {
        let output = "x".repeat(bytes);
        NewStep::new(id, number, "read", "all").with_result(StepResult::Success { output })
    };
    scratch
        .memory
        .add_episode_step(large(1, EPISODE_BYTES_MAX - 5_000))
        .await
        .unwrap();
    let error = scratch
        .memory
        .add_episode_step(large(2, 5_000))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::LimitExceeded);
    scratch
        .memory
        .add_episode_step(large(2, 1_000))
        .await
        .unwrap();
}

#[tokio::test]
async fn parameters_are_not_too_deep() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Deep").await;
    let nested = |levels: usize| {
        let mut step = NewStep::new(id, levels as u32, "go", "deep");
        let value = (1..levels).fold(json!(1), |value, _| json!([value]));
        step.parameters.insert("value".to_owned(), value);
        step
    };
    scratch
        .memory
        .add_episode_step(nested(JSON_DEPTH_MAX))
        .await
        .unwrap();
    let error = scratch
        .memory
        .add_episode_step(nested(JSON_DEPTH_MAX + 1))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"parameters is nested deeper than 64 levels; make it flatter");
}

#[tokio::test]
async fn metadata_has_bounds() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    for (key, value, is_taken) in [
        (
            "k".repeat(METADATA_KEY_BYTES_MAX),
            "v".repeat(METADATA_VALUE_BYTES_MAX),
            true,
        ),
        (
            "k".repeat(METADATA_KEY_BYTES_MAX + 1),
            "v".to_owned(),
            false,
        ),
        (
            "k".to_owned(),
            "v".repeat(METADATA_VALUE_BYTES_MAX + 1),
            false,
        ),
    ] {
        let mut update = UpdateEpisode::new(id);
        update.metadata.insert(key, value);
        assert_eq!(
            scratch.memory.update_episode(update).await.is_ok(),
            is_taken
        );
    }
    let mut update = UpdateEpisode::new(id);
    update
        .metadata
        .extend((1..METADATA_MAX).map(|n| (n.to_string(), String::new())));
    scratch.memory.update_episode(update.clone()).await.unwrap();
    update.metadata.insert("more".to_owned(), String::new());
    assert!(scratch.memory.update_episode(update).await.is_err());
}
