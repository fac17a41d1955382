//! What host processes learned from calls, kept on disk: which tools are used together, for search, and what results
//! look like, for types. Names and structure, never a value.
//!
//! Several processes share the file. Each adds what it learned since it last did, on top of what the others wrote, so
//! that nothing is counted twice and nothing is lost. A file that cannot be read is begun anew: it is only a help.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observed::Observed;
use crate::private;
use crate::search::Usage;

const FILE: &str = "learned.json";
const LOCK: &str = "learned.lock";
/// How large the file may be, in bytes. When more is known, the least seen half of the shapes is forgotten.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// Of how many tools shapes are kept.
pub const SHAPES_MAX: usize = 2_000;
/// After how many results of a tool its shape is known well enough.
pub const RESULTS_MAX: u64 = 32;

/// What was learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    usage: Usage,
    shapes: BTreeMap<String, Observed>,
}

impl Learned {
    /// Which tools are used, and which together.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// What results of this tool look like, if any were seen.
    pub fn shape(&self, tool: &str) -> Option<&Observed> {
        self.shapes.get(tool)
    }

    /// Whether one more result of this tool would teach anything.
    pub fn wants(&self, tool: &str) -> bool {
        match self.shapes.get(tool) {
            Some(shape) => shape.results() < RESULTS_MAX,
            None => self.shapes.len() < SHAPES_MAX,
        }
    }

    /// One run called these tools.
    pub fn used<'n>(&mut self, tools: impl IntoIterator<Item = &'n str>) {
        self.usage.record(tools);
    }

    /// A tool answered with this.
    pub fn saw(&mut self, tool: &str, result: &Value) {
        if self.wants(tool) {
            self.shapes
                .entry(tool.to_owned())
                .or_default()
                .learn(result);
        }
    }

    /// Adds what was learned elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.usage.merge(&other.usage);
        for (tool, shape) in &other.shapes {
            if self.wants(tool) {
                self.shapes.entry(tool.clone()).or_default().merge(shape);
            }
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn forget_half(&mut self) {
        let mut order: Vec<(u64, String)> = self
            .shapes
            .iter()
            .map(|(tool, shape)| (shape.results(), tool.clone()))
            .collect();
        order.sort_unstable();
        for (_, tool) in order.iter().take(order.len().div_ceil(2)) {
            self.shapes.remove(tool);
        }
    }
}

/// The file of it.
#[derive(Debug, Clone)]
pub struct LearnedFile(PathBuf);

impl LearnedFile {
    /// In this directory. Nothing is read or made yet.
    pub fn in_directory(directory: &Path) -> Self {
        Self(directory.to_path_buf())
    }

    /// What is kept.
    pub fn read(&self) -> Learned {
        let path = self.0.join(FILE);
        let kept = private::read(&path, FILE_BYTES_MAX as u64).and_then(|bytes| {
            let kept = bytes.map(|bytes| serde_json::from_slice(&bytes));
            kept.transpose().map_err(io::Error::from)
        });
        kept.map(Option::unwrap_or_default).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "what was learned from calls cannot be read, and is begun anew");
            Learned::default()
        })
    }

    /// Adds to what is kept, and tells what that is now.
    ///
    /// # Errors
    /// It cannot be written, and is as it was.
    pub fn add(&self, more: &Learned) -> io::Result<Learned> {
        private::make_directory(&self.0)?;
        let _others = private::lock(&self.0.join(LOCK))?;
        let mut kept = self.read();
        kept.merge(more);
        private::replace(&self.0.join(FILE), &written(&mut kept, FILE_BYTES_MAX)?)?;
        Ok(kept)
    }
}

/// As JSON of at most so many bytes.
fn written(learned: &mut Learned, bytes_max: usize) -> io::Result<Vec<u8>> {
    loop {
        let bytes = serde_json::to_vec(learned)?;
        if bytes.len() <= bytes_max || learned.shapes.is_empty() {
            return Ok(bytes);
        }
        learned.forget_half();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    fn learned(tool: &str, result: &Value) -> Learned {
        let mut learned = Learned::default();
        learned.used([tool]);
        learned.saw(tool, result);
        learned
    }

    #[test]
    fn processes_add_to_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let add = || {
            let file = LearnedFile::in_directory(&directory.path().join("bridge"));
            for round in 0..20 {
                let result = json!({"id": "secret-4711", "round": round});
                file.add(&learned("s.t", &result)).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(add);
            }
        });
        let file = LearnedFile::in_directory(&directory.path().join("bridge"));
        let kept = file.read();
        assert_eq!(kept.usage().count("s.t"), 80);
        assert_eq!(kept.shape("s.t").unwrap().results(), RESULTS_MAX);
        let path = directory.path().join("bridge").join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"id\"") && !text.contains("4711"), "{text}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_read_is_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        let file = LearnedFile::in_directory(directory.path());
        assert!(file.read().is_empty());
        for text in ["{", "[]", "{\"usage\":5}"] {
            std::fs::write(directory.path().join(FILE), text).unwrap();
            assert!(file.read().is_empty(), "{text}");
        }
        let kept = file.add(&learned("s.t", &json!(1))).unwrap();
        assert_eq!(kept, file.read());
        std::fs::write(directory.path().join(FILE), vec![b' '; FILE_BYTES_MAX + 1]).unwrap();
        assert!(file.read().is_empty());
    }

    #[test]
    fn it_is_bounded() {
        let mut all = Learned::default();
        for tool in 0..=SHAPES_MAX {
            all.saw(&format!("s.{tool}"), &json!({"a": 1}));
        }
        assert_eq!(all.shapes.len(), SHAPES_MAX);
        assert!(!all.wants("s.another") && all.wants("s.0"));
        for _ in 0..=RESULTS_MAX {
            all.saw("s.0", &json!({"a": 1}));
        }
        assert_eq!(all.shape("s.0").unwrap().results(), RESULTS_MAX);
        let bytes = serde_json::to_vec(&all).unwrap().len();
        assert_eq!(written(&mut all.clone(), bytes).unwrap().len(), bytes);
        let mut less = all.clone();
        assert!(written(&mut less, bytes - 1).unwrap().len() < bytes);
        assert_eq!(less.shapes.len(), SHAPES_MAX / 2);
        // What was seen most stays.
        assert!(less.shape("s.0").is_some());
    }
}
