//! Many episodes at once: listed, compared, and looked through for patterns.

mod compare;
mod episodes;
mod patterns;

pub use compare::{ApproachComparison, CompareEpisodes, Comparison, EpisodesCompared, Metric};
pub(crate) use episodes::mean;
pub use episodes::{BatchEpisodes, BatchFilter, BatchStatistics, QueryEpisodes};
pub use patterns::{AnalyzePatternBatch, BatchPattern, BatchPatterns, PatternAnalysis, TimeRange};
