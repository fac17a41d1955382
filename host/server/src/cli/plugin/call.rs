//! `vesicle plugin call`.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json, value::RawValue};
use vesicle::{
    audit::{Begun, Ended},
    config::{Flag, Runner},
    limits::{Asker, Profile},
    plugins::{Opened, PluginError, Surroundings, as_limits, open},
    tools::Toolbox,
};
use vesicle_plugins::{Answer, CallError, Invocation, name::PluginName};
use vesicle_sandbox::{ErrorType, Execution, Grants, NoTools, Outcome, ToolCall};

use super::{Output, Place};
use crate::{
    cli::{ExitStatus, audit, exit::UsageError, options::ServerArgs, source, values},
    terminal,
};

/// Call one tool of a plugin, and print its result as JSON
///
/// The call has an instance of its own. It may use what the plugin asks for and is granted, and the
/// limits of its profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle plugin call slugify.slug '{\"title\": \"How it works\"}'\n\n\
    Exit codes:\n  \
    0    the tool gave a result\n  \
    1    the call failed, or the plugin cannot be loaded\n  \
    2    bad usage: no such plugin or tool, or arguments that it does not take\n  \
    3    the tool did not answer in time\n  \
    130  stopped by Ctrl-C")]
pub struct CallArgs {
    /// The tool, as `plugin.tool`
    #[arg(value_name = "NAME.TOOL")]
    tool: String,

    /// Its arguments as a JSON object, or `-` to read them from standard input
    #[arg(
        value_name = "JSON|-",
        default_value = "{}",
        allow_hyphen_values = true
    )]
    arguments: String,

    /// How much it may use where no right says otherwise [default: default] [key: `profile`]
    #[arg(long, value_parser = values::ProfileParser, hide_possible_values = true)]
    profile: Option<String>,

    /// How long it may take, such as 500ms or 2s; no longer than the profile gives
    #[arg(long, value_parser = values::duration, value_name = "DURATION", allow_hyphen_values = true)]
    timeout: Option<Duration>,

    #[command(flatten)]
    servers: ServerArgs,

    /// How the answer is printed; as JSON it is the whole outcome, on one line
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl CallArgs {
    /// Keys that its options set.
    pub fn flags(&self) -> Vec<Flag> {
        self.servers.flag().into_iter().collect()
    }

    fn names(&self) -> Result<(PluginName, &str), UsageError> {
        let (plugin, tool) = self.tool.split_once('.').ok_or_else(|| {
            let what = "a tool is named `plugin.tool`; `vesicle plugin list` has the plugins, `vesicle plugin info NAME` their tools";
            UsageError(what.to_owned())
        })?;
        let plugin = PluginName::parse(plugin).map_err(|error| UsageError(error.to_string()))?;
        Ok((plugin, tool))
    }
}

/// What a call came to, and how.
struct Called {
    outcome: Outcome<Answer>,
    /// What the plugin asks for and is not granted.
    missing: String,
}

/// Makes the call.
pub fn run(args: &CallArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let (plugin, tool) = args.names()?;
    let arguments = source::json_arguments(&args.arguments)?;
    let policy = &place.configuration.policy;
    let profile = policy
        .profile(args.profile.as_deref(), Asker::Operator)
        .map_err(|error| UsageError(error.to_string()))?;
    policy
        .narrowed(profile, args.timeout, Asker::Operator)
        .map_err(|error| UsageError(error.to_string()))?;
    let tools = place
        .configuration
        .tools(&place.secrets)
        .map_err(|error| UsageError(error.to_string()))?;
    let runtime = place.runtime()?;
    let toolbox = Toolbox::new(tools, runtime.handle().clone());
    let called = runtime.block_on(async {
        let call = Call {
            args,
            place,
            profile,
            toolbox: &toolbox,
            plugin: &plugin,
        };
        tokio::select! {
            called = call.make(tool, &arguments) => called.map(Some),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    runtime.block_on(toolbox.shut_down());
    // A compilation that Ctrl-C interrupted must not be waited for.
    runtime.shutdown_background();
    let Some(called) = called? else {
        return Ok(ExitStatus::Interrupted);
    };
    match args.output {
        Output::Pretty => pretty(place, &plugin, &called)?,
        Output::Json => {
            let text = place.secrets.redact_json(as_json(&called)?.to_string());
            super::print(&text)?;
        }
    }
    Ok(status(&called.outcome))
}

/// A call to be made.
struct Call<'c> {
    args: &'c CallArgs,
    place: &'c Place,
    profile: &'c Profile,
    toolbox: &'c Toolbox,
    plugin: &'c PluginName,
}

impl Call<'_> {
    async fn make(&self, tool: &str, arguments: &RawValue) -> anyhow::Result<Called> {
        // What is not installed is told without starting anything.
        self.place.plugins.store().versions(self.plugin)?;
        let sandbox = self.place.sandbox().await?;
        let opened = open(&self.place.plugins, &sandbox, self.plugin).await?;
        let mut limits = as_limits(&opened.rights.effective, self.profile.limits);
        if let Some(timeout) = self.args.timeout {
            limits.wall_time = limits.wall_time.min(timeout);
        }
        let mut grants = self.grants(&opened)?;
        let audit = audit::start(&self.place.configuration, &self.place.secrets, Runner::Run)?;
        let begun = Begun {
            tool: "plugin call",
            profile: &self.profile.name,
            code: &self.args.tool,
            input: arguments,
        };
        let recording = audit.begin(begun, audit::command_line)?;
        // A log watches what an execution has, and these are what the plugin has.
        let mut watched = Execution {
            tools: grants.tools,
            memories: grants.memories,
            network: grants.network,
            ..Execution::default()
        };
        recording.watch(&mut watched);
        grants.tools = watched.tools;
        grants.memories = watched.memories;
        grants.network = watched.network;
        let invocation = Invocation {
            tool,
            arguments,
            limits,
            grants,
            session: None,
        };
        let answer = opened.tools.call(&sandbox, invocation).await;
        let ended = match &answer {
            Ok(Outcome::Success { .. }) => "success",
            _ => "error",
        };
        let logged = recording.end(Ended::otherwise(ended)).await;
        audit.flush();
        logged?;
        match answer {
            Ok(outcome) => Ok(Called {
                outcome,
                missing: opened.rights.missing(),
            }),
            Err(unknown @ CallError::UnknownTool { .. }) => {
                Err(UsageError(format!("`{}`: {unknown}", self.plugin)).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn grants(&self, opened: &Opened) -> anyhow::Result<Grants> {
        let tools: Arc<dyn ToolCall> = match self.toolbox.is_empty() {
            true => Arc::new(NoTools),
            false => Arc::new(self.toolbox.granted(self.profile, None)),
        };
        let transport = self.place.configuration.transport(&self.place.secrets);
        let surroundings = Surroundings {
            configuration: &self.place.configuration,
            profile: self.profile,
            tools,
            transport: transport.map_err(|error| UsageError(error.to_string()))?,
        };
        let grants = surroundings.grants(self.plugin, &opened.rights);
        Ok(grants.map_err(PluginError::from)?)
    }
}

fn pretty(place: &Place, plugin: &PluginName, called: &Called) -> anyhow::Result<()> {
    let redact = |text: String| place.secrets.redact(text);
    let (stdout, stderr) = called.outcome.streams();
    for text in [stdout, stderr] {
        if !text.is_empty() {
            terminal::fail(redact(text.to_owned()).trim_end())?;
        }
    }
    match &called.outcome {
        Outcome::Success {
            output: Answer::Result(value),
            ..
        } => super::print(&redact(readable(value))),
        failed => {
            let why = match failed {
                Outcome::Success {
                    output: Answer::Failure(value),
                    ..
                } => format!("failed: {}", readable(value)),
                other => other.explanation(),
            };
            terminal::fail(&redact(why))?;
            if !called.missing.is_empty() {
                terminal::fail(&format!(
                    "help: not granted to it: {}; `vesicle plugin grant {plugin}` grants it",
                    called.missing
                ))?;
            }
            Ok(())
        }
    }
}

fn readable(value: &RawValue) -> String {
    match serde_json::from_str::<Value>(value.get()) {
        Ok(value) => format!("{value:#}"),
        // Nested deeper than serde_json reads; nobody would read it indented either.
        Err(_) => value.get().to_owned(),
    }
}

/// The outcome, with `output` or, where the tool failed, `failure`.
fn as_json(called: &Called) -> anyhow::Result<Value> {
    let mut failure = None;
    let outcome = called.outcome.clone().try_map(|answer| {
        Ok(match answer {
            Answer::Result(value) => value,
            Answer::Failure(value) => {
                failure = Some(value);
                RawValue::NULL.to_owned()
            }
        })
    });
    let mut told = serde_json::to_value(&outcome)?;
    if let Value::Object(told) = &mut told {
        if let Some(failure) = failure {
            told.insert("status".to_owned(), json!("failure"));
            told.remove("output");
            told.insert("failure".to_owned(), serde_json::to_value(failure)?);
        }
        told.insert("missing".to_owned(), json!(called.missing));
    }
    Ok(told)
}

fn status(outcome: &Outcome<Answer>) -> ExitStatus {
    match outcome {
        Outcome::Success {
            output: Answer::Failure(_),
            ..
        } => ExitStatus::Failure,
        Outcome::Error {
            error_type: ErrorType::InvalidInput,
            ..
        } => ExitStatus::Usage,
        other => ExitStatus::from(other),
    }
}
