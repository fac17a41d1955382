//! Servers that other MCP clients have in their configurations, as `[servers]` has them. Nothing is changed in those
//! files. What looks like a secret in them becomes a reference to a file of the user's alone.

mod jsonc;
mod places;
mod references;
mod sensitive;
mod shapes;
#[cfg(test)]
mod tests;
mod written;

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json};
use vesicle_bridge::{Definitions, ServerName, Transport, Variables};

use crate::{
    config::{RENAME, RESERVED, is_vesicle},
    secrets::SECRET_BYTES_MIN,
};
use references::References;

pub use places::{Client, Place, Surroundings};
pub use written::Section;

/// The largest file of a client that is read, in bytes. Claude Code keeps its history in the same file.
pub const CLIENT_FILE_BYTES_MAX: u64 = 16 << 20;
/// How many servers of one file are looked at.
pub const CLIENT_SERVERS_MAX: usize = 200;

/// Where the value of a secret is.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept {
    /// In this environment variable.
    Variable(String),
    /// In the client's file, in the clear; a file of its own will have it.
    Literal(String),
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "[the variable {name}]"),
            Self::Literal(_) => f.write_str("[not shown]"),
        }
    }
}

/// A secret that a server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededSecret {
    /// Its name under `[secrets]`.
    pub name: String,
    /// Where its value is.
    pub kept: Kept,
}

/// A server that can be imported.
#[derive(Debug, Clone)]
pub struct Found {
    /// What programs will call it.
    pub name: String,
    /// How it is reached, as `[servers.NAME]` has it.
    pub definition: Map<String, Json>,
    /// The secrets that its definition refers to.
    pub secrets: Vec<NeededSecret>,
    /// The variables that its definition reads.
    pub variables: Vec<String>,
    /// Its tools that are switched off in that client.
    pub denied: Vec<String>,
    /// What people should know of it.
    pub notes: Vec<String>,
}

impl Found {
    /// Its program with the arguments, or its address; without secrets.
    pub fn shown(&self) -> String {
        let text = |key: &str| self.definition.get(key).and_then(Json::as_str);
        if let Some(url) = text("url") {
            return url.to_owned();
        }
        let args = self.definition.get("args").and_then(Json::as_array);
        let args = args.into_iter().flatten().filter_map(Json::as_str);
        let words: Vec<&str> = text("command").into_iter().chain(args).collect();
        words.join(" ")
    }
}

/// A server that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why, and what to do.
    pub why: String,
}

/// What a client's file has.
#[derive(Debug)]
pub struct Source {
    /// Whose it is.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// What can be imported.
    pub servers: Vec<Found>,
    /// What cannot.
    pub left_out: Vec<LeftOut>,
    /// Why nothing of it can be read.
    pub unreadable: Option<String>,
}

/// What the files of all clients have, those of this directory before those of the user. Of servers that could be
/// taken for each other the first is taken.
pub fn find(around: &Surroundings) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    let mut known: Vec<(String, String)> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for place in around.places() {
        let text = match read(&place.path) {
            Ok(Some(text)) => text,
            Ok(None) => continue,
            Err(error) => {
                sources.push(place.source(Err(error.to_string())));
                continue;
            }
        };
        let entries = shapes::servers(place.client, &text, &around.directory);
        let mut source = place.source(entries.as_ref().map(|_| ()).map_err(Clone::clone));
        for (number, (name, entry)) in entries.unwrap_or_default().into_iter().enumerate() {
            let read = match number < CLIENT_SERVERS_MAX {
                true => one(place.client, &name, entry, around, &taken),
                false => Err(format!(
                    "the file has more than {CLIENT_SERVERS_MAX} servers"
                )),
            };
            match read {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let likeness = likeness(&found.name);
                    match known.iter().find(|(known, _)| *known == likeness) {
                        Some((_, shown)) if *shown == found.shown() => {}
                        Some(_) => source.left_out.push(LeftOut {
                            name: found.name,
                            why: "a server of that name was found before it".to_owned(),
                        }),
                        None => {
                            known.push((likeness, found.shown()));
                            taken.extend(found.secrets.iter().map(|secret| secret.name.clone()));
                            source.servers.push(found);
                        }
                    }
                }
                Err(why) => source.left_out.push(LeftOut { name, why }),
            }
        }
        if source.unreadable.is_some() || !(source.servers.is_empty() && source.left_out.is_empty())
        {
            sources.push(source);
        }
    }
    sources
}

fn likeness(name: &str) -> String {
    ServerName::new(name).map_or_else(|_| name.to_owned(), |name| name.likeness())
}

/// The server, unless it is Vesicle itself.
fn one(
    client: Client,
    name: &str,
    entry: Json,
    around: &Surroundings,
    taken: &[String],
) -> Result<Option<Found>, String> {
    let plain = shapes::plain(client, entry)?;
    let name = fitting(name);
    if name == RESERVED {
        return Err(RENAME.to_owned());
    }
    let mut references = References::new(client, &name, around, taken);
    let definition = references.definition(plain.definition)?;
    let References {
        secrets, variables, ..
    } = references;
    let found = Found {
        name,
        definition,
        secrets,
        variables,
        denied: plain.denied,
        notes: plain.notes,
    };
    Ok(usable(&found)?.then_some(found))
}

/// Whether it is a server that is not this program; an error where it is none.
fn usable(found: &Found) -> Result<bool, String> {
    let text = serde_json::json!({"mcpServers": {&*found.name: found.definition}}).to_string();
    let placeholder = |_: &str| Some("x".repeat(SECRET_BYTES_MIN));
    let variables =
        Variables::new(found.variables.iter().cloned(), placeholder).with_secrets(placeholder);
    let read = Definitions::parse(&text, "it", &variables).map_err(|error| error.to_string())?;
    if let Some(problem) = read.problems.first() {
        let key = problem.key.as_ref().map(|key| format!("`{key}`: "));
        return Err(key.unwrap_or_default() + &problem.what);
    }
    Ok(read.servers.iter().all(|server| match &server.transport {
        Transport::Stdio { .. } => !is_vesicle(server),
        _ => true,
    }))
}

/// The name with what no name of a server has replaced by `-`.
fn fitting(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(vesicle_bridge::SERVER_NAME_BYTES_MAX)
        .collect();
    let name = name.trim_matches(['-', '_']);
    match name.is_empty() {
        true => "server".to_owned(),
        false => name.to_owned(),
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    file.take(CLIENT_FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    match text.len() as u64 > CLIENT_FILE_BYTES_MAX {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {CLIENT_FILE_BYTES_MAX} bytes"),
        )),
        false => Ok(Some(text)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
