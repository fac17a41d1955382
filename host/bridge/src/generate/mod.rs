//! The typed API as files: one small file for each tool, so that an agent with a shell can `ls`,
//! `grep` and `cat` its way to the tool it needs, and a `SKILL.md` that says how to call it.
//!
//! Everything is written below one directory and nowhere else, whatever tools and servers are
//! called and whatever lies in that directory already. A file that is not ours is never replaced or
//! removed: which are, a manifest beside them remembers.

mod directory;
mod files;
mod manifest;
mod paths;
mod skill;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, io, path::Path};

use rmcp::model::Tool;

use crate::observed::Observed;
use directory::Directory;
use manifest::Manifest;

pub use skill::skill;

/// A server with its tools.
#[derive(Clone, Debug)]
pub struct Server<'s> {
    /// What it is called.
    pub name: &'s str,
    /// Its tools, each with the shape that its results had where that is known.
    pub tools: Vec<(&'s Tool, Option<&'s Observed>)>,
}

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `servers/<server>/<tool>.ts` and an `index.ts` for each server and for all.
    TypeScript,
    /// `servers/<server>.rs` and a `mod.rs`, for guests.
    Rust,
}

/// What was done, or would be. Paths are relative to the directory, with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that are new or have changed.
    pub written: Vec<String>,
    /// Files that are as they should be.
    pub unchanged: Vec<String>,
    /// Files of an earlier generation that are needed no more.
    pub removed: Vec<String>,
    /// Files of an earlier generation that are needed no more, but that somebody has changed since.
    pub kept: Vec<String>,
}

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Somebody else's file is where one of ours belongs.
    #[error(
        "{path} was not written by `vesicle generate`. Move it away, or choose another directory with --out. Nothing was written."
    )]
    NotOurs {
        /// Relative to the directory.
        path: String,
    },
    /// A link or a file is where a directory belongs, or a link where a file does.
    #[error(
        "{path} is a link or no directory, and files are only written below {directory} itself. Remove it, or choose another directory with --out."
    )]
    NotADirectory {
        /// Relative to the directory.
        path: String,
        /// The directory.
        directory: String,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Generates the files for `servers` below `directory`, which is made if it is not there. With
/// `dry_run` nothing is written or made, and the report says what would be.
pub fn generate(
    servers: &[Server<'_>],
    directory: &Path,
    language: Language,
    dry_run: bool,
) -> Result<Report, GenerateError> {
    let files = files::files(servers, language);
    let Some(directory) = Directory::open(directory, dry_run)? else {
        return Ok(Report {
            written: files.into_keys().collect(),
            ..Report::default()
        });
    };
    let manifest = Manifest::read(&directory)?;
    let plan = plan(&files, &manifest, &directory)?;
    if !dry_run {
        // First what the manifest will say, so that a file is ours whenever the process ends.
        manifest.with(&files).write(&directory)?;
        for path in &plan.written {
            directory.write(path, files.get(path).map_or("", String::as_str))?;
        }
        for path in &plan.removed {
            directory.remove(path)?;
        }
        Manifest::of(&files).write(&directory)?;
    }
    Ok(plan)
}

/// Compares what is to be there with what is.
fn plan(
    files: &BTreeMap<String, String>,
    manifest: &Manifest,
    directory: &Directory,
) -> Result<Report, GenerateError> {
    let mut report = Report::default();
    for (path, text) in files {
        match directory.read(path)? {
            Some(there) if there == text.as_bytes() => report.unchanged.push(path.clone()),
            Some(_) if !manifest.has(path) => {
                return Err(GenerateError::NotOurs { path: path.clone() });
            }
            _ => report.written.push(path.clone()),
        }
    }
    for (path, digest) in manifest.files() {
        if files.contains_key(path) {
            continue;
        }
        match directory.read(path)? {
            Some(there) if manifest::digest(&there) == *digest => report.removed.push(path.clone()),
            Some(_) => report.kept.push(path.clone()),
            None => {}
        }
    }
    Ok(report)
}
