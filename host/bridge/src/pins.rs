//! Remembers which definitions of tools were approved.
//!
//! A server can change what a tool says of itself after somebody looked at it: a description is read by a model, and can
//! tell it things. So a definition is approved when it is first seen, and any other under the same name is held back
//! until somebody approves that one. The file may be shared by several processes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rmcp::model::Tool;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::private;

const FILE: &str = "approved-tools.json";
const LOCK: &str = "approved-tools.lock";
/// How large the file may be, in bytes: some 500 000 tools.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The approved definitions of all servers, by server and tool.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Approved {
    servers: BTreeMap<String, BTreeMap<String, String>>,
}

/// What is approved, in memory and on disk.
#[derive(Debug)]
pub struct Pins {
    directory: Option<PathBuf>,
    approved: Mutex<Approved>,
}

/// Whether a definition may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the one that was approved, or the first.
    Approved,
    /// Another was approved under this name.
    Held,
}

impl Pins {
    /// Those kept in this directory, or none that are kept.
    ///
    /// A file that cannot be read is an error: to begin anew would approve whatever the servers say now.
    pub fn open(directory: Option<&Path>) -> io::Result<Self> {
        let approved = match directory {
            None => Approved::default(),
            Some(directory) => {
                private::make_directory(directory)?;
                load(directory)?
            }
        };
        Ok(Self {
            directory: directory.map(Path::to_path_buf),
            approved: Mutex::new(approved),
        })
    }

    /// The standing of each of a server's definitions. Those of new tools are approved and written down.
    pub fn judge(&self, server: &str, tools: &[(String, Digest)]) -> Vec<Standing> {
        let judged = |known: &BTreeMap<String, String>| {
            let judge = |(name, digest): &(String, Digest)| match known.get(name) {
                Some(approved) if *approved == digest.to_string() => Some(Standing::Approved),
                Some(_) => Some(Standing::Held),
                None => None,
            };
            tools.iter().map(judge).collect::<Vec<_>>()
        };
        let none = BTreeMap::new();
        let first = judged(self.approved.lock().servers.get(server).unwrap_or(&none));
        if first.iter().all(Option::is_some) {
            return first.into_iter().flatten().collect();
        }
        let changed = self.change(|approved| {
            let known = approved.servers.entry(server.to_owned()).or_default();
            for (name, digest) in tools {
                known
                    .entry(name.clone())
                    .or_insert_with(|| digest.to_string());
            }
        });
        if let Err(error) = changed {
            tracing::warn!(%error, server, "what was approved cannot be written down, and holds for this run only");
        }
        let approved = self.approved.lock();
        judged(approved.servers.get(server).unwrap_or(&none))
            .into_iter()
            .map(|standing| standing.unwrap_or(Standing::Held))
            .collect()
    }

    /// Approves these definitions in place of whatever was approved under their names.
    pub fn approve(&self, server: &str, tools: &[(String, Digest)]) -> io::Result<()> {
        self.change(|approved| {
            let known = approved.servers.entry(server.to_owned()).or_default();
            for (name, digest) in tools {
                known.insert(name.clone(), digest.to_string());
            }
        })
    }

    /// Changes what is approved, here and in the file, on top of what other processes wrote.
    fn change(&self, change: impl Fn(&mut Approved)) -> io::Result<()> {
        let mut approved = self.approved.lock();
        let Some(directory) = &self.directory else {
            change(&mut approved);
            return Ok(());
        };
        let written = (|| {
            let _others = private::lock(&directory.join(LOCK))?;
            let mut latest = load(directory)?;
            change(&mut latest);
            private::replace(&directory.join(FILE), &serde_json::to_vec_pretty(&latest)?)?;
            Ok(latest)
        })();
        match written {
            Ok(latest) => {
                *approved = latest;
                Ok(())
            }
            Err(error) => {
                change(&mut approved);
                Err(error)
            }
        }
    }
}

fn load(directory: &Path) -> io::Result<Approved> {
    let path = directory.join(FILE);
    let with_path = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!(
                "{} cannot be read: {error}. Correct it, or remove it to approve all tools anew",
                path.display()
            ),
        )
    };
    match private::read(&path, FILE_BYTES_MAX).map_err(with_path)? {
        None => Ok(Approved::default()),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| with_path(error.into())),
    }
}

/// The digest of everything in a definition that a model or a program goes by.
pub fn digest(tool: &Tool) -> Digest {
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let mut parts = Map::new();
    parts.insert("name".to_owned(), text(Some(&tool.name)));
    parts.insert("title".to_owned(), text(tool.title.as_deref()));
    parts.insert("description".to_owned(), text(tool.description.as_deref()));
    parts.insert(
        "input".to_owned(),
        Value::Object(tool.input_schema.as_ref().clone()),
    );
    let output = tool.output_schema.as_ref();
    parts.insert(
        "output".to_owned(),
        output.map_or(Value::Null, |schema| Value::Object(schema.as_ref().clone())),
    );
    let annotations = tool
        .annotations
        .as_ref()
        .and_then(|annotations| serde_json::to_value(annotations).ok());
    parts.insert("annotations".to_owned(), annotations.unwrap_or_default());
    Digest::of_object("vesicle tool definition", &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Digest {
        Digest::of("test", &Value::from(text))
    }

    fn tools(pairs: &[(&str, &str)]) -> Vec<(String, Digest)> {
        pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), of(text)))
            .collect()
    }

    #[test]
    fn the_first_definition_counts_until_another_is_approved() {
        use Standing::{Approved, Held};
        let directory = tempfile::tempdir().unwrap();
        let open = || Pins::open(Some(directory.path())).unwrap();
        assert_eq!(
            open().judge("s", &tools(&[("a", "1"), ("b", "1")])),
            [Approved, Approved]
        );
        let pins = open();
        assert_eq!(
            pins.judge("s", &tools(&[("a", "2"), ("b", "1"), ("c", "1")])),
            [Held, Approved, Approved]
        );
        assert_eq!(pins.judge("other", &tools(&[("a", "2")])), [Approved]);
        pins.approve("s", &tools(&[("a", "2")])).unwrap();
        assert_eq!(
            open().judge("s", &tools(&[("a", "2"), ("a", "1")])),
            [Approved, Held]
        );
    }

    #[test]
    fn processes_do_not_undo_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let one = Pins::open(Some(directory.path())).unwrap();
        let two = Pins::open(Some(directory.path())).unwrap();
        one.judge("one", &tools(&[("a", "1")]));
        two.judge("two", &tools(&[("a", "1")]));
        assert_eq!(two.judge("one", &tools(&[("a", "2")])), [Standing::Held]);
        let both = Pins::open(Some(directory.path())).unwrap();
        assert_eq!(both.judge("one", &tools(&[("a", "2")])), [Standing::Held]);
        assert_eq!(both.judge("two", &tools(&[("a", "2")])), [Standing::Held]);
    }

    #[test]
    fn a_damaged_file_is_not_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "{").unwrap();
        let error = Pins::open(Some(directory.path())).unwrap_err().to_string();
        assert!(
            error.contains(FILE) && error.contains("remove it"),
            "{error}"
        );
    }

    #[test]
    fn all_that_is_read_is_in_the_digest() {
        let base =
            serde_json::json!({"name": "a", "description": "d", "inputSchema": {"type": "object"}});
        let digest_of = |tool: &Value| digest(&serde_json::from_value(tool.clone()).unwrap());
        let with = |key: &str, value: Value| {
            let mut tool = base.clone();
            tool[key] = value;
            digest_of(&tool)
        };
        assert_eq!(digest_of(&base), with("icons", serde_json::json!([])));
        for (key, value) in [
            ("name", "b".into()),
            ("title", "t".into()),
            ("description", "e".into()),
            ("inputSchema", serde_json::json!({})),
            ("outputSchema", serde_json::json!({})),
            ("annotations", serde_json::json!({"readOnlyHint": true})),
        ] {
            assert_ne!(digest_of(&base), with(key, value), "{key}");
        }
    }
}
