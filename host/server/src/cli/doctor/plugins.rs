//! Plugins: whether each is whole, and has what it asks for.

use vesicle::{config::Configuration, plugins::Plugins};
use vesicle_plugins::store::Severity;

use super::Findings;
use crate::cli::plugin;

/// Reads all of them.
pub fn check(configuration: &Configuration, findings: &mut Findings) {
    let config = configuration.plugins();
    if config.dir.as_ref().is_some_and(|dir| !dir.exists()) {
        return findings.ok("plugins", "there are none");
    }
    let report = Plugins::new(config)
        .map_err(anyhow::Error::from)
        .and_then(|plugins| Ok((plugin::verified(&plugins)?, plugin::ungranted(&plugins)?)));
    let (report, ungranted) = match report {
        Ok(report) => report,
        Err(error) => {
            return findings.problem(
                "plugins",
                format!("{error:#}"),
                "see that the directory and the files of grants and keys are yours, and correct them",
            );
        }
    };
    for finding in &report.findings {
        let what = format!("{}: {}", finding.path.display(), finding.what);
        match finding.severity {
            Severity::Error => findings.problem(
                "plugins",
                what,
                "`vesicle plugin remove` the plugin and `vesicle plugin add` it again",
            ),
            Severity::Note => findings.warning(
                "plugins",
                what,
                "`vesicle plugin gc` removes what nobody needs; `vesicle plugin trust` trusts a key",
            ),
        }
    }
    for (name, command) in ungranted {
        findings.warning(
            "plugins",
            format!(
                "`{name}` asks for what it was not granted, so that some of its calls will fail"
            ),
            format!("`vesicle plugin info {name}` shows what; `{command}` grants it"),
        );
    }
    if report.is_sound() {
        findings.ok(
            "plugins",
            format!("{} in {} versions, whole", report.plugins, report.versions),
        );
    }
}
