//! Runs that are kept as episodes, so that the memory fills by itself: the code's digest, its tool
//! calls as steps, and how it ended.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Map, Value, value::RawValue};
use vesicle_memory::{
    EpisodeId, Error, Outcome, StepResult, TaskType,
    limits::{DESCRIPTION_BYTES_MAX, STEPS_MAX, TOOL_BYTES_MAX},
    memory::{NewEpisode, NewStep, UpdateEpisode},
};
use vesicle_sandbox::{CapabilityError, Execution, Tool, ToolCall};

use super::LazyMemory;

/// The domain of episodes that runs become.
pub const RECORD_DOMAIN: &str = "agent-code";
/// The language of the code, as the episode has it.
const LANGUAGE: &str = "typescript";
/// The most that is kept of what a call sent or got, in bytes.
const TEXT_BYTES_MAX: usize = 2_000;
/// The most of the code that stands in for a task that nobody told, in bytes.
const CODE_BYTES_MAX: usize = 200;

/// Calls of one run, as they come.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    steps: Vec<Step>,
    /// How many more there were.
    omitted: u64,
}

struct Step {
    tool: String,
    arguments: String,
    result: StepResult,
    latency_ms: u64,
}

/// A run that is over.
pub struct Ran<'r> {
    /// What it was for, in the caller's words.
    pub task: Option<&'r str>,
    /// The program.
    pub code: &'r str,
    /// The profile that it ran in.
    pub profile: &'r str,
    /// Why it failed; none where it did not.
    pub failure: Option<String>,
}

impl Recorder {
    /// Has the calls of `execution` noted.
    pub fn watch(&self, execution: &mut Execution) {
        let tools = Arc::new(Watched {
            tools: execution.tools.clone(),
            noted: self.clone(),
        });
        execution.tools = tools;
    }

    fn note(&self, step: Step) {
        let mut noted = self.0.lock();
        match noted.steps.len() < STEPS_MAX {
            true => noted.steps.push(step),
            false => noted.omitted += 1,
        }
    }

    /// Keeps the run, and answers with the episode's id. `redact` takes secrets out of what is kept.
    ///
    /// # Errors
    /// Those of the memory.
    pub async fn keep(
        self,
        memory: &LazyMemory,
        ran: Ran<'_>,
        redact: impl Fn(String) -> String,
    ) -> Result<EpisodeId, Error> {
        let memory = memory.open().await?;
        let noted = std::mem::take(&mut *self.0.lock());
        let task = match ran.task {
            Some(task) if !task.trim().is_empty() => task.to_owned(),
            _ => cut(ran.code.trim(), CODE_BYTES_MAX),
        };
        let task = match task.is_empty() {
            true => "an empty program".to_owned(),
            false => cut(&redact(task), DESCRIPTION_BYTES_MAX),
        };
        let mut new = NewEpisode::new(&task, RECORD_DOMAIN, TaskType::CodeGeneration);
        new.language = Some(LANGUAGE.to_owned());
        let id = memory.create_episode(new).await?.episode_id;
        let mut update = UpdateEpisode::new(id);
        let digest = blake3::hash(ran.code.as_bytes()).to_hex().to_string();
        let mut about = vec![("code_digest", format!("blake3:{digest}"))];
        about.push(("profile", ran.profile.to_owned()));
        if noted.omitted > 0 {
            about.push(("calls_omitted", noted.omitted.to_string()));
        }
        let about = about.into_iter();
        update.metadata = about.map(|(key, value)| (key.to_owned(), value)).collect();
        memory.update_episode(update).await?;
        for (number, step) in (1..).zip(noted.steps) {
            let action = format!("call {}", step.tool);
            let mut kept = NewStep::new(id, number, &step.tool, &action);
            kept.parameters = parameters(redact(step.arguments));
            kept.latency_ms = Some(step.latency_ms);
            kept.result = Some(match step.result {
                StepResult::Success { output } => StepResult::Success {
                    output: redact(output),
                },
                StepResult::Error { message } => StepResult::Error {
                    message: redact(message),
                },
                StepResult::Timeout => StepResult::Timeout,
            });
            memory.add_episode_step(kept).await?;
        }
        let outcome = match ran.failure {
            None => Outcome::Success {
                verdict: "the code ran to its end".to_owned(),
                artifacts: Vec::new(),
            },
            Some(why) => Outcome::Failure {
                reason: cut(&redact(why), TEXT_BYTES_MAX),
                error_details: None,
            },
        };
        memory.complete_with(id, outcome).await?;
        Ok(id)
    }
}

/// The arguments as they were sent; what is no small object stands under one name.
fn parameters(arguments: String) -> Map<String, Value> {
    match serde_json::from_str(&arguments) {
        Ok(Value::Object(members)) if arguments.len() <= TEXT_BYTES_MAX => members,
        _ => {
            let begins = cut(&arguments, TEXT_BYTES_MAX);
            Map::from_iter([("arguments_begin".to_owned(), Value::from(begins))])
        }
    }
}

fn cut(text: &str, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default().replace('\0', " ")
}

/// Tools whose calls are noted.
struct Watched {
    tools: Arc<dyn ToolCall>,
    noted: Recorder,
}

#[async_trait]
impl ToolCall for Watched {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        self.tools.search(query, limit).await
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        self.tools.describe(name).await
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let began = Instant::now();
        let answer = self.tools.call(name, arguments).await;
        self.noted.note(Step {
            tool: cut(name, TOOL_BYTES_MAX),
            arguments: arguments.get().to_owned(),
            result: match &answer {
                Ok(value) => StepResult::Success {
                    output: cut(value.get(), TEXT_BYTES_MAX),
                },
                Err(CapabilityError::Timeout(_)) => StepResult::Timeout,
                Err(error) => StepResult::Error {
                    message: cut(&error.to_string(), TEXT_BYTES_MAX),
                },
            },
            latency_ms: began.elapsed().as_millis() as u64,
        });
        answer
    }
}
