//! `vesicle servers`.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _, time::Duration};

use clap::Subcommand;
use serde_json::json;
use vesicle::tools::{flagged, state_line};
use vesicle_bridge::{
    Bridge, Catalog, LoginError, ServerStatus, State, names::nearest, typescript::first_line,
};

use super::{
    ExitStatus,
    exit::UsageError,
    options::GlobalArgs,
    reach::{Reach, ReachArgs, reach, require, why_not},
};
use crate::terminal;

/// How many names are told where one is wrong.
const NEAREST: usize = 3;

/// Show the other MCP servers that code can call, approve their tools, log in to them
///
/// Connects to each server and prints how it stands: how many tools it has, how long it takes to
/// answer, its last error, which tools are held back because their definitions changed, and what is
/// odd about their descriptions.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  \
    vesicle servers --mcp-config .mcp.json\n\n\
    Exit codes:\n  \
    0  all servers answered\n  \
    1  some did not\n  \
    2  bad usage, or there are no servers"
)]
pub struct ServersArgs {
    #[command(subcommand)]
    command: Option<ServersCommand>,

    #[command(flatten)]
    reach: ReachArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ServersCommand {
    Approve(ApproveArgs),
    Login(LoginArgs),
}

/// Approve tools as their server defines them now
///
/// A tool whose definition is another than the one that was approved is held back: nothing finds or
/// calls it. Read what it says now with `vesicle tools describe SERVER.TOOL`. A `vesicle serve` that
/// runs already sees the approval when it is started again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesicle servers approve github create_issue")]
struct ApproveArgs {
    /// The server
    server: String,

    /// Its tools; without any, all that are held back
    #[arg(value_name = "TOOL")]
    tools: Vec<String>,

    #[command(flatten)]
    reach: ReachArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Log in to a server that asks for it
///
/// Prints an address to open in a browser, and waits until that is done, for 5 minutes at most. The
/// login is kept in the data directory, readable for you alone, and renewed by itself. Give `bearer`
/// in the server's definition instead if you have a token.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesicle servers login github")]
struct LoginArgs {
    /// The server
    server: String,

    #[command(flatten)]
    reach: ReachArgs,

    /// Print JSON: a line with the address to open, then one when it is done
    #[arg(long)]
    json: bool,
}

/// Does what was asked for.
pub fn run(args: &ServersArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    match &args.command {
        None => reach(&args.reach, global, async |reach, bridge| {
            list(reach, bridge, args.json).await
        }),
        Some(ServersCommand::Approve(args)) => reach(&args.reach, global, async |reach, bridge| {
            approve(reach, bridge, args).await
        }),
        Some(ServersCommand::Login(args)) => reach(&args.reach, global, async |reach, bridge| {
            login(reach, bridge, args).await
        }),
    }
}

async fn list(reach: &Reach, bridge: &Bridge, as_json: bool) -> anyhow::Result<ExitStatus> {
    let answers = bridge.answers(None, reach.wait).await;
    let (statuses, catalog) = (bridge.statuses(), bridge.catalog());
    let notes = reach.toolbox.notes();
    if as_json {
        let servers: Vec<_> = statuses
            .iter()
            .map(|status| {
                let latency = answers
                    .get(&status.name)
                    .map(|time| time.as_micros() as u64);
                let mut told = json!(status);
                if let Some(told) = told.as_object_mut() {
                    told.insert("latency_us".to_owned(), json!(latency));
                    told.insert("odd".to_owned(), json!(odd(&catalog, status)));
                }
                told
            })
            .collect();
        reach.print_json(&json!({"servers": servers, "not_used": notes}))?;
    } else {
        let mut text = told(&statuses, &catalog, &answers);
        for note in notes {
            text.push_str(&format!("not used: {note}\n"));
        }
        reach.print(text)?;
    }
    Ok(match answers.len() == statuses.len() {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

fn odd(catalog: &Catalog, status: &ServerStatus) -> Vec<String> {
    let server = catalog.server(&status.name);
    server.map(|server| flagged(server)).unwrap_or_default()
}

fn told(
    statuses: &[ServerStatus],
    catalog: &Catalog,
    answers: &BTreeMap<String, Duration>,
) -> String {
    let mut text = String::new();
    for status in statuses {
        text.push_str(&state_line(status));
        if let Some(time) = answers.get(&status.name) {
            // Writing to a string cannot fail.
            let _ = write!(text, ", answers in {:.1} ms", time.as_secs_f64() * 1e3);
        }
        text.push('\n');
        if let (Some(error), false) = (&status.last_error, status.state == State::Down) {
            let _ = writeln!(text, "  last error: {error}");
        }
        if !status.held.is_empty() {
            let _ = writeln!(
                text,
                "  held back, since their definitions changed: {}",
                status.held.join(", ")
            );
            let _ = writeln!(
                text,
                "  `vesicle servers approve {} {}` approves them as they are now",
                status.name,
                status.held.join(" ")
            );
        }
        for odd in odd(catalog, status) {
            let _ = writeln!(text, "  odd: {odd}");
        }
        for note in &status.notes {
            let _ = writeln!(text, "  {note}");
        }
    }
    text
}

async fn approve(reach: &Reach, bridge: &Bridge, args: &ApproveArgs) -> anyhow::Result<ExitStatus> {
    let server = args.server.as_str();
    require(bridge, server)?;
    if bridge.answers(Some(server), reach.wait).await.is_empty() {
        let why = why_not(bridge, server);
        anyhow::bail!("the server `{server}` does not say now what its tools are: {why}");
    }
    let catalog = bridge.catalog();
    let tools = catalog
        .server(server)
        .map(|server| server.tools().chain(server.held()).collect::<Vec<_>>())
        .unwrap_or_default();
    for name in &args.tools {
        if !tools.iter().any(|tool| tool.name() == name) {
            let names = tools.iter().map(|tool| tool.name());
            return Err(UsageError(format!(
                "the server `{server}` has no tool `{name}`; the nearest are `{}`",
                nearest(name, names, NEAREST).join("`, `")
            ))
            .into());
        }
    }
    let chosen: Vec<&str> = args.tools.iter().map(String::as_str).collect();
    let chosen = (!chosen.is_empty()).then_some(chosen.as_slice());
    let approved = bridge.approve(server, chosen)?;
    if args.json {
        reach.print_json(&json!({"server": server, "approved": approved}))?;
        return Ok(ExitStatus::Success);
    }
    let mut text = String::new();
    for tool in tools
        .iter()
        .filter(|tool| approved.iter().any(|name| name == tool.name()))
    {
        let said = first_line(tool.definition.description.as_deref().unwrap_or_default());
        let _ = writeln!(text, "approved {server}.{}: {said}", tool.name());
    }
    if approved.is_empty() {
        let _ = writeln!(text, "no tool of `{server}` is held back");
    }
    reach.print(text)?;
    Ok(ExitStatus::Success)
}

async fn login(reach: &Reach, bridge: &Bridge, args: &LoginArgs) -> anyhow::Result<ExitStatus> {
    let server = args.server.as_str();
    require(bridge, server)?;
    let open = |address: &str| {
        let mut stdout = std::io::stdout().lock();
        let text = match args.json {
            true => format!("{}\n", json!({"server": server, "open": address})),
            false => format!("Open this address in a browser:\n\n  {address}\n\n"),
        };
        // Who cannot read it will not log in, and is told so when the time is over.
        let _ = stdout.write_all(terminal::for_stream(&text, &stdout).as_bytes());
        let _ = stdout.flush();
    };
    match bridge.login(server, open).await {
        Ok(()) => {
            reach.print(match args.json {
                true => format!("{}\n", json!({"server": server, "logged_in": true})),
                false => format!("Logged in to `{server}`.\n"),
            })?;
            Ok(ExitStatus::Success)
        }
        Err(error @ LoginError::NotHttp(_)) => Err(UsageError(error.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}
