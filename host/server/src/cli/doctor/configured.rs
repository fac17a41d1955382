//! The configuration, and the secrets that it names.

use vesicle::{config::Configuration, secrets::Secrets};

use super::Findings;

/// Tells of the file, and reads the secrets.
pub fn check(configuration: &Configuration, findings: &mut Findings) -> Option<Secrets> {
    match configuration.file_name() {
        Some(name) => findings.ok("configuration", format!("`{name}` is read")),
        None => findings.ok(
            "configuration",
            "there is no vesicle.toml, so the defaults hold; `vesicle init` writes one",
        ),
    }
    match configuration.secrets() {
        Ok(secrets) => Some(secrets),
        Err(error) => {
            findings.problem(
                "secrets",
                error.to_string(),
                "without them no command that runs code or reaches servers starts",
            );
            None
        }
    }
}
