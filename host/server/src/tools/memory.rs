//! What a host process learns from calls: which tools are used together, for search, and what
//! results look like, for types. Names and structure, never a value.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde_json::{Value, value::RawValue};
use vesicle_bridge::{observed::Observed, search::Usage};

/// After how many results of a tool its shape is known well enough.
const RESULTS_MAX: u64 = 32;
/// The longest result that is looked at, in bytes.
const RESULT_BYTES_MAX: usize = 64 << 10;
/// Of how many tools shapes are kept.
const TOOLS_MAX: usize = 2_000;

/// What was learned.
#[derive(Debug, Default)]
pub struct Memory {
    usage: Mutex<Usage>,
    shapes: Mutex<HashMap<String, Observed>>,
}

impl Memory {
    /// One run called these tools.
    pub fn used(&self, tools: &[String]) {
        if !tools.is_empty() {
            self.usage.lock().record(tools.iter().map(String::as_str));
        }
    }

    /// Gives `work` what is known of usage.
    pub fn with_usage<T>(&self, work: impl FnOnce(&Usage) -> T) -> T {
        work(&self.usage.lock())
    }

    /// A tool that promises no shape answered with this.
    pub fn saw(&self, name: &str, result: &RawValue) {
        if result.get().len() > RESULT_BYTES_MAX {
            return;
        }
        let mut shapes = self.shapes.lock();
        let is_known = |shape: &Observed| shape.results() >= RESULTS_MAX;
        if shapes.get(name).map_or(shapes.len() >= TOOLS_MAX, is_known) {
            return;
        }
        if let Ok(value) = serde_json::from_str::<Value>(result.get()) {
            shapes.entry(name.to_owned()).or_default().learn(&value);
        }
    }

    /// What results of this tool looked like, if any were seen.
    pub fn shape(&self, name: &str) -> Option<Observed> {
        self.shapes.lock().get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_learned_up_to_their_bounds() {
        let memory = Memory::default();
        let small = RawValue::from_string("{\"a\":1}".to_owned()).unwrap();
        for _ in 0..=RESULTS_MAX {
            memory.saw("s.t", &small);
        }
        assert_eq!(memory.shape("s.t").unwrap().results(), RESULTS_MAX);
        let long = |bytes| RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
        memory.saw("s.edge", &long(RESULT_BYTES_MAX));
        memory.saw("s.long", &long(RESULT_BYTES_MAX + 1));
        assert!(memory.shape("s.edge").is_some() && memory.shape("s.long").is_none());
        for tool in 0..TOOLS_MAX {
            memory.saw(&format!("s.{tool}"), &small);
        }
        assert_eq!(memory.shapes.lock().len(), TOOLS_MAX);
    }
}
