//! What was found.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// Something does not work.
    Problem,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Ok, Self::Warning, Self::Problem];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One line of the report.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub area: &'static str,
    pub level: Level,
    /// How it is.
    pub what: String,
    /// What to do; nothing where all is well.
    pub advice: Option<String>,
}

/// All lines, in the order in which things were looked at.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub fn ok(&mut self, area: &'static str, what: impl Into<String>) {
        self.add(area, Level::Ok, what.into(), None);
    }

    pub fn warning(
        &mut self,
        area: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(area, Level::Warning, what.into(), Some(advice.into()));
    }

    pub fn problem(
        &mut self,
        area: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(area, Level::Problem, what.into(), Some(advice.into()));
    }

    fn add(&mut self, area: &'static str, level: Level, what: String, advice: Option<String>) {
        self.0.push(Finding {
            area,
            level,
            what,
            advice,
        });
    }

    pub fn all(&self) -> &[Finding] {
        &self.0
    }

    pub fn count(&self, level: Level) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }
}
