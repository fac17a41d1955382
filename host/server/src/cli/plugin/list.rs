//! `vesicle plugin list`.

use serde_json::{Value, json};
use vesicle_plugins::{
    grants::{GrantsFile, Rights},
    store::Listed,
};

use super::{Output, OutputArgs, Place, first_line, print, print_json, right};
use crate::cli::ExitStatus;

/// List the plugins that are installed
///
/// No component is read for it, so it is fast whatever is installed.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the list.
pub fn run(args: &ListArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let listing = place.plugins.store().list()?;
    let grants = place.plugins.grants()?;
    for (name, error) in &listing.broken {
        tracing::warn!("`{name}` cannot be called: {error}");
    }
    match args.output.get() {
        Output::Json => {
            let plugins = listing.plugins.iter().map(|listed| told(listed, &grants));
            let broken = listing.broken.iter();
            let broken = broken
                .map(|(name, error)| json!({"name": name.as_str(), "error": error.to_string()}));
            print_json(&json!({
                "plugins": plugins.collect::<Vec<_>>(),
                "broken": broken.collect::<Vec<_>>(),
            }))?;
        }
        Output::Pretty if listing.plugins.is_empty() => print(&format!(
            "there are no plugins in `{}`; `vesicle plugin add FILE` adds one",
            place.plugins.store().root().display()
        ))?,
        Output::Pretty => {
            let lines = listing.plugins.iter().map(|listed| line(listed, &grants));
            print(&lines.collect::<Vec<_>>().join("\n"))?;
        }
    }
    Ok(match listing.broken.is_empty() {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

fn rights(listed: &Listed, grants: &GrantsFile) -> Rights {
    let contents = listed.manifest.contents();
    let standing = grants.standing(&contents.name, contents.digest);
    Rights::new(&contents.permissions, standing)
}

fn counted(tools: usize) -> String {
    match tools {
        1 => "1 tool".to_owned(),
        more => format!("{more} tools"),
    }
}

fn line(listed: &Listed, grants: &GrantsFile) -> String {
    let contents = listed.manifest.contents();
    let missing = rights(listed, grants).missing();
    let mut line = format!(
        "{} {}  {}  {}",
        contents.name,
        contents.version,
        counted(contents.tools.len()),
        first_line(&contents.description)
    );
    if !missing.is_empty() {
        line += &format!("\n  not granted: {missing}");
    }
    line
}

fn told(listed: &Listed, grants: &GrantsFile) -> Value {
    let contents = listed.manifest.contents();
    let rights = rights(listed, grants);
    let tools: Vec<&str> = contents
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    json!({
        "name": contents.name.as_str(),
        "version": contents.version,
        "description": contents.description,
        "digest": contents.digest.to_string(),
        "tools": tools,
        "standing": right::standing(&rights),
        "missing": rights.missing(),
        "can_roll_back": listed.versions.previous.is_some(),
    })
}
