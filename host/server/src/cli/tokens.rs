//! `vesicle tokens`.

use std::fmt::Write as _;

use serde_json::json;
use vesicle::{mcp, tools::Trees};
use vesicle_bridge::tokens;

use super::{
    ExitStatus,
    options::GlobalArgs,
    reach::{ReachArgs, reach},
};

/// Count what the tools of other MCP servers cost a model in each prompt
///
/// Counts the tokens of all definitions, as a client without Vesicle hands them to a model, and of
/// the few that Vesicle has in their place. Counts are exact for OpenAI's o200k_base; those of other
/// makers' models differ by some percent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesicle tokens --mcp-config .mcp.json")]
pub struct TokensArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArgs,
}

/// One server's tools.
struct Cost {
    server: String,
    tools: usize,
    plain: usize,
}

/// Prints the counts.
pub fn run(args: &TokensArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    reach(&args.reach, global, async |reach, bridge| {
        let catalog = reach.known(bridge).await;
        let costs: Vec<Cost> = catalog
            .servers()
            .iter()
            .map(|server| Cost {
                server: server.name.to_string(),
                tools: server.tools().count(),
                plain: tokens::plain(server.tools().map(|tool| &tool.definition)),
            })
            .collect();
        // With the files that `serve` adds, which its description names.
        let (_trees, policy) =
            Trees::plant(&reach.configuration.policy, reach.toolbox.data_directory())?;
        let own = mcp::definitions(&policy, &reach.toolbox, None, None);
        let vesicle = tokens::plain(&own);
        let declarations: usize = catalog
            .tools()
            .map(|(server, tool)| reach.toolbox.typed(server.name.as_str(), &tool.definition))
            .map(|typed| tokens::count(&typed.declaration()))
            .sum();
        let all = Cost {
            server: "all".to_owned(),
            tools: costs.iter().map(|cost| cost.tools).sum(),
            plain: costs.iter().map(|cost| cost.plain).sum(),
        };
        let each = declarations.checked_div(all.tools).unwrap_or_default();
        if args.json {
            let servers: Vec<_> = costs
                .iter()
                .map(|cost| json!({"name": cost.server, "tools": cost.tools, "plain_tokens": cost.plain}))
                .collect();
            reach.print_json(&json!({
                "encoding": "o200k_base",
                "servers": servers,
                "tools": all.tools,
                "plain_tokens": all.plain,
                "vesicle_tokens": vesicle,
                "declaration_tokens_mean": each,
            }))?;
        } else {
            reach.print(told(&costs, &all, own.len(), vesicle, each))?;
        }
        Ok(ExitStatus::Success)
    })
}

fn told(costs: &[Cost], all: &Cost, own: usize, vesicle: usize, each: usize) -> String {
    const WITH: &str = "with Vesicle";
    let names = costs.iter().map(|cost| cost.server.chars().count());
    let width = names.max().unwrap_or_default().max(WITH.len());
    let mut text = format!("{:width$}  tools  tokens\n", "");
    let mut row = |name: &str, tools: usize, tokens: usize| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:width$}  {tools:>5}  {tokens:>6}");
    };
    for cost in costs.iter().chain([all]) {
        row(&cost.server, cost.tools, cost.plain);
    }
    row(WITH, own, vesicle);
    let _ = writeln!(
        text,
        "\nWith Vesicle, a model also reads what it looks up: {each} tokens on average for the declaration of a tool."
    );
    text
}
