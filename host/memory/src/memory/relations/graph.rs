//! Graphs of episodes: what depends on what, circles, and an order to work in.

use std::collections::{BTreeSet, HashMap, VecDeque};

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use schemars::JsonSchema;
use serde::Serialize;

use super::edges::edges;
use crate::limits::{GRAPH_DEPTH_MAX, GRAPH_NODES_MAX};
use crate::memory::{Memory, check};
use crate::model::{Direction, EpisodeId, OutcomeKind, Relationship, RelationshipType};
use crate::store::Read;
use crate::{Error, Result};

/// What lies around an episode.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DependencyGraph {
    /// The episode.
    pub root: EpisodeId,
    /// How far was looked.
    pub depth: u32,
    /// The episodes, the nearest first.
    pub nodes: Vec<GraphNode>,
    /// The relationships between them.
    pub edges: Vec<GraphEdge>,
    /// Whether there was more than could be shown.
    pub truncated: bool,
}

/// An episode of a graph.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GraphNode {
    /// The episode.
    pub episode_id: EpisodeId,
    /// What was to be done.
    pub task_description: String,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// How far it is from the root.
    pub distance: u32,
}

/// A relationship of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct GraphEdge {
    /// Where it starts.
    pub from: EpisodeId,
    /// Where it leads.
    pub to: EpisodeId,
    /// What it is.
    pub relationship_type: RelationshipType,
}

/// Whether there is a circle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CycleCheck {
    /// Whether there is.
    pub has_cycle: bool,
    /// One circle: each leads to the next, and the last to the first.
    pub cycle_path: Vec<EpisodeId>,
    /// How many episodes were looked at.
    pub episodes_checked: usize,
}

/// An order in which everything comes after what it needs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TopologicalOrder {
    /// How many episodes there are.
    pub count: usize,
    /// What has to be done first comes first.
    pub order: Vec<EpisodeId>,
}

impl Memory {
    /// What lies around an episode, in both directions.
    ///
    /// # Errors
    /// There is no such episode, or the depth is not from 1 to [`GRAPH_DEPTH_MAX`].
    pub async fn get_dependency_graph(
        &self,
        root: EpisodeId,
        depth: u32,
    ) -> Result<DependencyGraph> {
        check::within("depth", depth as usize, 1, GRAPH_DEPTH_MAX as usize)?;
        self.reading(move |memory, tx| memory.graph_around(tx, root, depth))
            .await
    }

    /// Looks for circles among the relationships of one type that can be reached from an episode.
    ///
    /// # Errors
    /// There is no such episode.
    pub async fn validate_no_cycles(
        &self,
        root: EpisodeId,
        only: Option<RelationshipType>,
    ) -> Result<CycleCheck> {
        self.reading(move |memory, tx| {
            memory.episode_in(tx, root)?;
            let reached = reached(tx, &[root], only.unwrap_or(RelationshipType::DependsOn))?;
            let cycle_path = reached.cycle();
            Ok(CycleCheck {
                has_cycle: !cycle_path.is_empty(),
                cycle_path,
                episodes_checked: reached.graph.node_count(),
            })
        })
        .await
    }

    /// These episodes, and all they depend on, in an order in which everything comes after what it needs.
    ///
    /// # Errors
    /// An episode is not there, or they depend on each other in a circle.
    pub async fn get_topological_order(&self, ids: Vec<EpisodeId>) -> Result<TopologicalOrder> {
        check::within(
            "the number of episode_ids",
            ids.len(),
            1,
            crate::limits::QUERY_LIMIT_MAX,
        )?;
        self.reading(move |memory, tx| {
            for &id in &ids {
                memory.episode_in(tx, id)?;
            }
            let reached = reached(tx, &ids, RelationshipType::DependsOn)?;
            let Ok(order) = toposort(&reached.graph, None) else {
                let circle: Vec<_> = reached.cycle().iter().map(ToString::to_string).collect();
                return Err(Error::Conflict(format!(
                    "there is no order, as these depend on each other in a circle: {}; remove one of the relationships",
                    circle.join(" → ")
                )));
            };
            let mut order: Vec<EpisodeId> = order.into_iter().rev().filter_map(|node| reached.id(node)).collect();
            // What may not be seen has no place in the answer.
            order.retain(|&id| memory.episode_in(tx, id).is_ok());
            Ok(TopologicalOrder {
                count: order.len(),
                order,
            })
        })
        .await
    }

    fn graph_around(
        &self,
        tx: &mut dyn Read,
        root: EpisodeId,
        depth: u32,
    ) -> Result<DependencyGraph> {
        let mut graph = DependencyGraph {
            root,
            depth,
            nodes: Vec::new(),
            edges: Vec::new(),
            truncated: false,
        };
        let mut seen = BTreeSet::from([root]);
        let mut queue = VecDeque::from([(root, 0)]);
        let mut found = Vec::new();
        while let Some((id, distance)) = queue.pop_front() {
            let episode = match self.episode_in(tx, id) {
                Ok(episode) => episode,
                // What may not be seen, or is gone, ends the way. The root has to be there.
                Err(Error::NotFound { .. }) if id != root => {
                    seen.remove(&id);
                    continue;
                }
                Err(error) => return Err(error),
            };
            graph.nodes.push(GraphNode {
                episode_id: id,
                task_description: episode.task_description,
                outcome: episode.outcome.map(|outcome| outcome.kind()),
                distance,
            });
            let around = edges(tx, id, Direction::Both)?;
            for edge in &around {
                let other = if edge.from_episode_id == id {
                    edge.to_episode_id
                } else {
                    edge.from_episode_id
                };
                if distance < depth && !seen.contains(&other) {
                    if seen.len() >= GRAPH_NODES_MAX {
                        graph.truncated = true;
                        continue;
                    }
                    seen.insert(other);
                    queue.push_back((other, distance + 1));
                }
            }
            found.extend(around.iter().map(edge_of));
        }
        found.retain(|edge| seen.contains(&edge.from) && seen.contains(&edge.to));
        found.sort_unstable_by_key(|edge| (edge.from, edge.to, edge.relationship_type));
        found.dedup();
        graph.edges = found;
        Ok(graph)
    }
}

impl DependencyGraph {
    /// The graph in the language of Graphviz.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph episodes {\n");
        for node in &self.nodes {
            let label: String = node.task_description.chars().take(60).collect();
            dot.push_str(&format!(
                "  \"{}\" [label={}];\n",
                node.episode_id,
                quoted(&label)
            ));
        }
        for edge in &self.edges {
            let kind = edge.relationship_type.as_str();
            dot.push_str(&format!(
                "  \"{}\" -> \"{}\" [label=\"{kind}\"];\n",
                edge.from, edge.to
            ));
        }
        dot.push_str("}\n");
        dot
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn edge_of(edge: &Relationship) -> GraphEdge {
    GraphEdge {
        from: edge.from_episode_id,
        to: edge.to_episode_id,
        relationship_type: edge.relationship_type,
    }
}

/// What can be reached along relationships of one type.
struct Reached {
    graph: DiGraph<EpisodeId, ()>,
}

fn reached(
    tx: &mut (impl Read + ?Sized),
    from: &[EpisodeId],
    only: RelationshipType,
) -> Result<Reached> {
    let mut graph = DiGraph::new();
    let mut nodes: HashMap<EpisodeId, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::new();
    for &id in from {
        nodes.entry(id).or_insert_with(|| {
            queue.push_back(id);
            graph.add_node(id)
        });
    }
    while let Some(id) = queue.pop_front() {
        let Some(&start) = nodes.get(&id) else {
            continue;
        };
        for edge in edges(tx, id, Direction::Outgoing)? {
            if edge.relationship_type != only {
                continue;
            }
            let to = edge.to_episode_id;
            if !nodes.contains_key(&to) && nodes.len() >= GRAPH_NODES_MAX {
                return Err(Error::Limit(format!(
                    "more than {GRAPH_NODES_MAX} episodes can be reached from there; start at one with fewer relationships"
                )));
            }
            let end = *nodes.entry(to).or_insert_with(|| {
                queue.push_back(to);
                graph.add_node(to)
            });
            graph.add_edge(start, end, ());
        }
    }
    Ok(Reached { graph })
}

impl Reached {
    fn id(&self, node: NodeIndex) -> Option<EpisodeId> {
        self.graph.node_weight(node).copied()
    }

    /// One circle, or nothing.
    fn cycle(&self) -> Vec<EpisodeId> {
        let components = tarjan_scc(&self.graph);
        let Some(circle) = components.into_iter().find(|component| component.len() > 1) else {
            return Vec::new();
        };
        let within: BTreeSet<_> = circle.iter().copied().collect();
        // Going on within the component, a node comes up again; from its first time on it is a circle.
        let mut path: Vec<NodeIndex> = circle.first().copied().into_iter().collect();
        while let Some(&last) = path.last() {
            let Some(next) = self
                .graph
                .neighbors(last)
                .find(|node| within.contains(node))
            else {
                break;
            };
            if let Some(at) = path.iter().position(|&node| node == next) {
                return path
                    .iter()
                    .skip(at)
                    .filter_map(|&node| self.id(node))
                    .collect();
            }
            path.push(next);
        }
        Vec::new()
    }
}

/// A way from one episode to another along relationships of one type, or none.
pub fn path(
    tx: &mut (impl Read + ?Sized),
    from: EpisodeId,
    to: EpisodeId,
    only: RelationshipType,
) -> Result<Option<Vec<EpisodeId>>> {
    let reached = reached(tx, &[from], only)?;
    let find = |id| {
        reached
            .graph
            .node_indices()
            .find(|&node| reached.id(node) == Some(id))
    };
    let (Some(start), Some(end)) = (find(from), find(to)) else {
        return Ok(None);
    };
    let way = petgraph::algo::astar(&reached.graph, start, |node| node == end, |_| 1, |_| 0);
    Ok(way.map(|(_, nodes)| {
        nodes
            .into_iter()
            .filter_map(|node| reached.id(node))
            .collect()
    }))
}
