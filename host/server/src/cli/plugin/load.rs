//! `vesicle plugin load`: a file as a plugin, tried before it is added.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{json, value::RawValue};
use vesicle::plugins::{
    all_tools, document,
    shown::{as_json, of_shown},
};
use vesicle_plugins::{Answer, CallError, Invocation, Tools, manifest::Tool};
use vesicle_sandbox::{CompileLimits, Grants, Limits, Outcome};

use super::{Output, OutputArgs, Place, about::component_file, first_line, print, print_json};
use crate::{
    cli::{ExitStatus, exit::UsageError, source},
    terminal,
};

/// Try a file before it is added: show its tools, or call one
///
/// Nothing is kept, and nothing is granted: a call has the default limits and no rights.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin load words.wasm --wit wit\n  \
    vesicle plugin load words.wasm count '{\"text\": \"one two\"}'")]
pub struct LoadArgs {
    /// A component, or a core module for WASI's preview 1
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The tool to call
    tool: Option<String>,

    /// Its arguments as a JSON object, or `-` to read them from standard input
    #[arg(
        value_name = "JSON|-",
        default_value = "{}",
        allow_hyphen_values = true
    )]
    arguments: String,

    /// The WIT that it was built from, a file or a directory: its comments become the tools' descriptions
    #[arg(long, value_name = "PATH")]
    wit: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,
}

/// What came of it.
enum Loaded {
    Shown(Vec<Tool>, Vec<String>),
    Called(Box<Outcome<Answer>>),
}

/// Loads it.
pub fn run(args: &LoadArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let arguments = source::json_arguments(&args.arguments)?;
    let component = document(&component_file(&args.file)?, args.wit.as_deref())?.component;
    let runtime = place.runtime()?;
    let loaded = runtime.block_on(async {
        tokio::select! {
            loaded = args.load(place, component, &arguments) => loaded.map(Some),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    runtime.shutdown_background();
    match loaded? {
        None => Ok(ExitStatus::Interrupted),
        Some(Loaded::Called(outcome)) => called(*outcome, args.output.get()),
        Some(Loaded::Shown(tools, refused)) => {
            shown(&tools, &refused, args.output.get())?;
            Ok(ExitStatus::Success)
        }
    }
}

impl LoadArgs {
    async fn load(
        &self,
        place: &Place,
        component: Vec<u8>,
        arguments: &RawValue,
    ) -> anyhow::Result<Loaded> {
        let sandbox = place.sandbox().await?;
        let tools = Tools::load(&sandbox, component.into(), CompileLimits::default())
            .await
            .with_context(|| format!("`{}` is not loaded", self.file.display()))?;
        let Some(tool) = &self.tool else {
            let refused = tools.refused().iter();
            let refused = refused.map(|refused| format!("{} {}", refused.function, refused.why));
            return Ok(Loaded::Shown(
                all_tools(&sandbox, &tools).await?,
                refused.collect(),
            ));
        };
        let invocation = Invocation {
            tool,
            arguments,
            limits: Limits::default(),
            grants: Grants::default(),
            session: None,
            residence: None,
        };
        match tools.call(&sandbox, invocation).await {
            Ok(outcome) => Ok(Loaded::Called(Box::new(outcome))),
            Err(unknown @ CallError::UnknownTool { .. }) => {
                Err(UsageError(unknown.to_string()).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn shown(tools: &[Tool], refused: &[String], output: Output) -> anyhow::Result<()> {
    if output == Output::Json {
        let tools = tools.iter().map(super::info::tool);
        return print_json(&json!({
            "tools": tools.collect::<Result<Vec<_>, _>>()?,
            "refused": refused,
        }));
    }
    let tools = tools.iter().map(|tool| {
        let signature = tool.signature.as_deref().unwrap_or_default();
        let says = first_line(&tool.description);
        match signature.is_empty() || signature == says {
            true => format!("{}  {says}", tool.name),
            false => format!("{}  {says}\n  {signature}", tool.name),
        }
    });
    let refused = refused.iter().map(|refused| format!("no tool: {refused}"));
    print(&tools.chain(refused).collect::<Vec<_>>().join("\n"))
}

fn called(outcome: Outcome<Answer>, output: Output) -> anyhow::Result<ExitStatus> {
    let (stdout, stderr) = outcome.streams();
    for text in [stdout, stderr] {
        if !text.is_empty() {
            terminal::fail(text.trim_end())?;
        }
    }
    let (is_result, told) = match &outcome {
        Outcome::Success {
            output: Answer::Result(value),
            ..
        } => (true, value.get().to_owned()),
        Outcome::Success {
            output: Answer::Failure(value),
            ..
        } => (false, format!("failed: {}", value.get())),
        // As clients are shown it.
        Outcome::Success {
            output: Answer::Shown(shown),
            ..
        } => match of_shown(shown).and_then(|result| Ok((as_json(&result)?, result.is_error))) {
            Ok((json, Some(true))) => (false, format!("failed: {}", json.get())),
            Ok((json, _)) => (true, json.get().to_owned()),
            Err(why) => (false, format!("the plugin's answer cannot be shown: {why}")),
        },
        other => (false, other.explanation()),
    };
    match (output, is_result) {
        (Output::Json, true) => print_json(&json!({ "output": value(&told)? }))?,
        (Output::Json, false) => print_json(&json!({ "error": told }))?,
        (Output::Pretty, true) => print(&told)?,
        (Output::Pretty, false) => terminal::fail(&told)?,
    }
    Ok(match (&outcome, is_result) {
        (Outcome::Success { .. }, false) => ExitStatus::Failure,
        (other, _) => ExitStatus::from(other),
    })
}

fn value(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_str(text)
}
