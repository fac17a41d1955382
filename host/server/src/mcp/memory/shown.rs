//! Which tools of the memory this client is shown: a core, and those that it has used.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use rmcp::model::Tool;

use super::registry::{self, CORE};
use crate::memory::Programs;

/// What one client is shown.
#[derive(Debug, Default)]
pub struct Shown {
    all: bool,
    programs: Programs,
    used: Mutex<BTreeSet<&'static str>>,
}

impl Shown {
    /// The core, or all of them.
    pub fn new(all: bool, programs: Programs) -> Self {
        Self {
            all,
            programs,
            used: Mutex::default(),
        }
    }

    /// What programs may do with the memory.
    pub fn programs(&self) -> Programs {
        self.programs
    }

    /// The definitions, what belongs together beside each other.
    pub fn definitions(&self) -> Vec<Tool> {
        let used = self.used.lock();
        let tools = registry::all()
            .iter()
            .filter(|tool| self.all || CORE.contains(&tool.name()) || used.contains(tool.name()));
        tools.map(|tool| tool.definition.clone()).collect()
    }

    /// Notes that a tool was used, and says whether it is shown from now on and was not before.
    pub fn used(&self, name: &'static str) -> bool {
        !self.all && !CORE.contains(&name) && self.used.lock().insert(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the core may cost in each prompt, in tokens.
    const CORE_TOKENS_MAX: usize = 3_000;

    #[test]
    fn a_model_reads_this() {
        let core = Shown::new(false, Programs::Query).definitions();
        insta::assert_json_snapshot!(core);
        let tokens = vesicle_bridge::tokens::plain(&core);
        assert!(tokens <= CORE_TOKENS_MAX, "{tokens} tokens");
        let all = Shown::new(true, Programs::Query).definitions();
        // What links to in the documentation of Rust says nothing to a model.
        let text = serde_json::to_string(&all).unwrap();
        let link = text
            .find("[`")
            .map(|at| &text[at.saturating_sub(80)..][..160]);
        assert_eq!(link, None);
        let lines = all.iter().map(|tool| {
            let arguments = tool
                .input_schema
                .get("properties")
                .and_then(|all| all.as_object());
            let arguments: Vec<&str> = arguments
                .into_iter()
                .flat_map(|all| all.keys().map(String::as_str))
                .collect();
            let description = tool.description.as_deref().unwrap_or_default();
            format!("{}({}): {description}", tool.name, arguments.join(", "))
        });
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn use_moves_a_tool_into_the_list() {
        let shown = Shown::new(false, Programs::Query);
        let names = |shown: &Shown| -> Vec<String> {
            let tools = shown.definitions().into_iter();
            tools.map(|tool| tool.name.into_owned()).collect()
        };
        assert_eq!(names(&shown).len(), CORE.len());
        assert!(!shown.used("get_episode"));
        assert!(shown.used("get_episode_timeline"));
        assert!(!shown.used("get_episode_timeline"));
        assert!(names(&shown).contains(&"get_episode_timeline".to_owned()));
        let all = Shown::new(true, Programs::Query);
        assert_eq!(names(&all).len(), registry::all().len());
        assert!(!all.used("get_episode_timeline"));
    }
}
