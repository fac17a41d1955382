//! What this process and others before it learned from calls: which tools are used together, for
//! search, and what results look like, for types. Names and structure, never a value.

use std::path::Path;

use parking_lot::Mutex;
use serde_json::{Value, value::RawValue};
use vesicle_bridge::{
    learned::{Learned, LearnedFile},
    observed::Observed,
    search::Usage,
};

/// The longest result that is looked at, in bytes.
const RESULT_BYTES_MAX: usize = 64 << 10;

/// What was learned. The file is read when something of it is first asked for.
#[derive(Debug)]
pub struct Memory {
    file: Option<LearnedFile>,
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    all: Learned,
    /// What of it is not in the file yet.
    new: Learned,
}

impl Memory {
    /// Kept in this directory, or nowhere.
    pub fn new(directory: Option<&Path>) -> Self {
        Self {
            file: directory.map(LearnedFile::in_directory),
            known: Mutex::default(),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        let read = || Known {
            all: self
                .file
                .as_ref()
                .map(LearnedFile::read)
                .unwrap_or_default(),
            new: Learned::default(),
        };
        work(self.known.lock().get_or_insert_with(read))
    }

    /// One run called these tools.
    pub fn used(&self, tools: &[String]) {
        if tools.is_empty() {
            return;
        }
        let names = || tools.iter().map(String::as_str);
        self.with(|known| {
            known.all.used(names());
            known.new.used(names());
        });
    }

    /// Gives `work` what is known of usage.
    pub fn with_usage<T>(&self, work: impl FnOnce(&Usage) -> T) -> T {
        self.with(|known| work(known.all.usage()))
    }

    /// A tool that promises no shape answered with this.
    pub fn saw(&self, name: &str, result: &RawValue) {
        if result.get().len() > RESULT_BYTES_MAX || !self.with(|known| known.all.wants(name)) {
            return;
        }
        if let Ok(value) = serde_json::from_str::<Value>(result.get()) {
            self.with(|known| {
                known.all.saw(name, &value);
                known.new.saw(name, &value);
            });
        }
    }

    /// What results of this tool looked like, if any were seen.
    pub fn shape(&self, name: &str) -> Option<Observed> {
        self.with(|known| known.all.shape(name).cloned())
    }

    /// Whether something is not in the file yet.
    pub fn is_ahead(&self) -> bool {
        let known = self.known.lock();
        self.file.is_some() && known.as_ref().is_some_and(|known| !known.new.is_empty())
    }

    /// Writes what is not in the file yet. Takes as long as the disk does.
    pub fn keep(&self) {
        let (Some(file), true) = (&self.file, self.is_ahead()) else {
            return;
        };
        let new = self.with(|known| std::mem::take(&mut known.new));
        let kept = file.add(&new);
        self.with(|known| match kept {
            // Others may have written too, and this process may have learned more meanwhile.
            Ok(kept) => {
                known.all = kept;
                known.all.merge(&known.new);
            }
            Err(error) => {
                tracing::warn!(%error, "what was learned from calls cannot be written down, and is tried again later");
                known.new.merge(&new);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use vesicle_bridge::learned::RESULTS_MAX;

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn results_are_looked_at_up_to_their_bounds() {
        let memory = Memory::new(None);
        for _ in 0..=RESULTS_MAX {
            memory.saw("s.t", &raw("{\"a\":1}"));
        }
        assert_eq!(memory.shape("s.t").unwrap().results(), RESULTS_MAX);
        let long = |bytes| raw(&format!("\"{}\"", "x".repeat(bytes - 2)));
        memory.saw("s.edge", &long(RESULT_BYTES_MAX));
        memory.saw("s.long", &long(RESULT_BYTES_MAX + 1));
        assert!(memory.shape("s.edge").is_some() && memory.shape("s.long").is_none());
        assert!(!memory.is_ahead(), "there is no file");
    }

    #[test]
    fn what_one_process_learns_another_knows() {
        let directory = tempfile::tempdir().unwrap();
        let [first, second] = [(); 2].map(|()| Memory::new(Some(directory.path())));
        let tools = |names: [&str; 2]| names.map(str::to_owned);
        first.used(&tools(["s.a", "s.b"]));
        second.used(&tools(["s.b", "s.c"]));
        second.saw("s.c", &raw("{\"name\":\"x\"}"));
        assert!(second.is_ahead());
        second.keep();
        assert!(!second.is_ahead());
        first.keep();
        second.keep();
        let third = Memory::new(Some(directory.path()));
        assert_eq!(third.with_usage(|usage| usage.count("s.b")), 2);
        assert_eq!(first.with_usage(|usage| usage.count("s.c")), 1);
        assert_eq!(third.shape("s.c").unwrap().results(), 1);
    }
}
