//! Which tools are used, and which together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many tools are counted. When there are more, the least used half is forgotten.
pub const TOOLS_MAX: usize = 2_000;
/// How many companions of one tool are counted.
pub const TOGETHER_MAX: usize = 64;
/// How many different tools of one run are counted as used together.
pub const RUN_MAX: usize = 32;

/// Counts of tools, by `server.tool`. Serialised, it is what a server keeps on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    tools: BTreeMap<String, Used>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Used {
    count: u64,
    together: BTreeMap<String, u64>,
}

impl Usage {
    /// Counts the tools that one run called, each once.
    pub fn record<'n>(&mut self, tools: impl IntoIterator<Item = &'n str>) {
        let mut run: Vec<&str> = tools.into_iter().collect();
        run.sort_unstable();
        run.dedup();
        run.truncate(RUN_MAX);
        for tool in &run {
            let used = self.tools.entry((*tool).to_owned()).or_default();
            used.count = used.count.saturating_add(1);
            for other in run.iter().filter(|other| *other != tool) {
                let count = used.together.entry((*other).to_owned()).or_default();
                *count = count.saturating_add(1);
            }
            forget(&mut used.together, TOGETHER_MAX, |count| *count);
        }
        forget(&mut self.tools, TOOLS_MAX, |used| used.count);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (tool, more) in &other.tools {
            let used = self.tools.entry(tool.clone()).or_default();
            used.count = used.count.saturating_add(more.count);
            for (other, more) in &more.together {
                let count = used.together.entry(other.clone()).or_default();
                *count = count.saturating_add(*more);
            }
            forget(&mut used.together, TOGETHER_MAX, |count| *count);
        }
        forget(&mut self.tools, TOOLS_MAX, |used| used.count);
    }

    /// How often `tool` was used, counted by runs.
    pub fn count(&self, tool: &str) -> u64 {
        self.tools.get(tool).map_or(0, |used| used.count)
    }

    /// In how many runs `tool` was used beside one of `others`, whichever is most.
    pub fn together(&self, tool: &str, others: &[&str]) -> u64 {
        let Some(used) = self.tools.get(tool) else {
            return 0;
        };
        let counts = others.iter().filter_map(|other| used.together.get(*other));
        counts.copied().max().unwrap_or_default()
    }
}

/// Keeps the larger half of `counts` once there are more than `most`.
fn forget<T>(counts: &mut BTreeMap<String, T>, most: usize, count: impl Fn(&T) -> u64) {
    if counts.len() <= most {
        return;
    }
    let mut order: Vec<(u64, String)> = counts
        .iter()
        .map(|(name, used)| (count(used), name.clone()))
        .collect();
    order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    for (_, name) in order.into_iter().skip(most / 2) {
        counts.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted() {
        let mut usage = Usage::default();
        usage.record(["a.x", "a.y", "a.x"]);
        usage.record(["a.x"]);
        assert_eq!(
            (usage.count("a.x"), usage.count("a.y"), usage.count("a.z")),
            (2, 1, 0)
        );
        assert_eq!(usage.together("a.y", &["a.x", "a.z"]), 1);
        assert_eq!(usage.together("a.y", &["a.y"]), 0);
        let kept = serde_json::to_string(&usage).unwrap();
        assert_eq!(serde_json::from_str::<Usage>(&kept).unwrap(), usage);
    }

    #[test]
    fn counts_of_two_are_added() {
        let mut usage = Usage::default();
        usage.record(["a.x", "a.y"]);
        let mut other = usage.clone();
        other.record(["a.y", "a.z"]);
        usage.merge(&other);
        assert_eq!((usage.count("a.x"), usage.count("a.y")), (2, 3));
        assert_eq!(usage.together("a.y", &["a.x"]), 2);
        let mut more = Usage::default();
        for tool in 0..TOOLS_MAX {
            more.record([format!("t{tool}").as_str()]);
        }
        usage.merge(&more);
        assert_eq!(usage.tools.len(), TOOLS_MAX / 2);
        assert_eq!(usage.count("a.y"), 3);
    }

    #[test]
    fn counts_are_bounded() {
        let mut usage = Usage::default();
        usage.record(["kept"]);
        usage.record(["kept"]);
        for tool in 1..TOOLS_MAX {
            usage.record([format!("t{tool}").as_str()]);
        }
        assert_eq!(usage.tools.len(), TOOLS_MAX);
        usage.record(["one more"]);
        assert_eq!(usage.tools.len(), TOOLS_MAX / 2);
        assert_eq!(usage.count("kept"), 2);
        for n in 0..200 {
            usage.record(["kept", format!("other{n}").as_str()]);
        }
        assert!(usage.tools["kept"].together.len() <= TOGETHER_MAX);
        let run: Vec<String> = (0..1_000).map(|n| format!("r{n}")).collect();
        usage.record(run.iter().map(String::as_str));
        assert!(usage.tools["r0"].together.len() < RUN_MAX);
    }
}
