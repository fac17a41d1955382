//! The clients that the protocol's makers publish. `tests/clients/setup.sh` installs them; what they
//! check is in the scripts beside it.

use std::{path::Path, process::Command};

use crate::support::{VESICLE, cache_dir, in_repository, user_data_dir};

fn passes(interpreter: &Path, script: &str, installed: &str) {
    assert!(
        in_repository(installed).exists(),
        "the client is not installed: run tests/clients/setup.sh"
    );
    let script = in_repository(script);
    let finished = Command::new(interpreter)
        .arg(&script)
        .arg(VESICLE)
        .arg(cache_dir())
        .arg(user_data_dir())
        .output()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", interpreter.display()));
    assert!(
        finished.status.success(),
        "{} ended with {}\n{}{}",
        script.display(),
        finished.status,
        String::from_utf8_lossy(&finished.stdout),
        String::from_utf8_lossy(&finished.stderr),
    );
}

#[test]
fn typescript() {
    passes(
        Path::new("node"),
        "tests/clients/typescript/client.mjs",
        "tests/clients/typescript/node_modules/.installed-from",
    );
}

#[test]
fn python() {
    passes(
        &in_repository("tests/clients/python/.venv/bin/python"),
        "tests/clients/python/client.py",
        "tests/clients/python/.venv/.installed-from",
    );
}
