//! `/servers`: the declarations of tools as files, for code that has `fs` and would rather list and
//! read than search. Ordinary files in a private directory of this process, granted for reading. A
//! process that is killed leaves its directory behind; the next one removes it.
//!
//! There is a tree for each profile that has files, with what the profile may call and nothing else.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rmcp::model::Tool;
use tempfile::TempDir;
use vesicle_bridge::{
    Catalog, CatalogServer, Decision, Grants,
    generate::{Language, Server, generate},
    observed::Observed,
};
use vesicle_sandbox::{Access, Directory, Files, Quota};

use super::Toolbox;
use crate::limits::{Policy, Profile};

/// Where the files are generated into.
const FOLDER: &str = "servers";

/// Where the directories of all processes are, in the data directory.
const PLACES: &str = "trees";

/// The trees of all profiles. Dropping it removes the files.
pub struct Trees {
    place: TempDir,
    trees: Vec<Tree>,
    /// Locked as long as this process lives.
    _in_use: File,
}

struct Tree {
    path: PathBuf,
    grants: Arc<Grants>,
}

impl Trees {
    /// Code's name for a tree.
    pub const GUEST: &str = "/servers";

    /// Trees for the profiles of `policy` that have files, all of them empty, and the policy by which
    /// these profiles have them. They lie in `data`, or with temporary files if there is none.
    ///
    /// # Errors
    /// There is no place for files.
    pub fn plant(policy: &Policy, data: Option<&Path>) -> io::Result<(Self, Policy)> {
        let mut trees = Self::none(data)?;
        let granted = policy.with_files(|profile| trees.plant_one(profile));
        Ok((trees, granted))
    }

    /// A place for trees.
    ///
    /// # Errors
    /// There is none for files.
    pub fn none(data: Option<&Path>) -> io::Result<Self> {
        let (place, in_use) = match data {
            Some(data) => place_in(&data.join(PLACES))?,
            None => locked(tempfile::Builder::new().prefix("vesicle-").tempdir()?)?,
        };
        Ok(Self {
            place,
            trees: Vec::new(),
            _in_use: in_use,
        })
    }

    /// The files of this profile, with a tree if it has any.
    pub fn plant_one(&mut self, profile: &Profile) -> Files {
        match profile.files.directories() {
            [_, ..] => self.add(profile).unwrap_or_else(|error| {
                tracing::warn!(profile = profile.name, %error, "{} is not there for code", Self::GUEST);
                profile.files.clone()
            }),
            [] => profile.files.clone(),
        }
    }

    fn add(&mut self, profile: &Profile) -> io::Result<Files> {
        let path = self.place.path().join(&profile.name);
        fs::create_dir_all(path.join(FOLDER))?;
        let quota = Quota::default();
        let tree = Directory::open(&path.join(FOLDER), Self::GUEST, Access::Read, quota);
        let tree = tree.map_err(io::Error::other)?;
        // The operator's own of this name counts.
        let all = [tree]
            .into_iter()
            .chain(profile.files.directories().iter().cloned());
        let files = Files::new(all).map_err(io::Error::other)?;
        self.trees.push(Tree {
            path,
            grants: profile.tools.grants().clone(),
        });
        Ok(files)
    }

    /// Whether no profile has one.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Writes what has changed. Takes as long as the disk does.
    pub fn grow(&self, toolbox: &Toolbox, catalog: &Catalog) {
        for tree in &self.trees {
            let servers: Vec<_> = catalog
                .servers()
                .iter()
                .map(|server| tree.of(server, toolbox))
                .collect();
            let servers: Vec<Server<'_>> = servers
                .iter()
                .filter(|(_, tools)| !tools.is_empty())
                .map(|(name, tools)| Server {
                    name,
                    tools: tools
                        .iter()
                        .map(|(tool, seen)| (*tool, seen.as_ref()))
                        .collect(),
                })
                .collect();
            let grown = generate(&servers, &tree.path, Language::TypeScript, false);
            if let Err(error) = grown {
                tracing::warn!(%error, "{} is not up to date", Self::GUEST);
            }
        }
    }
}

/// A directory for this process alone. Those of processes that have ended are removed.
fn place_in(places: &Path) -> io::Result<(TempDir, File)> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(places)?;
    // What another process has made and not locked yet would look like one that is not in use.
    let others = File::open(places)?;
    others.lock()?;
    for entry in fs::read_dir(places)? {
        let path = entry?.path();
        if File::open(&path).is_ok_and(|place| place.try_lock().is_ok()) {
            fs::remove_dir_all(&path)?;
        }
    }
    locked(tempfile::Builder::new().tempdir_in(places)?)
}

fn locked(place: TempDir) -> io::Result<(TempDir, File)> {
    let in_use = File::open(place.path())?;
    in_use.lock()?;
    Ok((place, in_use))
}

impl Tree {
    /// What of a server is in it.
    fn of<'c>(
        &self,
        server: &'c CatalogServer,
        toolbox: &Toolbox,
    ) -> (&'c str, Vec<(&'c Tool, Option<Observed>)>) {
        let name = server.name.as_str();
        let granted = (server.tools())
            .filter(|tool| self.grants.decide(name, tool.name()) != Decision::Deny)
            .map(|tool| (&tool.definition, toolbox.shape(name, tool.name())));
        (name, granted.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_processes_left_is_removed_and_what_others_use_is_not() {
        let data = tempfile::tempdir().unwrap();
        let places = data.path().join(PLACES);
        let used = Trees::none(Some(data.path())).unwrap();
        let left = places.join("left");
        fs::create_dir_all(left.join("default/servers/raw")).unwrap();
        fs::write(left.join("default/servers/raw/echo.ts"), "").unwrap();
        let second = Trees::none(Some(data.path())).unwrap();
        assert!(!left.exists() && used.place.path().exists());
        drop((used, second));
        assert_eq!(fs::read_dir(&places).unwrap().count(), 0);
    }
}
