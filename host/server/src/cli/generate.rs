//! `vesicle generate`.

use std::{fmt::Write as _, path::PathBuf};

use clap::ValueEnum;
use serde_json::json;
use vesicle_bridge::{
    Decision, Source,
    generate::{GenerateError, Language, Report, Server, generate},
};

use super::{
    ExitStatus,
    exit::UsageError,
    options::GlobalArgs,
    reach::{ReachArgs, reach, require, why_not},
};

/// Write the tools of other MCP servers as typed declarations, one small file each
///
/// Writes DIR/servers with a file for each tool that the configured profile may call, and
/// DIR/SKILL.md, which tells an agent how to use them. Files that were written before and are needed
/// no more are removed, unless somebody changed them. Files of others are never touched, and nothing
/// is written outside of DIR.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle generate github --out .claude/skills/tools --dry-run\n\n\
    Exit codes:\n  \
    0  the files are there\n  \
    1  a server did not answer, or a file cannot be written\n  \
    2  bad usage, or a file of DIR is none of ours")]
pub struct GenerateArgs {
    /// Only this server: DIR then has the files of no other
    server: Option<String>,

    /// Where the files go
    #[arg(long, value_name = "DIR", default_value = "vesicle-tools")]
    out: PathBuf,

    /// What is written
    #[arg(long, value_enum, default_value_t = Lang::Ts)]
    lang: Lang,

    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    reach: ReachArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A language.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// TypeScript declarations
    Ts,
    /// Rust, for guests that use the `tool-call` interface
    Rust,
}

/// Writes the files, and says which.
pub fn run(args: &GenerateArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    reach(&args.reach, global, async |reach, bridge| {
        if let Some(server) = &args.server {
            require(bridge, server)?;
        }
        // As they are now, and not as they were when they were last connected to.
        bridge.answers(args.server.as_deref(), reach.wait).await;
        let catalog = bridge.catalog();
        let grants = reach.configuration.policy.default_profile().tools.grants();
        let mut known = Vec::new();
        for server in catalog.servers() {
            let name = server.name.as_str();
            if args.server.as_deref().is_some_and(|only| only != name) || !grants.reaches(name) {
                continue;
            }
            // Its files would be taken for ones that are needed no more.
            if server.source == Source::Unknown {
                let why = why_not(bridge, name);
                anyhow::bail!(
                    "nothing was written, since the tools of `{name}` are not known: {why}"
                );
            }
            let tools = server
                .tools()
                .filter(|tool| grants.decide(name, tool.name()) != Decision::Deny)
                .map(|tool| (&tool.definition, reach.toolbox.shape(name, tool.name())))
                .collect::<Vec<_>>();
            known.push((name, tools));
        }
        let servers: Vec<_> = (known.iter())
            .map(|(name, tools)| Server {
                name,
                tools: (tools.iter())
                    .map(|(tool, seen)| (*tool, seen.as_ref()))
                    .collect(),
            })
            .collect();
        let language = match args.lang {
            Lang::Ts => Language::TypeScript,
            Lang::Rust => Language::Rust,
        };
        let report = generate(&servers, &args.out, language, args.dry_run);
        let report = report.map_err(|error| match error {
            GenerateError::Io { .. } => anyhow::Error::from(error),
            refused => UsageError(refused.to_string()).into(),
        })?;
        match args.json {
            true => reach.print_json(&json!({
                "out": args.out,
                "dry_run": args.dry_run,
                "written": report.written,
                "unchanged": report.unchanged,
                "removed": report.removed,
                "kept": report.kept,
            }))?,
            false => reach.print(told(&report, args))?,
        }
        Ok(ExitStatus::Success)
    })
}

fn told(report: &Report, args: &GenerateArgs) -> String {
    let mut text = String::new();
    let lists = [
        ("written", &report.written),
        ("removed", &report.removed),
        ("kept, since it was changed by hand", &report.kept),
    ];
    for (what, paths) in lists {
        for path in paths {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{path}: {what}");
        }
    }
    let _ = writeln!(
        text,
        "{}: {} written, {} unchanged, {} removed{}",
        args.out.display(),
        report.written.len(),
        report.unchanged.len(),
        report.removed.len(),
        if args.dry_run {
            ", if this were no dry run"
        } else {
            ""
        }
    );
    text
}
