//! The keys of `[audit]`, as the log takes them.

use std::path::PathBuf;

use super::{Configuration, Settled, follow_data_dir, shared, value::Value};
use crate::audit::{AuditTable, OnFailure, Rotation, Settings};

/// Whose executions are audited, and how.
#[derive(Debug)]
pub struct AuditKeys {
    /// One of [`super::keys::AUDITED`].
    enabled: String,
    /// None where the system tells no directory, and nobody else does.
    settings: Option<Settings>,
}

/// Which command runs code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// `vesicle run`
    Run,
    /// `vesicle serve`
    Serve,
}

impl Configuration {
    /// How the executions of this command are audited; none if they are not.
    ///
    /// # Errors
    /// They should be, and there is no directory for it.
    pub fn audit(&self, runner: Runner) -> Result<Option<&Settings>, NoDirectory> {
        let is_audited = match &*self.audit.enabled {
            "always" => true,
            "serve" => runner == Runner::Serve,
            _ => false,
        };
        match (is_audited, &self.audit.settings) {
            (false, _) => Ok(None),
            (true, Some(settings)) => Ok(Some(settings)),
            (true, None) => Err(NoDirectory),
        }
    }

    /// The database with the audit log of all hosts, if it is in one.
    pub fn audit_table(&self) -> Option<&AuditTable> {
        self.audit.settings.as_ref()?.table.as_ref()
    }

    /// Where the audit log is, if that is known.
    pub fn audit_dir(&self) -> Option<&std::path::Path> {
        Some(&self.audit.settings.as_ref()?.dir)
    }
}

/// There is no place for the audit log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "there is no user's data directory for the audit log; give --data-dir, or set \
     `enabled = \"never\"` under [audit] in vesicle.toml"
)]
pub struct NoDirectory;

/// What the keys say. A log whose place nobody set lies in the data directory.
pub(super) fn resolve(settled: &mut Settled) -> AuditKeys {
    follow_data_dir(settled, "audit.dir", "audit");
    let is = |settled: &mut Settled, key: &str| settled.value(key) == Some(&Value::Boolean(true));
    let number = |settled: &mut Settled, key: &str| match settled.value(key) {
        Some(Value::Integer(number)) => *number,
        _ => u64::MAX,
    };
    let on_failure = match settled.value("audit.on_failure") {
        Some(Value::Text(name)) if name == "refuse" => OnFailure::Refuse,
        _ => OnFailure::Warn,
    };
    let database = shared::in_database(settled, "audit.dir");
    let dir = match settled.value("audit.dir") {
        Some(Value::Path(dir)) => Some(dir.clone()),
        _ => None,
    };
    let table = database.map(|url| AuditTable {
        url,
        host: match settled.value("audit.host") {
            Some(Value::Text(name)) => name.clone(),
            _ => machine(),
        },
    });
    let dir = dir.or_else(|| table.as_ref().map(|_| PathBuf::new()));
    let settings = dir.map(|dir| Settings {
        dir,
        table,
        rotation: Rotation {
            file_bytes_max: number(settled, "audit.rotate_mb").saturating_mul(1 << 20),
            files_max: number(settled, "audit.keep_files"),
        },
        sync: is(settled, "audit.sync"),
        on_failure,
        payloads: is(settled, "audit.payloads"),
    });
    let enabled = match settled.value("audit.enabled") {
        Some(Value::Text(name)) => name.clone(),
        _ => String::new(),
    };
    AuditKeys { enabled, settings }
}

/// The machine's name.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "host".to_owned(),
        name => name.to_owned(),
    }
}
