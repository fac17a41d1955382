//! `/servers`: the declarations of tools as files, for code that has `fs` and would rather list and
//! read than search. Ordinary files in a private directory of this process, granted for reading.
//!
//! There is a tree for each profile that has files, with what the profile may call and nothing else.

use std::{fs, io, path::PathBuf, sync::Arc};

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

/// Code's name for it.
const GUEST: &str = "/servers";
/// Where the files are generated into.
const FOLDER: &str = "servers";

/// The trees of all profiles. Dropping it removes the files.
pub struct Trees {
    place: TempDir,
    trees: Vec<Tree>,
}

struct Tree {
    path: PathBuf,
    grants: Arc<Grants>,
}

impl Trees {
    /// Trees for the profiles of `policy` that have files, all of them empty, and the policy by which
    /// these profiles have them.
    ///
    /// # Errors
    /// There is no place for files.
    pub fn plant(policy: &Policy) -> io::Result<(Self, Policy)> {
        let mut trees = Self {
            place: tempfile::Builder::new().prefix("vesicle-").tempdir()?,
            trees: Vec::new(),
        };
        let granted = policy.with_files(|profile| match profile.files.directories() {
            [_, ..] => trees.add(profile).unwrap_or_else(|error| {
                tracing::warn!(profile = profile.name, %error, "{GUEST} is not there for code");
                profile.files.clone()
            }),
            [] => profile.files.clone(),
        });
        Ok((trees, granted))
    }

    fn add(&mut self, profile: &Profile) -> io::Result<Files> {
        let path = self.place.path().join(&profile.name);
        fs::create_dir_all(path.join(FOLDER))?;
        let quota = Quota::default();
        let tree = Directory::open(&path.join(FOLDER), GUEST, Access::Read, quota);
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
                tracing::warn!(%error, "{GUEST} is not up to date");
            }
        }
    }
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
            .map(|tool| {
                let seen = toolbox.memory().shape(&format!("{name}.{}", tool.name()));
                (&tool.definition, seen)
            });
        (name, granted.collect())
    }
}
