//! Patterns: looked through, searched, recommended and explained.

mod analyze;
mod book;
mod explain;
mod playbook;
mod search;
mod sessions;

pub(crate) use analyze::measured;
pub use analyze::{AnalyzePatterns, PatternStatistics, PatternsAnalyzed};
pub(crate) use book::Book;
pub use explain::{Explanation, SupportingEpisode};
pub use playbook::{Playbook, PlaybookAnswer, PlaybookStep, RecommendPlaybook};
pub use search::{
    Attribution, PatternHit, PatternsFound, RecommendPatterns, ScoreBreakdown, SearchPatterns,
};
pub use sessions::{
    FeedbackRecorded, NewFeedback, NewSession, RecommendationStats, SessionRecorded,
};
