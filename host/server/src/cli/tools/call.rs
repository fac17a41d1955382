//! `vesicle tools call`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json, value::RawValue};
use vesicle::{
    audit::{Begun, Ended},
    config::Runner,
};
use vesicle_bridge::{AskConsent, Consent, ConsentRequest, Decision};
use vesicle_sandbox::{CapabilityError, Execution};

use super::describe::server_of;
use crate::{
    cli::{
        ExitStatus, audit,
        options::GlobalArgs,
        reach::{Reach, ReachArgs, reach, require},
        source,
    },
    terminal,
};

/// Call one tool, and print its result as JSON
///
/// The call goes through the same policy as calls from code, that of the configured profile. Why a
/// call failed goes to standard error, after one of the words `denied`, `invalid input`, `rate
/// limited`, `unavailable`, `timeout` and `upstream`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle tools call github.create_issue '{\"owner\": \"octo\", \"repo\": \"web\", \"title\": \"It fails\"}'\n\n\
    Exit codes:\n  \
    0    the tool gave a result\n  \
    1    the call failed\n  \
    2    bad usage: no such tool, or arguments that it does not take\n  \
    3    the tool did not answer in time\n  \
    4    the policy does not allow it\n  \
    130  stopped by Ctrl-C")]
pub struct CallArgs {
    /// The tool, as `server.tool`
    #[arg(value_name = "SERVER.TOOL")]
    name: String,

    /// Its arguments as a JSON object, or `-` to read them from standard input
    #[arg(
        value_name = "JSON|-",
        default_value = "{}",
        allow_hyphen_values = true
    )]
    arguments: String,

    /// Call a tool that a person has to be asked about: whoever types this says yes
    #[arg(long)]
    yes: bool,

    /// Print the result on one line, and a failure as JSON on standard error
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArgs,
}

/// The person at the command line has said yes.
struct Yes;

#[async_trait]
impl AskConsent for Yes {
    async fn ask(&self, _: &ConsentRequest<'_>) -> Consent {
        Consent::Granted
    }
}

/// Makes the call.
pub fn run(args: &CallArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let server = server_of(&args.name)?;
    let arguments = source::json_arguments(&args.arguments)?;
    reach(&args.reach, global, async |reach, bridge| {
        require(bridge, server)?;
        // A server that is down is no reason to stop here: the policy may have a fallback.
        bridge.answers(Some(server), reach.wait).await;
        call(reach, args, &arguments).await
    })
}

/// One call. It is audited as a program that makes just this call.
async fn call(reach: &Reach, args: &CallArgs, arguments: &RawValue) -> anyhow::Result<ExitStatus> {
    let profile = reach.configuration.policy.default_profile();
    let consent = args.yes.then(|| Arc::new(Yes) as Arc<dyn AskConsent>);
    let mut execution = Execution {
        tools: Arc::new(reach.toolbox.granted(profile, consent)),
        ..Execution::default()
    };
    let audit = audit::start(&reach.configuration, &reach.secrets, Runner::Run)?;
    let begun = Begun {
        tool: "tools call",
        profile: &profile.name,
        code: &args.name,
        input: arguments,
    };
    let recording = audit.begin(begun, audit::command_line)?;
    recording.watch(&mut execution);
    let answer = execution.tools.call(&args.name, arguments).await;
    let ended = if answer.is_ok() { "success" } else { "error" };
    let logged = recording.end(Ended::otherwise(ended)).await;
    audit.flush();
    logged?;
    match answer {
        Ok(value) => {
            let text = match args.json {
                true => value.get().to_owned(),
                false => readable(&value),
            };
            reach.print(reach.secrets.redact_json(text) + "\n")?;
            Ok(ExitStatus::Success)
        }
        Err(error) => {
            failed(reach, args, &error)?;
            Ok(status(&error))
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

fn failed(reach: &Reach, args: &CallArgs, error: &CapabilityError) -> anyhow::Result<()> {
    let again = match error {
        CapabilityError::RateLimited { retry_after_ms, .. }
        | CapabilityError::Unavailable { retry_after_ms, .. } => *retry_after_ms,
        _ => None,
    };
    if args.json {
        let told = json!({
            "code": error.code(),
            "message": reach.secrets.redact(error.to_string()),
            "retry_after_ms": again,
        });
        return Ok(terminal::fail(&told.to_string())?);
    }
    let again = again.map(|ms| format!(" (try again after {ms} ms)"));
    let text = format!("{error}{}", again.unwrap_or_default());
    terminal::fail(&reach.secrets.redact(text))?;
    let grants = reach.configuration.policy.default_profile().tools.grants();
    let is_asked = args
        .name
        .split_once('.')
        .is_some_and(|(server, tool)| grants.decide(server, tool) == Decision::Ask);
    if is_asked && !args.yes && matches!(error, CapabilityError::Denied(_)) {
        terminal::fail("help: --yes says yes to it")?;
    }
    Ok(())
}

fn status(error: &CapabilityError) -> ExitStatus {
    match error {
        CapabilityError::Denied(_) => ExitStatus::Violation,
        CapabilityError::Timeout(_) => ExitStatus::Timeout,
        CapabilityError::InvalidInput(_) | CapabilityError::NotFound(_) => ExitStatus::Usage,
        _ => ExitStatus::Failure,
    }
}
