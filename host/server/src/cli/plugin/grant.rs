//! `vesicle plugin grant` and `revoke`.

use serde_json::json;
use vesicle_plugins::{grants::Grant, manifest::Manifest, name::PluginName};

use super::{
    Output, OutputArgs, Place, plugin_name, print, print_json,
    right::{self, TypedRight},
};
use crate::cli::{ExitStatus, exit::UsageError};

/// Grant a plugin what it asks for, or a part of it
///
/// A grant is for the component that is installed now: another version has to be granted again. What
/// is granted and not asked for has no effect.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin grant reader --all preopen=./data:/data\n  \
    vesicle plugin grant reader hosts=api.example.com:443 memory_mb=64\n  \
    vesicle plugin grant reader hosts=db.internal:443@10.0.0.5 preopen=./out:/out:rw,quota_mb=5,quota_files=100")]
pub struct GrantArgs {
    /// The plugin
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    /// Rights, such as hosts=api.example.com:443, preopen=./data:/data:rw, env=NAME,
    /// tools=github.get_*, memory=web-*, record, state or memory_mb=64; they are added to what was
    /// granted
    #[arg(value_name = "RIGHT", value_parser = right::parse)]
    rights: Vec<TypedRight>,

    /// All that it asks for, but for directories: of those you have to say which they are
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Writes the grant.
pub fn grant(args: &GrantArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let manifest = current(place, &args.name)?;
    let contents = manifest.contents();
    let mut file = place.plugins.grants()?;
    let standing = file.standing(&args.name, contents.digest);
    if args.rights.is_empty() && !args.all {
        let missing = place.plugins.rights(&manifest)?.missing();
        return Err(UsageError(match missing.as_str() {
            "" => format!("`{}` has all that it asks for", args.name),
            missing => format!(
                "say what to grant, or --all; `{}` asks for: {missing}",
                args.name
            ),
        })
        .into());
    }
    let known = standing.granted();
    let mut granted = match args.all {
        true => known.with_all(&contents.permissions),
        false => known,
    };
    right::add(&mut granted, &args.rights).map_err(UsageError)?;
    file.grant(&Grant {
        plugin: args.name.clone(),
        digest: contents.digest,
        granted,
    })?;
    tell(place, &manifest, args.output.get())?;
    Ok(ExitStatus::Success)
}

fn tell(place: &Place, manifest: &Manifest, output: Output) -> anyhow::Result<()> {
    let rights = place.plugins.rights(manifest)?;
    let name = manifest.name();
    if output == Output::Json {
        return print_json(&json!({
            "name": name.as_str(),
            "standing": right::standing(&rights),
            "missing": rights.missing(),
            "rights": right::as_json(&rights),
        }));
    }
    let mut text = match rights.missing().as_str() {
        "" => format!("`{name}` has all that it asks for"),
        missing => format!("`{name}` still misses: {missing}"),
    };
    for row in &rights.rows {
        if !row.effective.is_empty() {
            text += &format!("\n  {}  {}", row.kind, row.effective.join(", "));
        }
        if !row.granted.is_empty() && row.asked.is_empty() {
            text += &format!(
                "\nit does not ask for {}, so that it has no effect: {}",
                row.kind,
                row.granted.join(", ")
            );
        }
    }
    print(&text)
}

/// The manifest of the version that serves.
fn current(place: &Place, name: &PluginName) -> anyhow::Result<Manifest> {
    let store = place.plugins.store();
    match store.listed(name)? {
        Some(listed) => Ok(listed.manifest),
        // Says which name is near, or that no version serves.
        None => Ok(store.load(name)?.manifest),
    }
}

/// Take away all that a plugin was granted
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// The plugin; it may be removed already
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    #[command(flatten)]
    output: OutputArgs,
}

/// Takes the grant away.
pub fn revoke(args: &RevokeArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let mut file = place.plugins.grants()?;
    let is_known = file.grants().iter().any(|grant| grant.plugin == args.name);
    if !is_known {
        // A name that is no plugin's is told as that.
        current(place, &args.name)?;
    }
    let had = file.revoke(&args.name)?;
    match args.output.get() {
        Output::Json => print_json(&json!({"name": args.name.as_str(), "changed": had}))?,
        Output::Pretty if had => print(&format!("nothing is granted to `{}` any more", args.name))?,
        Output::Pretty => print(&format!("nothing was granted to `{}`", args.name))?,
    }
    Ok(ExitStatus::Success)
}
