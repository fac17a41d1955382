//! What is kept, in the form in which it goes out. Field names and tags are the contract with clients.

mod checkpoint;
mod episode;
mod ids;
mod outcome;
mod pattern;
mod relationship;
mod reward;
mod session;
mod step;
mod tags;
mod time;

pub use checkpoint::{Checkpoint, HandoffPack};
pub use episode::{Complexity, Context, Episode, Features, TaskType};
pub use ids::{CheckpointId, EpisodeId, HeuristicId, PatternId, RelationshipId, SessionId};
pub use outcome::{Outcome, OutcomeKind};
pub use pattern::{Effectiveness, Evidence, Heuristic, Pattern, PatternBody, PatternKind};
pub use relationship::{Direction, Relationship, RelationshipType};
pub use reward::{Reflection, Reward};
pub use session::{Feedback, Session};
pub use step::{ResultKind, Step, StepResult};
pub use tags::normalized_tags;
pub use time::{Time, now};
