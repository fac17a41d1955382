//! `vesicle plugin call`.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json, value::RawValue};
use tokio::runtime::Handle;
use vesicle::{
    config::{Flag, Runner},
    lazy::LazySandbox,
    limits::{Asker, Profile},
    metrics::Metrics,
    plugins::{Asked, BareNames, Called, Chain, Dispatcher, Named, NotCalled, OnBehalf, Parts},
    tools::{ToolRules, Toolbox},
};
use vesicle_plugins::name::PluginName;
use vesicle_sandbox::{Config, ErrorType, NoCaller, NoTools, Outcome, ToolCall};

use super::{Output, OutputArgs, Place};
use crate::{
    cli::{ExitStatus, audit, compile, exit::UsageError, options::ServerArgs, source, values},
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

    #[command(flatten)]
    output: OutputArgs,
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
    match args.output.get() {
        Output::Pretty => pretty(place, &called)?,
        Output::Json => {
            let text = place.secrets.redact_json(as_json(&called)?.to_string());
            super::print(&text)?;
        }
    }
    Ok(status(&called))
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
        let (configuration, secrets) = (&self.place.configuration, &self.place.secrets);
        let audit = audit::start(configuration, secrets, Runner::Run)?;
        let transport = configuration
            .transport(secrets)
            .map_err(|error| UsageError(error.to_string()))?;
        let config = Config {
            concurrency_max: 1,
            compiler: compile::compiler(),
            ..configuration.sandbox()
        };
        let dispatcher = Dispatcher::new(Parts {
            plugins: self.place.plugins.clone(),
            surroundings: self.place.surroundings(transport),
            sandbox: LazySandbox::new(config, Handle::current()),
            audit: audit.clone(),
            metrics: Metrics::default(),
            bare: BareNames::default(),
        });
        let tools: Arc<dyn ToolCall> = match self.toolbox.is_empty() {
            true => Arc::new(NoTools),
            false => Arc::new(self.toolbox.granted(self.profile, None)),
        };
        let behalf = OnBehalf {
            // Whoever is here may grant whatever they like.
            profile: Arc::new(Profile {
                plugins: ToolRules::default(),
                ..self.profile.clone()
            }),
            tools,
            off_clock: None,
            who: audit::command_line(),
            caller: Arc::new(NoCaller),
            chain: Chain::default(),
            instances: None,
        };
        let named = Named {
            plugin: self.plugin.clone(),
            tool: tool.to_owned(),
        };
        let asked = Asked {
            named: &named,
            arguments,
            timeout: self.args.timeout,
        };
        let called = dispatcher.call(&behalf, asked).await;
        audit.flush();
        match called {
            Ok(mut called) => {
                called.outcome = secrets.redact_outcome(called.outcome);
                Ok(called)
            }
            Err(unknown @ NotCalled::Call { .. }) if unknown.is_unknown() => {
                Err(UsageError(unknown.to_string()).into())
            }
            Err(NotCalled::Plugin(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        }
    }
}

fn pretty(place: &Place, called: &Called) -> anyhow::Result<()> {
    let redact = |text: String| place.secrets.redact(text);
    let (stdout, stderr) = called.outcome.streams();
    for text in [stdout, stderr] {
        if !text.is_empty() {
            terminal::fail(redact(text.to_owned()).trim_end())?;
        }
    }
    match &called.outcome {
        Outcome::Success { output, .. } if !called.failed => {
            super::print(&redact(readable(output)))
        }
        failed => {
            let why = match failed {
                Outcome::Success { output, .. } => format!("failed: {}", readable(output)),
                other => other.explanation(),
            };
            terminal::fail(&redact(why))?;
            if !called.missing.is_empty() {
                terminal::fail(&format!(
                    "help: not granted to it: {}; `{}` grants it",
                    called.missing, called.grant_by
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
    let mut told = serde_json::to_value(&called.outcome)?;
    if let Value::Object(told) = &mut told {
        if called.failed {
            told.insert("status".to_owned(), json!("failure"));
            let failure = told.remove("output").unwrap_or_default();
            told.insert("failure".to_owned(), failure);
        }
        told.insert("missing".to_owned(), json!(called.missing));
    }
    Ok(told)
}

fn status(called: &Called) -> ExitStatus {
    match &called.outcome {
        Outcome::Success { .. } if called.failed => ExitStatus::Failure,
        Outcome::Error {
            error_type: ErrorType::InvalidInput,
            ..
        } => ExitStatus::Usage,
        other => ExitStatus::from(other),
    }
}
