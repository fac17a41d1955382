//! Where things are kept: state, memory, the audit log. What is not there yet is not made.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};
use vesicle::{audit, config::Configuration, memory::LazyMemory};

use super::{Findings, within};

/// Reads all of them.
pub fn check(configuration: &Configuration, wait: Duration, findings: &mut Findings) {
    if let Some(file) = configuration.path("state.file") {
        database("state", &file, findings);
    }
    memory(configuration, wait, findings);
    log(configuration, findings);
}

/// Whether SQLite finds the file whole.
fn database(area: &'static str, file: &Path, findings: &mut Findings) -> bool {
    if !file.exists() {
        findings.ok(
            area,
            format!(
                "`{}` is not there yet; it is made when it is first used",
                file.display()
            ),
        );
        return false;
    }
    match quick_check(file) {
        Ok(faults) if faults.is_empty() => {
            let bytes = file.metadata().map_or(0, |metadata| metadata.len());
            findings.ok(
                area,
                format!("`{}` is whole, {} KB", file.display(), bytes >> 10),
            );
            true
        }
        Ok(faults) => {
            findings.problem(
                area,
                format!("`{}` is damaged: {}", file.display(), faults.join("; ")),
                "end all hosts, and put a backup in its place, or move it away to begin anew",
            );
            false
        }
        Err(error) => {
            findings.problem(
                area,
                format!("`{}` cannot be read: {error}", file.display()),
                "see that it is yours and no other file; move it away to begin anew",
            );
            false
        }
    }
}

fn quick_check(file: &Path) -> rusqlite::Result<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    let mut faults = Vec::new();
    connection.pragma_query(None, "quick_check", |row| {
        faults.push(row.get::<_, String>(0)?);
        Ok(())
    })?;
    faults.retain(|fault| fault != "ok");
    Ok(faults)
}

fn memory(configuration: &Configuration, wait: Duration, findings: &mut Findings) {
    let config = configuration.memory();
    if !config.enabled {
        return findings.ok("memory of past work", "it is switched off");
    }
    // Opening a damaged file moves it aside, so that it is only opened where it is whole.
    if let (None, Some(file)) = (&config.url, &config.file)
        && !database("memory of past work", file, findings)
    {
        return;
    }
    let memory = LazyMemory::new(config.clone());
    let asked = within(wait, move || {
        let opened = memory.open_now()?;
        opened.store().check()
    });
    match asked {
        Some(Ok(faults)) if faults.is_empty() => {
            let place = match &config.url {
                Some(url) => url.to_string(),
                None => "every episode".to_owned(),
            };
            findings.ok("memory of past work", format!("{place} can be read"));
        }
        Some(Ok(faults)) => findings.problem(
            "memory of past work",
            faults.join("; "),
            "end all hosts, `vesicle memory export` what can be read, and put a backup in its place",
        ),
        Some(Err(error)) => findings.problem(
            "memory of past work",
            error.to_string(),
            "see that the place under [memory] is right, that its database runs, and that you may log in",
        ),
        None => findings.problem(
            "memory of past work",
            format!("no answer within {} ms", wait.as_millis()),
            "see that its database runs and can be reached; --wait gives it longer",
        ),
    }
}

fn log(configuration: &Configuration, findings: &mut Findings) {
    let Some(dir) = configuration.audit_dir() else {
        return;
    };
    if !dir.is_dir() {
        return findings.ok("audit log", format!("`{}` is not there yet", dir.display()));
    }
    match audit::verify(dir, None) {
        Ok(report) if report.is_intact() => findings.ok(
            "audit log",
            format!("{} lines in {} files, intact", report.lines, report.files),
        ),
        Ok(report) => findings.problem(
            "audit log",
            format!("it is not intact: {}", report.problems.join("; ")),
            "find out who changed it; `vesicle audit verify` tells each place",
        ),
        Err(error) => findings.problem(
            "audit log",
            format!("`{}` cannot be read: {error}", dir.display()),
            "see that it is yours",
        ),
    }
}
