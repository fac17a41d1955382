//! `vesicle tools describe`.

use serde_json::json;
use vesicle_bridge::Standing;

use crate::{
    cli::{
        ExitStatus,
        exit::UsageError,
        options::GlobalArgs,
        reach::{ReachArgs, reach, require},
    },
    terminal,
};

/// Print how tools are called, as TypeScript declarations
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesicle tools describe github.create_issue")]
pub struct DescribeArgs {
    /// The tools, as `server.tool`
    #[arg(required = true, value_name = "SERVER.TOOL")]
    names: Vec<String>,

    /// Print JSON: the declarations with the schemas that they are made from
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: ReachArgs,
}

/// Prints the declarations. A tool that is held back is shown too: who approves it has to read it.
pub fn run(args: &DescribeArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    reach(&args.reach, global, async |reach, bridge| {
        for name in &args.names {
            require(bridge, server_of(name)?)?;
        }
        let catalog = reach.known(bridge).await;
        let profile = reach.configuration.policy.default_profile();
        let granted = reach.toolbox.granted(profile, None);
        let mut texts = Vec::new();
        let mut values = Vec::new();
        for name in &args.names {
            let held = catalog
                .find(name)
                .filter(|(_, tool)| tool.standing == Standing::Held);
            let (server, tool) = match held {
                Some((server, tool)) => {
                    terminal::fail(&format!(
                        "warning: `{name}` is held back, since its definition changed; `vesicle servers approve {} {}` approves the one below",
                        server.name,
                        tool.name()
                    ))?;
                    (&**server, &**tool)
                }
                None => granted
                    .find(&catalog, name)
                    .map_err(|error| UsageError(error.to_string()))?,
            };
            let typed = reach.toolbox.typed(server.name.as_str(), &tool.definition);
            let declaration = typed.declaration();
            values.push(json!({
                "name": name,
                "description": typed.description(),
                "held_back": held.is_some(),
                "input_schema": *tool.definition.input_schema,
                "output_schema": tool.definition.output_schema,
                "declaration": declaration,
            }));
            texts.push(declaration);
        }
        match args.json {
            true => reach.print_json(&values)?,
            false => reach.print(texts.join("\n\n") + "\n")?,
        }
        Ok(ExitStatus::Success)
    })
}

/// The server in `server.tool`.
pub fn server_of(name: &str) -> Result<&str, UsageError> {
    match name.split_once('.') {
        Some((server, tool)) if !tool.is_empty() => Ok(server),
        _ => Err(UsageError(format!(
            "`{name}` names no tool: write `server.tool`, as `vesicle tools search` does"
        ))),
    }
}
