//! How episodes stand to each other.

mod edges;
mod graph;

pub use edges::{
    NewRelationship, RelatedEpisode, RelatedEpisodes, RelationshipAdded, RelationshipExists,
    RelationshipRemoved, Relationships,
};
pub use graph::{CycleCheck, DependencyGraph, GraphEdge, GraphNode, TopologicalOrder};
