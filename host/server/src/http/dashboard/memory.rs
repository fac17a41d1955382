//! Searches of the memory. Each account searches its own, admins too: what somebody's agents remember is no figure of the host.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use serde_json::{Value, json};
use vesicle_memory::{
    Episode, EpisodeId, Error, ErrorCode, Memory, Step,
    limits::PATTERN_SEARCH_MAX,
    memory::{Query, SearchPatterns, Sort},
};

use super::{Dashboard, of_json, parameter, redacted, wrong};
use crate::audit::cut;

/// How many hits are told.
const HITS_MAX: usize = 30;
/// How many steps of an episode are told; the others are counted.
const STEPS_MAX: usize = 100;
/// The longest text of an episode or a step that is told whole, in bytes.
const TEXT_BYTES_MAX: usize = 2_000;

/// Episodes for `q`, of `domain` where that is given; the newest where nothing is looked for.
pub async fn episodes(state: State<Arc<Dashboard>>, request: Request) -> Response {
    answered(state, request, async |memory, head| {
        let text = parameter(&head, "q").unwrap_or_default();
        let sort = match text.trim().is_empty() {
            true => Sort::Newest,
            false => Sort::Relevance,
        };
        let query = Query {
            query: text,
            domain: parameter(&head, "domain"),
            limit: Some(HITS_MAX),
            sort,
            ..Query::default()
        };
        let found = memory.query_memory(query).await?;
        let hits = found.episodes.iter().map(|hit| {
            let mut told = short(&hit.episode);
            told["relevance"] = json!(hit.relevance);
            told
        });
        Ok(json!({
            "episodes": hits.collect::<Vec<_>>(),
            "total": found.insights.total_episodes,
            "warnings": found.warnings,
        }))
    })
    .await
}

/// One episode, with its steps.
pub async fn episode(
    state: State<Arc<Dashboard>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answered(state, request, async |memory, _| {
        let id: EpisodeId = id.parse()?;
        let episode = memory.get_episode(id).await?;
        let mut told = short(&episode);
        let (steps, omitted) = steps(&episode.steps);
        told["steps"] = steps;
        told["steps_omitted"] = json!(omitted);
        told["reflection"] = json!(episode.reflection);
        Ok(told)
    })
    .await
}

/// Patterns for `q`; those that did best where nothing is looked for.
pub async fn patterns(state: State<Arc<Dashboard>>, request: Request) -> Response {
    answered(state, request, async |memory, head| {
        let text = parameter(&head, "q");
        let domain = parameter(&head, "domain");
        let asked = SearchPatterns {
            // Without a word of its own, what counts is how patterns did.
            query: text
                .filter(|text| !text.trim().is_empty())
                .unwrap_or("*".to_owned()),
            filter_by_domain: domain.is_some(),
            domain: domain.unwrap_or_default(),
            tags: vec![],
            limit: Some(HITS_MAX.min(PATTERN_SEARCH_MAX)),
            min_relevance: Some(0.0),
        };
        let found = memory.search_patterns(asked).await?;
        Ok(json!({"patterns": found.results, "total": found.total_searched}))
    })
    .await
}

async fn answered(
    State(dashboard): State<Arc<Dashboard>>,
    request: Request,
    work: impl AsyncFnOnce(Memory, Parts) -> Result<Value, Error>,
) -> Response {
    let (head, _) = request.into_parts();
    let viewer = match dashboard.viewer(&head).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let answer = match viewer.seen().memory.open().await {
        Ok(memory) => work(memory.clone(), head).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(value) => of_json(redacted(&viewer, &value)),
        Err(error) => {
            let status = match error.code() {
                ErrorCode::NotFound => StatusCode::NOT_FOUND,
                ErrorCode::InvalidInput | ErrorCode::LimitExceeded => StatusCode::BAD_REQUEST,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            let why = viewer.seen().secrets.redact(error.to_string());
            wrong(status, &why)
        }
    }
}

fn short(episode: &Episode) -> Value {
    json!({
        "id": episode.episode_id,
        "task": cut(&episode.task_description, TEXT_BYTES_MAX),
        "domain": episode.context.domain,
        "task_type": episode.task_type,
        "tags": episode.tags,
        "start_time": episode.start_time,
        "duration_s": episode.duration_seconds(),
        "step_count": episode.steps.len(),
        "outcome": episode.outcome.as_ref().map(|outcome| outcome.kind().as_str()),
        "summary": episode.outcome.as_ref().map(|outcome| cut(outcome.summary(), TEXT_BYTES_MAX)),
        "reward": episode.reward.map(|reward| reward.total),
    })
}

/// The first of them, and how many more there are.
fn steps(all: &[Step]) -> (Value, usize) {
    let told = all.iter().take(STEPS_MAX).map(step).collect();
    (told, all.len().saturating_sub(STEPS_MAX))
}

fn step(step: &Step) -> Value {
    json!({
        "number": step.step_number,
        "tool": step.tool,
        "action": cut(&step.action, TEXT_BYTES_MAX),
        "result": step.result_kind(),
        "latency_ms": step.latency_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_that_is_told_and_the_first_that_is_counted() {
        let step = json!({"step_number": 1, "timestamp": "2026-11-21T20:00:00Z", "tool": "t", "action": "a"});
        let step: Step = serde_json::from_value(step).unwrap();
        for (count, told, more) in [(STEPS_MAX, STEPS_MAX, 0), (STEPS_MAX + 1, STEPS_MAX, 1)] {
            let (shown, omitted) = steps(&vec![step.clone(); count]);
            assert_eq!((shown.as_array().unwrap().len(), omitted), (told, more));
        }
    }
}
