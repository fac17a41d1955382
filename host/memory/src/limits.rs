//! Every bound of the memory, with its name. Errors name what was exceeded and by how much.

/// Bytes of a task's description.
pub const DESCRIPTION_BYTES_MAX: usize = 10_000;
/// Bytes of a domain, a language or a framework.
pub const LABEL_BYTES_MAX: usize = 200;
/// Bytes of the name of a step's tool.
pub const TOOL_BYTES_MAX: usize = 500;
/// Bytes of what a step did.
pub const ACTION_BYTES_MAX: usize = 10_000;
/// Steps of an episode.
pub const STEPS_MAX: usize = 1_000;
/// The greatest number that a step may have.
pub const STEP_NUMBER_MAX: u32 = 1_000_000;
/// Bytes of one artifact of an outcome.
pub const ARTIFACT_BYTES_MAX: usize = 1_000_000;
/// Artifacts of an outcome, and entries in its lists of what was completed and what failed.
pub const OUTCOME_LIST_MAX: usize = 1_000;
/// Bytes of a verdict, a reason or the details of an error.
pub const VERDICT_BYTES_MAX: usize = 100_000;
/// Bytes of an episode with all its steps, as JSON.
pub const EPISODE_BYTES_MAX: usize = 10_000_000;
/// Levels of JSON in a step's parameters.
pub const JSON_DEPTH_MAX: usize = 64;

/// Tags of an episode, and of one call.
pub const TAGS_MAX: usize = 100;
/// Characters of a tag, at least.
pub const TAG_CHARS_MIN: usize = 2;
/// Characters of a tag, at most.
pub const TAG_CHARS_MAX: usize = 100;
/// Entries of an episode's metadata.
pub const METADATA_MAX: usize = 100;
/// Bytes of a key of the metadata.
pub const METADATA_KEY_BYTES_MAX: usize = 100;
/// Bytes of a value of the metadata.
pub const METADATA_VALUE_BYTES_MAX: usize = 10_000;

/// Bytes of the reason of a checkpoint.
pub const CHECKPOINT_REASON_BYTES_MAX: usize = 1_000;
/// Bytes of the note of a checkpoint.
pub const CHECKPOINT_NOTE_BYTES_MAX: usize = 5_000;
/// Checkpoints of an episode.
pub const CHECKPOINTS_MAX: usize = 100;

/// Relationships of an episode, in both directions together.
pub const RELATIONSHIPS_MAX: usize = 1_000;
/// Bytes of the reason of a relationship.
pub const RELATIONSHIP_REASON_BYTES_MAX: usize = 1_000;
/// The greatest priority of a relationship; the least is 1.
pub const PRIORITY_MAX: u8 = 10;
/// How far from an episode a graph may be followed.
pub const GRAPH_DEPTH_MAX: u32 = 10;
/// How far it is followed when nothing is said.
pub const GRAPH_DEPTH: u32 = 2;
/// Episodes in a graph; what lies beyond is left out, and the answer says so.
pub const GRAPH_NODES_MAX: usize = 10_000;

/// Bytes of a query.
pub const QUERY_BYTES_MAX: usize = 10_000;
/// Episodes that one query may ask for.
pub const QUERY_LIMIT_MAX: usize = 1_000;
/// Episodes that a query gets when it does not say how many.
pub const QUERY_LIMIT: usize = 10;
/// Ids in one call of `bulk_episodes`.
pub const BULK_MAX: usize = 100;
/// Episodes in one comparison.
pub const COMPARE_MAX: usize = 10;
/// Paths in `fields`.
pub const FIELDS_MAX: usize = 100;
/// Numbers of an embedding.
pub const DIMENSION_MAX: usize = 8_192;

/// Patterns that one search may ask for.
pub const PATTERN_SEARCH_MAX: usize = 100;
/// Patterns that one recommendation may ask for.
pub const RECOMMEND_MAX: usize = 50;
/// Steps of a playbook.
pub const PLAYBOOK_STEPS_MAX: usize = 50;
/// Patterns of one kind that are kept for a domain and task type. What was seen once and longest ago goes first.
pub const PATTERNS_PER_SCOPE_MAX: usize = 300;
/// Episodes that a pattern or a heuristic names as evidence; the counts go on.
pub const EVIDENCE_MAX: usize = 20;
/// Ids in a recommendation session or its feedback.
pub const SESSION_IDS_MAX: usize = 100;

/// Bytes of one line of an import: an episode as JSON, and what stands around it.
pub const IMPORT_LINE_BYTES_MAX: usize = 2 * EPISODE_BYTES_MAX;

/// Series in one analysis.
pub const SERIES_MAX: usize = 10;
/// Numbers of one series.
pub const SERIES_NUMBERS_MAX: usize = 1_000;
/// Places that are forecast at most.
pub const HORIZON_MAX: usize = 100;
