//! `vesicle plugin rollback`, `remove`, `verify` and `gc`.

use std::time::Duration;

use serde_json::json;
use vesicle::plugins::{PluginError, Plugins};
use vesicle_plugins::{
    name::PluginName,
    signatures::Verdict,
    store::{Finding, Report, Severity, UNUSED_KEPT},
};

use super::{Output, OutputArgs, Place, plugin_name, print, print_json};
use crate::cli::{ExitStatus, values};

/// Go back to the version of a plugin that served before
///
/// Doing it again comes back. What was granted to the other component does not hold for this one.
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The plugin
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    #[command(flatten)]
    output: OutputArgs,
}

/// Goes back.
pub fn rollback(args: &RollbackArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let store = place.plugins.store();
    let version = store.rollback(&args.name)?;
    let manifest = store.read_manifest(&args.name, version)?;
    let contents = manifest.contents();
    let missing = place.plugins.rights(&manifest)?.missing();
    match args.output.get() {
        Output::Json => print_json(&json!({
            "name": args.name.as_str(),
            "version": contents.version,
            "digest": contents.digest.to_string(),
            "missing": missing,
        }))?,
        Output::Pretty => {
            let mut text = format!(
                "`{}` is {} again ({})",
                args.name, contents.version, contents.digest
            );
            if !missing.is_empty() {
                text += &format!("\nit asks for what is not granted: {missing}");
            }
            print(&text)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Remove a plugin with all its versions, and what it was granted
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// The plugin
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    #[command(flatten)]
    output: OutputArgs,
}

/// Removes it.
pub fn remove(args: &RemoveArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    // A file of grants that is wrong is told before anything is removed.
    let mut grants = place.plugins.grants()?;
    place.plugins.store().remove(&args.name)?;
    let had_grant = grants.revoke(&args.name)?;
    match args.output.get() {
        Output::Json => {
            let name = args.name.as_str();
            print_json(&json!({"name": name, "had_grant": had_grant}))?;
        }
        Output::Pretty => print(&format!("removed `{}`", args.name))?,
    }
    Ok(ExitStatus::Success)
}

/// Read all that is installed, and compare it with its digests and signatures
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0  every plugin is whole\n  \
    1  some are not, or others may write there\n  \
    2  bad usage")]
pub struct VerifyArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints what is wrong.
pub fn verify(args: &VerifyArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let report = verified(&place.plugins)?;
    let word = |severity| match severity {
        Severity::Note => "note",
        Severity::Error => "error",
    };
    match args.output.get() {
        Output::Json => {
            let findings = report.findings.iter().map(|finding| {
                json!({
                    "severity": word(finding.severity),
                    "path": finding.path.display().to_string(),
                    "what": finding.what,
                })
            });
            print_json(&json!({
                "sound": report.is_sound(),
                "plugins": report.plugins,
                "versions": report.versions,
                "findings": findings.collect::<Vec<_>>(),
            }))?;
        }
        Output::Pretty => {
            let mut text = String::new();
            for finding in &report.findings {
                text += &format!(
                    "{}: {}: {}\n",
                    word(finding.severity),
                    finding.path.display(),
                    finding.what
                );
            }
            text += &format!("{} plugins, {} versions\n", report.plugins, report.versions);
            text += match report.is_sound() {
                true => "whole",
                false => "NOT WHOLE",
            };
            print(&text)?;
        }
    }
    Ok(match report.is_sound() {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

/// What is wrong with what is installed, and with its signatures.
pub fn verified(plugins: &Plugins) -> anyhow::Result<Report> {
    let mut report = plugins.store().verify()?;
    report.findings.extend(unsound_signatures(plugins)?);
    Ok(report)
}

/// The plugins that ask for what they were not granted, each with the command that grants it.
pub fn ungranted(plugins: &Plugins) -> anyhow::Result<Vec<(PluginName, String)>> {
    let mut ungranted = Vec::new();
    for listed in plugins.store().list()?.plugins {
        let rights = plugins.rights(&listed.manifest)?;
        if !rights.missing().is_empty() {
            let name = listed.manifest.name().clone();
            let command = plugins.grant_by(&name, &rights);
            ungranted.push((name, command));
        }
    }
    Ok(ungranted)
}

/// What is wrong with signatures, of all that can be read: what cannot is told already.
fn unsound_signatures(plugins: &Plugins) -> anyhow::Result<Vec<Finding>> {
    let store = plugins.store();
    let mut findings = Vec::new();
    for listed in store.list()?.plugins {
        let name = listed.manifest.name();
        let Ok(loaded) = store.load(name) else {
            continue;
        };
        let (severity, what) = match plugins.verdict(&loaded) {
            Ok(Verdict::Unsigned | Verdict::Trusted(_)) => continue,
            Ok(Verdict::Untrusted(why)) => {
                (Severity::Note, format!("`{name}` is signed, but {why}"))
            }
            Err(error @ PluginError::Signature { .. }) => (Severity::Error, error.to_string()),
            Err(error) => return Err(error.into()),
        };
        findings.push(Finding {
            severity,
            path: store.root().join("plugins").join(name.as_str()),
            what,
        });
    }
    Ok(findings)
}

/// Remove what no plugin needs: components and versions of before, and what was left half written
#[derive(Debug, clap::Args)]
pub struct GcArgs {
    /// How long it has to be unneeded, such as 0s or 30m [default: 60m]
    #[arg(long, value_parser = values::duration, value_name = "DURATION")]
    unused_for: Option<Duration>,

    #[command(flatten)]
    output: OutputArgs,
}

/// Removes it.
pub fn collect(args: &GcArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let unused_for = args.unused_for.unwrap_or(UNUSED_KEPT);
    let collected = place.plugins.store().collect(unused_for)?;
    match args.output.get() {
        Output::Json => print_json(&json!({
            "components": collected.components,
            "manifests": collected.manifests,
            "aside": collected.aside,
            "bytes": collected.bytes,
            "in_use": collected.in_use,
        }))?,
        Output::Pretty => print(&format!(
            "removed {} components, {} manifests and {} half writes, {} bytes; {} are in use",
            collected.components,
            collected.manifests,
            collected.aside,
            collected.bytes,
            collected.in_use
        ))?,
    }
    Ok(ExitStatus::Success)
}
