//! What several tests need.

use vesicle_memory::memory::{CompleteEpisode, Completed, NewEpisode, NewStep, Query};
use vesicle_memory::{EpisodeId, Memory, OutcomeKind, StepResult, TaskType};

pub use crate::place::*;

pub async fn create(memory: &Memory, description: &str) -> EpisodeId {
    create_in(memory, description, "web", TaskType::Debugging).await
}

pub async fn create_in(
    memory: &Memory,
    description: &str,
    domain: &str,
    task_type: TaskType,
) -> EpisodeId {
    let new = NewEpisode::new(description, domain, task_type);
    memory.create_episode(new).await.unwrap().episode_id
}

pub async fn step(memory: &Memory, id: EpisodeId, number: u32, tool: &str, action: &str) {
    let step = NewStep::new(id, number, tool, action).with_result(StepResult::Success {
        output: "done".to_owned(),
    });
    memory.add_episode_step(step).await.unwrap();
}

pub async fn fail(memory: &Memory, id: EpisodeId, number: u32, tool: &str, message: &str) {
    let step = NewStep::new(id, number, tool, "try it").with_result(StepResult::Error {
        message: message.to_owned(),
    });
    memory.add_episode_step(step).await.unwrap();
}

pub async fn complete(memory: &Memory, id: EpisodeId, kind: OutcomeKind) -> Completed {
    memory.complete_episode(outcome(id, kind)).await.unwrap()
}

pub fn outcome(id: EpisodeId, kind: OutcomeKind) -> CompleteEpisode {
    CompleteEpisode {
        episode_id: id,
        outcome_type: kind,
        verdict: Some("It works as it should now".to_owned()),
        artifacts: Vec::new(),
        completed: Vec::new(),
        failed: Vec::new(),
        reason: Some("It could not be made to work".to_owned()),
        error_details: None,
    }
}

/// An episode with these tools as steps, completed.
pub async fn episode(
    memory: &Memory,
    description: &str,
    tools: &[&str],
    kind: OutcomeKind,
) -> Completed {
    let id = create(memory, description).await;
    for (number, tool) in (1..).zip(tools) {
        step(memory, id, number, tool, "do it").await;
    }
    complete(memory, id, kind).await
}

/// The ids that a query finds, best first.
pub async fn found(memory: &Memory, query: &str) -> Vec<EpisodeId> {
    let query = Query {
        query: query.to_owned(),
        ..Query::default()
    };
    let found = memory.query_memory(query).await.unwrap();
    found
        .episodes
        .iter()
        .map(|hit| hit.episode.episode_id)
        .collect()
}
