//! Writes what was planned: whole, or not at all.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use vesicle::config::Configuration;

use super::plan::Plan;

/// Files that were made, and are removed again unless all goes well.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.0 {
            // What cannot be removed is told by the next `vesicle init`, which finds it there.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes the secrets and then the file, and returns where the secrets are.
pub fn write(plan: &Plan) -> anyhow::Result<Vec<PathBuf>> {
    let text = plan.text();
    Configuration::of_text(&text, &plan.target)
        .context("what was found does not make a configuration; --no-import leaves it out")?;
    let mut made = Made(Vec::new());
    let mut secrets = Vec::new();
    if plan.literals().next().is_some() {
        let Some(directory) = plan.secrets_dir() else {
            bail!("there is no user's data directory for secrets; give --data-dir");
        };
        make_directory(&directory, 0o700)?;
    }
    for (name, value) in plan.literals() {
        let path = plan.secret_file(name);
        // One that an earlier `vesicle init` made is as good.
        if fs::read_to_string(&path).is_ok_and(|kept| kept == value) {
            secrets.push(path);
            continue;
        }
        create(&path, value, 0o600)
            .with_context(|| format!("cannot keep the secret `{name}` in `{}`", path.display()))?;
        made.0.push(path.clone());
        secrets.push(path);
    }
    if let Some(directory) = plan.target.parent() {
        make_directory(directory, 0o755)?;
    }
    create(&plan.target, &text, 0o644)
        .with_context(|| format!("cannot write `{}`", plan.target.display()))?;
    made.0.clear();
    Ok(secrets)
}

fn make_directory(path: &Path, mode: u32) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .with_context(|| format!("cannot make the directory `{}`", path.display()))
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        // Half of it would be taken for all of it.
        let _ = fs::remove_file(path);
    }
    written
}
