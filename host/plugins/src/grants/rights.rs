//! All rights of a plugin, side by side.

use std::fmt::Display;

use super::{GrantedHost, GrantedPreopen, Standing, shares};
use crate::permissions::{LIMIT_NAMES, Limits, Memory, Permissions, ToolPattern};

/// What a plugin may do, and how that came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// What holds.
    pub effective: Effective,
    /// Each kind for people, in a fixed order.
    pub rows: Vec<Right>,
    /// How the plugin stands with the operator.
    pub standing: Standing,
}

/// What holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    /// Directories of the host.
    pub preopens: Vec<GrantedPreopen>,
    /// Hosts that requests go to.
    pub hosts: Vec<GrantedHost>,
    /// Variables of the host's environment.
    pub env: Vec<String>,
    /// Tools of other servers.
    pub tools: Vec<ToolPattern>,
    /// The memory of past work.
    pub memory: Memory,
    /// Values that are kept for a session.
    pub state: bool,
    /// Questions to whoever called it.
    pub questions: bool,
    /// The limits that are asked for.
    pub asked_limits: Limits,
    /// The widest that are granted.
    pub granted_limits: Limits,
}

impl Effective {
    /// The value of a limit, where the profile has `default`.
    pub fn limit(&self, name: &str, default: u64) -> u64 {
        limit(
            self.asked_limits.get(name),
            self.granted_limits.get(name),
            default,
        )
    }
}

/// The value of a limit: what is asked for, or the profile's where nothing is, and never more than what is granted, or the
/// profile's where nothing is.
pub fn limit(asked: Option<u64>, granted: Option<u64>, default: u64) -> u64 {
    asked.unwrap_or(default).min(granted.unwrap_or(default))
}

/// One kind of right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The key in the manifest.
    pub kind: &'static str,
    /// What the manifest asks for.
    pub asked: Vec<String>,
    /// What the operator grants.
    pub granted: Vec<String>,
    /// What holds.
    pub effective: Vec<String>,
    /// What is asked for and does not hold wholly.
    pub missing: Vec<String>,
}

impl Rights {
    /// What comes of these permissions and this standing.
    pub fn new(asked: &Permissions, standing: Standing) -> Self {
        let granted = standing.granted();
        let preopens = shares::preopens(&asked.preopens, &granted.preopens);
        let hosts = shares::hosts(&asked.hosts, &granted.hosts);
        let env = shares::env(&asked.env, &granted.env);
        let tools = shares::tools(&asked.tools, &granted.tools);
        let memory = shares::memory(&asked.memory, &granted.memory);
        let state = shares::flag("state", asked.state, granted.state);
        let questions = shares::flag("questions", asked.questions, granted.questions);
        let rows = vec![
            row(
                "preopen",
                &asked.preopens,
                &granted.preopens,
                &preopens.effective,
                &preopens.missing,
            ),
            row(
                "hosts",
                &asked.hosts,
                &granted.hosts,
                &hosts.effective,
                &hosts.missing,
            ),
            row(
                "env",
                &asked.env,
                &granted.env,
                &env.effective,
                &env.missing,
            ),
            row(
                "tools",
                &asked.tools,
                &granted.tools,
                &tools.effective,
                &tools.missing,
            ),
            row(
                "memory",
                &of_memory(&asked.memory),
                &of_memory(&granted.memory),
                &of_memory(&memory.effective),
                &memory.missing,
            ),
            row(
                "state",
                &of_flag("state", asked.state),
                &of_flag("state", granted.state),
                &of_flag("state", state.effective),
                &state.missing,
            ),
            row(
                "questions",
                &of_flag("questions", asked.questions),
                &of_flag("questions", granted.questions),
                &of_flag("questions", questions.effective),
                &questions.missing,
            ),
            of_limits(&asked.limits, &granted.limits),
        ];
        Self {
            effective: Effective {
                preopens: preopens.effective,
                hosts: hosts.effective,
                env: env.effective,
                tools: tools.effective,
                memory: memory.effective,
                state: state.effective,
                questions: questions.effective,
                asked_limits: asked.limits.clone(),
                granted_limits: granted.limits,
            },
            rows,
            standing,
        }
    }

    /// Whether everything that is asked for holds.
    pub fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.missing.is_empty())
    }

    /// What is missing, in a line: `hosts api.example.com:443; state`. Nothing where nothing is.
    pub fn missing(&self) -> String {
        let rows = self.rows.iter().filter(|row| !row.missing.is_empty());
        let told = rows.map(|row| match row.kind {
            "state" | "questions" => row.kind.to_owned(),
            kind => format!("{kind} {}", row.missing.join(", ")),
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

fn row(
    kind: &'static str,
    asked: &[impl Display],
    granted: &[impl Display],
    effective: &[impl Display],
    missing: &[impl Display],
) -> Right {
    Right {
        kind,
        asked: texts(asked),
        granted: texts(granted),
        effective: texts(effective),
        missing: texts(missing),
    }
}

fn texts(values: &[impl Display]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn of_memory(memory: &Memory) -> Vec<String> {
    let mut texts = texts(&memory.domains);
    if memory.record {
        texts.push("record".to_owned());
    }
    texts
}

fn of_flag(kind: &'static str, is_set: bool) -> Vec<&'static str> {
    if is_set { vec![kind] } else { vec![] }
}

/// A limit that is asked for and not granted is missing although the profile may have as much: which profile it will
/// run under, a table cannot know.
fn of_limits(asked: &Limits, granted: &Limits) -> Right {
    let texts = |limits: &Limits| {
        let texts = limits
            .iter()
            .map(|(name, value)| format!("{name} = {value}"));
        texts.collect()
    };
    let mut effective = Limits::default();
    let mut missing = Limits::default();
    for name in LIMIT_NAMES {
        let (asked, granted) = (asked.get(name), granted.get(name));
        if let Some(holds) = granted.map(|granted| asked.unwrap_or(granted).min(granted)) {
            effective.set(name, holds);
        }
        if let Some(asked) = asked.filter(|asked| granted.is_none_or(|granted| granted < *asked)) {
            missing.set(name, asked);
        }
    }
    Right {
        kind: "limits",
        asked: texts(asked),
        granted: texts(granted),
        effective: texts(&effective),
        missing: texts(&missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_least_of_what_is_asked_and_what_is_allowed() {
        for (asked, granted, is) in [
            (None, None, 10),
            (Some(5), None, 5),
            (Some(20), None, 10),
            (None, Some(5), 5),
            (None, Some(20), 10),
            (Some(20), Some(15), 15),
            (Some(5), Some(15), 5),
            (Some(20), Some(30), 20),
        ] {
            assert_eq!(limit(asked, granted, 10), is, "{asked:?} {granted:?}");
        }
    }
}
