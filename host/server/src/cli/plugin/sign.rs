//! `vesicle plugin sign` and `trust`.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use vesicle_plugins::{
    name::PluginName,
    permissions::Pattern,
    signatures::{PublicKey, SigningKey, TrustedKey},
};

use super::{Output, OutputArgs, Place, plugin_name, print, print_json};
use crate::cli::{ExitStatus, exit::UsageError};

/// Sign the version of a plugin that is installed
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle plugin sign slugify --key signing.pem --new-key\n  \
    vesicle plugin trust ed25519:… --name me")]
pub struct SignArgs {
    /// The plugin
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    /// The key, in a file that nobody else may read
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// Make the key first; nothing may be in its place yet
    #[arg(long)]
    new_key: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Signs it.
pub fn sign(args: &SignArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let store = place.plugins.store();
    let manifest = store.load(&args.name)?.manifest;
    let key = match args.new_key {
        true => SigningKey::create(&args.key)?,
        false => SigningKey::read(&args.key)?,
    };
    store.sign(&args.name, &key.sign(&manifest).to_string())?;
    let public = key.public().to_string();
    match args.output.get() {
        Output::Json => {
            print_json(&json!({"name": args.name.as_str(), "key": public}))?;
        }
        Output::Pretty => print(&format!("signed `{}` by {public}", args.name))?,
    }
    Ok(ExitStatus::Success)
}

/// Trust a key to sign plugins, list those that are trusted, or trust one no longer
#[derive(Debug, clap::Args)]
pub struct TrustArgs {
    /// The public key; without one the trusted keys are listed
    #[arg(value_name = "ed25519:…", value_parser = public_key)]
    key: Option<PublicKey>,

    /// What you call it
    #[arg(long, value_name = "TEXT", requires = "key")]
    name: Option<String>,

    /// Until when, such as 2027-01-01T00:00:00Z [default: for ever]
    #[arg(long, value_name = "TIME", requires = "key")]
    expires: Option<DateTime<Utc>>,

    /// Plugins that it is trusted for, such as web-*; can be given again [default: all]
    #[arg(long, value_name = "PATTERN", value_parser = Pattern::parse, requires = "key")]
    plugin: Vec<Pattern>,

    /// Trust it no longer
    #[arg(long, conflicts_with_all = ["name", "expires", "plugin"], requires = "key")]
    remove: bool,

    #[command(flatten)]
    output: OutputArgs,
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| {
        "give `ed25519:` and what follows it, as `vesicle plugin sign` prints it".to_owned()
    })
}

/// Changes or lists the keys.
pub fn trust(args: &TrustArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let mut file = place.plugins.trusted()?;
    match (args.key, &args.name) {
        (Some(key), _) if args.remove => {
            if !file.distrust(key)? {
                return Err(UsageError(format!("{key} was not trusted")).into());
            }
        }
        (Some(public), Some(name)) => {
            let expires = args
                .expires
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
            file.trust(&TrustedKey {
                name: name.clone(),
                public,
                expires,
                plugins: args.plugin.clone(),
            })?;
        }
        (Some(key), None) => {
            let what = format!("say what you call {key}, with --name");
            return Err(UsageError(what).into());
        }
        (None, _) => {}
    }
    let keys = file.keys();
    if args.output.get() == Output::Json {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "name": key.name,
                    "key": key.public.to_string(),
                    "expires": key.expires,
                    "plugins": patterns(key),
                })
            })
            .collect();
        print_json(&keys)?;
        return Ok(ExitStatus::Success);
    }
    let lines = keys.iter().map(|key| {
        let until = key.expires.as_ref();
        let until = until.map_or_else(String::new, |time| format!(", until {time}"));
        let plugins = match patterns(key).as_slice() {
            [] => String::new(),
            plugins => format!(", for {}", plugins.join(", ")),
        };
        format!("{}  {}{until}{plugins}", key.public, key.name)
    });
    match keys.is_empty() {
        true => print("no key is trusted")?,
        false => print(&lines.collect::<Vec<_>>().join("\n"))?,
    }
    Ok(ExitStatus::Success)
}

fn patterns(key: &TrustedKey) -> Vec<String> {
    key.plugins.iter().map(ToString::to_string).collect()
}
