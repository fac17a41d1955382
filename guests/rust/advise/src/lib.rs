//! Asks the memory what worked before, and calls tools with that beside it. `wit/world.wit` says how.

wit_bindgen::generate!({
    path: "wit",
    world: "advise",
    generate_all,
});

use vesicle::plugin::{
    memory_query::{self, Filter, Hit, Pattern},
    memory_record::{self, Episode, Step, StepResult},
    tool_call,
    types::Error,
};

/// How many of each kind are told where nothing is said.
const LIMIT: u32 = 5;
/// How many are told at most.
const LIMIT_MAX: u32 = 20;
/// The kind of pattern that tells what was done about a failure.
const RECOVERY: &str = "error_recovery";

struct Plugin;

export!(Plugin);

impl Guest for Plugin {
    fn advise(task: String, domain: Option<String>, limit: Option<u32>) -> Result<Advice, Refusal> {
        let limit = limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
        let filter = Filter {
            domain,
            task_type: None,
            tags: Vec::new(),
            successful: true,
        };
        let precedents = memory_query::query(&task, &filter, limit).map_err(refusal)?;
        let lessons = memory_query::patterns(&task, &filter, limit).map_err(refusal)?;
        // Advice is good without tools, and there are none where none are granted.
        let tools = tool_call::search(&task, limit).unwrap_or_default();
        Ok(Advice {
            precedents: precedents.into_iter().map(precedent).collect(),
            lessons: lessons.into_iter().map(lesson).collect(),
            tools: tools
                .into_iter()
                .map(|tool| Candidate {
                    name: tool.name,
                    description: tool.description,
                })
                .collect(),
        })
    }

    fn attempt(task: String, tool: String, arguments: String) -> Result<String, Trouble> {
        tool_call::call(&tool, &arguments).map_err(|error| {
            let (reason, message) = told(error);
            Trouble {
                reason,
                message,
                recoveries: recoveries(&task),
            }
        })
    }

    fn remember(
        task: String,
        domain: String,
        kind: String,
        deeds: Vec<Deed>,
        verdict: Verdict,
        verdict_reason: String,
    ) -> Result<String, Refusal> {
        let episode = Episode {
            task_description: task,
            domain,
            task_type: kind,
            tags: Vec::new(),
        };
        let id = memory_record::create(&episode).map_err(refusal)?;
        for (number, deed) in (1..).zip(deeds) {
            memory_record::add_step(&id, &step(number, deed)).map_err(refusal)?;
        }
        let verdict = match verdict {
            Verdict::Done => memory_record::Verdict::Success(verdict_reason),
            Verdict::InPart => memory_record::Verdict::PartialSuccess(verdict_reason),
            Verdict::NotDone => memory_record::Verdict::Failure(verdict_reason),
        };
        memory_record::complete(&id, &verdict).map_err(refusal)?;
        Ok(id)
    }
}

/// A step of what was done.
fn step(number: u32, deed: Deed) -> Step {
    Step {
        number,
        tool: deed.tool,
        action: deed.action,
        parameters: "{}".to_owned(),
        outcome: Some(match deed.worked {
            true => StepResult::Success(deed.said),
            false => StepResult::Error(deed.said),
        }),
        latency_ms: 0,
    }
}

/// What was done about failures in work like this. The failure counts, and not why nothing is known of it.
fn recoveries(task: &str) -> Vec<Lesson> {
    let anything = Filter {
        domain: None,
        task_type: None,
        tags: Vec::new(),
        successful: false,
    };
    let patterns = memory_query::patterns(task, &anything, LIMIT_MAX).unwrap_or_default();
    patterns
        .into_iter()
        .filter(|pattern| pattern.kind == RECOVERY)
        .map(lesson)
        .collect()
}

fn precedent(hit: Hit) -> Precedent {
    Precedent {
        episode_id: hit.episode_id,
        task: hit.task_description,
        relevance: hit.relevance,
        outcome: hit.outcome,
    }
}

fn lesson(pattern: Pattern) -> Lesson {
    Lesson {
        kind: pattern.kind,
        description: pattern.description,
        success_rate: pattern.success_rate,
        occurrences: pattern.occurrences,
    }
}

fn refusal(error: Error) -> Refusal {
    match told(error) {
        (Reason::Denied, message) => Refusal::Denied(message),
        (Reason::InvalidInput | Reason::NotFound, message) => Refusal::Invalid(message),
        (Reason::Later | Reason::Failed, message) => Refusal::Unavailable(message),
    }
}

fn told(error: Error) -> (Reason, String) {
    match error {
        Error::Denied(message) => (Reason::Denied, message),
        Error::NotFound(message) => (Reason::NotFound, message),
        Error::InvalidInput(message) | Error::LimitExceeded(message) => {
            (Reason::InvalidInput, message)
        }
        Error::RateLimited(later) | Error::Unavailable(later) => (Reason::Later, later.message),
        Error::Timeout(message) => (Reason::Later, message),
        Error::Upstream(message) | Error::Failed(message) => (Reason::Failed, message),
    }
}
