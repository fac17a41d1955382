//! The rules of writing, and their bounds.

use serde_json::json;
use vesicle_memory::limits::*;
use vesicle_memory::memory::{NewStep, UpdateEpisode};
use vesicle_memory::{EpisodeId, ErrorCode, OutcomeKind};

use crate::shared::*;

#[tokio::test]
async fn an_acknowledged_step_is_readable_at_once_and_after_a_restart() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    step(&scratch.memory, id, 2, "edit", "change it").await;
    step(&scratch.memory, id, 1, "read", "look at it").await;
    for memory in [scratch.memory.clone(), scratch.again()] {
        let episode = memory.get_episode(id).await.unwrap();
        let steps: Vec<_> = episode
            .steps
            .iter()
            .map(|step| (step.step_number, step.tool.as_str()))
            .collect();
        assert_eq!(steps, [(1, "read"), (2, "edit")]);
    }
    // The third fault of the public server: a completion after a restart did not find the episode.
    let completed = complete(&scratch.again(), id, OutcomeKind::Success).await;
    assert_eq!(completed.outcome_type, "success");
}

#[tokio::test]
async fn a_step_of_an_unknown_episode_is_an_error() {
    let scratch = Scratch::new();
    let unknown: EpisodeId = "01900000-0000-7000-8000-000000000000".parse().unwrap();
    let error = scratch
        .memory
        .add_episode_step(NewStep::new(unknown, 1, "read", ""))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
    insta::assert_snapshot!(error, @"there is no episode 01900000-0000-7000-8000-000000000000; take an id that create_episode or a query answered with");
    let nonsense = "';--".parse::<EpisodeId>().unwrap_err();
    insta::assert_snapshot!(nonsense, @r#""';--" is no id of an episode; an id is a UUID, such as 019a0000-0000-7000-8000-000000000000"#);
}

#[tokio::test]
async fn the_same_step_twice_is_one_and_another_is_a_conflict() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    let new = |action: &str| {
        let mut step = NewStep::new(id, 1, "edit", action);
        step.parameters = json!({"path": "a.rs", "n": 1.5})
            .as_object()
            .unwrap()
            .clone();
        step
    };
    let first = scratch
        .memory
        .add_episode_step(new("change"))
        .await
        .unwrap();
    let second = scratch
        .memory
        .add_episode_step(new("change"))
        .await
        .unwrap();
    assert_ne!(first.message, second.message);
    let error = scratch
        .memory
        .add_episode_step(new("other"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Conflict);
    assert_eq!(scratch.memory.get_episode(id).await.unwrap().steps.len(), 1);
    complete(&scratch.memory, id, OutcomeKind::Success).await;
    // What was acknowledged may be asked for again, also when it is over.
    scratch
        .memory
        .add_episode_step(new("change"))
        .await
        .unwrap();
    let late = scratch
        .memory
        .add_episode_step(NewStep::new(id, 2, "edit", ""))
        .await
        .unwrap_err();
    assert_eq!(late.code(), ErrorCode::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_neither_lose_nor_double_steps() {
    let scratch = Scratch::new();
    let other = scratch.again();
    let id = create(&scratch.memory, "Count").await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..32_u32 {
        let memory = if writer % 2 == 0 {
            scratch.memory.clone()
        } else {
            other.clone()
        };
        tasks.spawn(async move {
            for round in 0..20 {
                let number = 1 + (writer / 4) * 20 + round;
                let new = NewStep::new(id, number, "count", &format!("to {number}"));
                memory.add_episode_step(new).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let steps = scratch.memory.get_episode(id).await.unwrap().steps;
    let numbers: Vec<_> = steps.iter().map(|step| step.step_number).collect();
    assert_eq!(numbers, (1..=160).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_different_steps_under_one_number_one_wins() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Race").await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let memory = scratch.memory.clone();
        tasks.spawn(async move {
            memory
                .add_episode_step(NewStep::new(id, 1, "race", &writer.to_string()))
                .await
                .is_ok()
        });
    }
    let won = tasks
        .join_all()
        .await
        .into_iter()
        .filter(|won| *won)
        .count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn completing_twice_is_idempotent_when_equal_and_a_conflict_when_not() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    step(&scratch.memory, id, 1, "edit", "change it").await;
    step(&scratch.memory, id, 2, "test", "run it").await;
    let first = complete(&scratch.memory, id, OutcomeKind::Success).await;
    let second = complete(&scratch.again(), id, OutcomeKind::Success).await;
    assert_eq!(first.reward, second.reward);
    assert_eq!(first.reflection, second.reflection);
    assert_eq!(first.patterns, second.patterns, "nothing is counted twice");
    let error = scratch
        .memory
        .complete_episode(outcome(id, OutcomeKind::Failure))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::Conflict);
}

#[tokio::test]
async fn an_outcome_needs_its_sentence() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    let mut complete = outcome(id, OutcomeKind::Failure);
    complete.reason = None;
    let error = scratch.memory.complete_episode(complete).await.unwrap_err();
    insta::assert_snapshot!(error, @"outcome_type failure needs reason; say in a sentence how it ended");
}

#[tokio::test]
async fn updates_change_what_they_name() {
    let scratch = Scratch::new();
    let id = create(&scratch.memory, "Fix the login").await;
    let error = scratch
        .memory
        .update_episode(UpdateEpisode::new(id))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"there is nothing to change; send description, add_tags, remove_tags, set_tags or metadata");
    let mut update = UpdateEpisode::new(id);
    update.description = Some("Mend the checkout".to_owned());
    update.set_tags = Some(vec!["One".to_owned(), "two".to_owned()]);
    update.remove_tags = vec!["two".to_owned()];
    update.add_tags = vec!["three".to_owned()];
    update
        .metadata
        .insert("ticket".to_owned(), "T-1".to_owned());
    let updated = scratch.memory.update_episode(update).await.unwrap();
    assert_eq!(updated.updated_fields, ["description", "tags", "metadata"]);
    let episode = scratch.memory.get_episode(id).await.unwrap();
    assert_eq!(episode.tags, ["one", "three"]);
    assert_eq!(episode.metadata["ticket"], "T-1");
    assert_eq!(found(&scratch.memory, "checkout").await, [id]);
    assert!(
        found(&scratch.memory, "login").await.is_empty(),
        "the old text finds it no more"
    );
}

#[tokio::test]
async fn deleted_episodes_are_gone_everywhere() {
    let scratch = Scratch::new();
    let other = scratch.again();
    let id = create(&scratch.memory, "Fix the login").await;
    assert_eq!(found(&other, "login").await, [id]);
    let error = scratch.memory.delete_episode(id, false).await.unwrap_err();
    insta::assert_snapshot!(error, @"nothing was deleted; send confirm: true to delete the episode for good");
    scratch.memory.delete_episode(id, true).await.unwrap();
    assert!(scratch.memory.get_episode(id).await.is_err());
    assert!(found(&other, "login").await.is_empty());
    assert_eq!(
        scratch
            .memory
            .delete_episode(id, true)
            .await
            .unwrap_err()
            .code(),
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn many_episodes_are_read_at_once_and_missing_ones_are_named() {
    let scratch = Scratch::new();
    let first = create(&scratch.memory, "One").await;
    let second = create(&scratch.memory, "Two").await;
    let missing = EpisodeId::new();
    let bulk = scratch
        .memory
        .bulk_episodes(vec![second, missing, first])
        .await
        .unwrap();
    assert_eq!(
        (bulk.requested_count, bulk.found_count, bulk.missing_count),
        (3, 2, 1)
    );
    assert_eq!(bulk.missing, [missing]);
    assert_eq!(bulk.episodes[0].episode_id, second);
    scratch
        .memory
        .bulk_episodes(vec![missing; BULK_MAX])
        .await
        .unwrap();
    assert!(
        scratch
            .memory
            .bulk_episodes(vec![missing; BULK_MAX + 1])
            .await
            .is_err()
    );
}
