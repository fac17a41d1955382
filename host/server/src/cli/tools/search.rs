//! `vesicle tools search`.

use serde_json::json;
use vesicle_bridge::{discovery::LIMIT_DEFAULT, search::Query, typescript::first_line};

use crate::cli::{
    ExitStatus,
    options::GlobalArgs,
    reach::{ReachArgs, reach, require},
};

/// Find tools for a task in plain words
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle tools search \"open a ticket about a bug\" --limit 3\n\n\
    Exit codes:\n  \
    0  a tool was found\n  \
    1  none fits\n  \
    2  bad usage, or there are no servers")]
pub struct SearchArgs {
    /// The task
    query: String,

    /// Only tools of this server
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,

    /// How many are shown
    #[arg(long, value_name = "COUNT", default_value_t = LIMIT_DEFAULT as u32, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArgs,
}

/// Prints what is found, best first.
pub fn run(args: &SearchArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    reach(&args.reach, global, async |reach, bridge| {
        if let Some(server) = &args.server {
            require(bridge, server)?;
        }
        let catalog = reach.known(bridge).await;
        let profile = reach.configuration.policy.default_profile();
        let granted = reach.toolbox.granted(profile, None);
        let query = Query {
            text: &args.query,
            server: args.server.as_deref(),
            limit: args.limit as usize,
            used: &[],
        };
        let hits = reach.toolbox.search(&catalog, granted.caller(), query);
        let tools: Vec<_> = hits
            .iter()
            .filter_map(|(server, tool)| catalog.find(&format!("{server}.{tool}")))
            .map(|(server, tool)| {
                let name = format!("{}.{}", server.name, tool.name());
                let typed = reach.toolbox.typed(server.name.as_str(), &tool.definition);
                (name, typed)
            })
            .collect();
        if args.json {
            let tools: Vec<_> = tools
                .iter()
                .map(|(name, typed)| {
                    json!({
                        "name": name,
                        "description": typed.description(),
                        "signature": typed.signature(),
                    })
                })
                .collect();
            reach.print_json(&tools)?;
        } else if tools.is_empty() {
            reach.print("No tool fits. Try other words, or see `vesicle servers`.\n".to_owned())?;
        } else {
            let told: Vec<String> = tools
                .iter()
                .map(|(name, typed)| match first_line(typed.description()) {
                    said if said.is_empty() => format!("{name}\n"),
                    said => format!("{name}\n  {said}\n"),
                })
                .collect();
            reach.print(told.concat())?;
        }
        Ok(match tools.is_empty() {
            true => ExitStatus::Failure,
            false => ExitStatus::Success,
        })
    })
}
