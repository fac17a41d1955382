//! The index, and asking it.
//!
//! The postings are ours: the `bm25` crate scores one text by one weight, keeps each text, and visits
//! every word of every text that shares a word with the query; `benches/search.rs` measures both.
//! Its tokenizer is used.

use std::collections::{BTreeMap, HashMap};

use rmcp::model::Tool;

use super::{
    fields::{self, FIELDS},
    thesaurus,
    tokens::Tokens,
    usage::Usage,
};
use crate::names;

/// BM25's saturation: what the second and third occurrence of a word still count.
const K1: f32 = 1.2;
/// By how much of its score usage may raise a tool, once for its own and once for its companions'.
const USAGE_SHARE: f32 = 0.05;
/// At how many uses half of that is reached.
const USAGE_HALF: f32 = 5.0;
/// What a word counts that the asker did not say, but that tools say for it.
const SYNONYM_SHARE: f32 = 0.6;
/// What is left of the score of a tool that changes something when the asker wants to be told something.
const CHANGING_SHARE: f32 = 0.7;
/// How many hits are given at most, whatever is asked for.
pub const HITS_MAX: usize = 100;
/// How much of a query is read, in bytes.
const QUERY_BYTES_MAX: usize = 1_000;

/// All tools that can be found. Made anew when tools change: that is a matter of stemming every word of every text.
#[derive(Default)]
pub struct Index {
    tokens: Tokens,
    tools: Vec<Found>,
    /// Which servers there are.
    servers: Vec<String>,
    /// For each word, the tools that have it, with what it counts in each.
    postings: HashMap<Box<str>, Vec<Posting>>,
}

struct Found {
    /// Into `servers`.
    server: u32,
    /// `server.tool`.
    name: Box<str>,
    /// It changes nothing, as far as it says so.
    only_reads: bool,
}

struct Posting {
    tool: u32,
    score: f32,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// A task or words.
    pub text: &'q str,
    /// Only tools of this server.
    pub server: Option<&'q str>,
    /// How many hits are wanted; at most [`HITS_MAX`].
    pub limit: usize,
    /// Tools that the asker has used already, by `server.tool`.
    pub used: &'q [&'q str],
}

/// A tool that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'i> {
    /// Its server.
    pub server: &'i str,
    /// Its own name.
    pub tool: &'i str,
    /// How well it fits. Only to be compared with other hits of the same query.
    pub score: f32,
}

impl Index {
    /// Indexes `tools`, each with its server's name.
    pub fn new<'t>(tools: impl IntoIterator<Item = (&'t str, &'t Tool)>) -> Self {
        let mut index = Self::default();
        let mut building = Building::default();
        for (server, tool) in tools {
            let number = index.server(server);
            index.tools.push(Found {
                server: number,
                name: format!("{server}.{}", tool.name).into(),
                only_reads: only_reads(tool),
            });
            building.add(fields::read(server, tool, &index.tokens));
        }
        index.postings = building.finish();
        index
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    fn server(&mut self, name: &str) -> u32 {
        // Tools come server by server.
        let at = self.servers.iter().rposition(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.servers.push(name.to_owned());
            self.servers.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The tools that fit best, best first. A query without any known word finds nothing; equally
    /// good tools come by their names.
    pub fn search(&self, query: &Query<'_>, usage: &Usage) -> Vec<Hit<'_>> {
        let text = query
            .text
            .get(..query.text.floor_char_boundary(QUERY_BYTES_MAX))
            .unwrap_or_default();
        let mut scores = vec![0.0_f32; self.tools.len()];
        for (word, weight) in self.weighted(text) {
            for posting in self.postings.get(word.as_str()).into_iter().flatten() {
                if let Some(score) = scores.get_mut(posting.tool as usize) {
                    *score += weight * posting.score;
                }
            }
        }
        if thesaurus::asks(text) {
            let changing = self
                .tools
                .iter()
                .zip(&mut scores)
                .filter(|(found, _)| !found.only_reads);
            changing.for_each(|(_, score)| *score *= CHANGING_SHARE);
        }
        let mut hits: Vec<(f32, &Found)> = self
            .tools
            .iter()
            .zip(scores)
            .filter(|(found, score)| {
                *score > 0.0
                    && query
                        .server
                        .is_none_or(|wanted| self.server_of(found) == wanted)
            })
            .map(|(found, score)| (score, found))
            .collect();
        let limit = query.limit.min(HITS_MAX);
        // Usage moves a tool by a few places, so that it need not be looked up for all.
        let best_first = |a: &(f32, &Found), b: &(f32, &Found)| {
            b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name))
        };
        let candidates = limit * 2 + 20;
        if hits.len() > candidates {
            hits.select_nth_unstable_by(candidates, best_first);
            hits.truncate(candidates);
        }
        for (score, found) in &mut hits {
            let uses = usage.count(&found.name) as f32;
            let together = usage.together(&found.name, query.used) as f32;
            *score *= 1.0
                + USAGE_SHARE * (uses / (uses + USAGE_HALF) + together / (together + USAGE_HALF));
        }
        hits.sort_unstable_by(best_first);
        hits.truncate(limit);
        hits.into_iter()
            .map(|(score, found)| self.hit(score, found))
            .collect()
    }

    /// The words of a query with what each counts: what the asker said, and what tools say for it.
    fn weighted(&self, text: &str) -> BTreeMap<String, f32> {
        let said = self.tokens.of(text);
        let mut words = BTreeMap::new();
        for word in said.iter().flat_map(|word| thesaurus::of(word)) {
            words.insert(word.clone(), SYNONYM_SHARE);
        }
        words.extend(said.into_iter().map(|word| (word, 1.0)));
        words
    }

    fn server_of(&self, found: &Found) -> &str {
        self.servers
            .get(found.server as usize)
            .map_or("", String::as_str)
    }

    fn hit<'i>(&'i self, score: f32, found: &'i Found) -> Hit<'i> {
        let server = self.server_of(found);
        Hit {
            server,
            tool: found.name.get(server.len() + 1..).unwrap_or_default(),
            score,
        }
    }
}

/// Whether `tool` says that it changes nothing, or is called so.
fn only_reads(tool: &Tool) -> bool {
    let hint = tool
        .annotations
        .as_ref()
        .and_then(|hints| hints.read_only_hint);
    hint.unwrap_or_else(|| {
        let reads = [
            "get", "list", "search", "read", "find", "fetch", "query", "show", "describe", "count",
        ];
        names::words(&tool.name)
            .next()
            .is_some_and(|word| reads.contains(&word.to_lowercase().as_str()))
    })
}

/// An index while it is made: how often each word stands in each field of each tool.
#[derive(Default)]
struct Building {
    words: HashMap<Box<str>, Vec<(u32, [u16; FIELDS.len()])>>,
    /// How long each field of each tool is, in words.
    lengths: Vec<[u32; FIELDS.len()]>,
}

impl Building {
    fn add(&mut self, fields: [Vec<String>; FIELDS.len()]) {
        let tool = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        self.lengths.push(
            fields
                .each_ref()
                .map(|field| u32::try_from(field.len()).unwrap_or(u32::MAX)),
        );
        for (number, field) in fields.into_iter().enumerate() {
            for word in field {
                let tools = self.words.entry(word.into_boxed_str()).or_default();
                if tools.last().is_none_or(|(last, _)| *last != tool) {
                    tools.push((tool, [0; FIELDS.len()]));
                }
                if let Some(count) = tools
                    .last_mut()
                    .and_then(|(_, counts)| counts.get_mut(number))
                {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    /// Works out what each word counts in each tool.
    fn finish(self) -> HashMap<Box<str>, Vec<Posting>> {
        let tools = self.lengths.len().max(1) as f32;
        let mut averages = [0.0_f32; FIELDS.len()];
        for lengths in &self.lengths {
            for (average, length) in averages.iter_mut().zip(lengths) {
                *average += *length as f32 / tools;
            }
        }
        let score = |tool: u32, counts: &[u16; FIELDS.len()], rarity: f32| {
            let lengths = self.lengths.get(tool as usize).copied().unwrap_or_default();
            let mut count = 0.0;
            for (((field, times), length), average) in
                FIELDS.iter().zip(counts).zip(lengths).zip(averages)
            {
                let relative = if average > 0.0 {
                    length as f32 / average
                } else {
                    1.0
                };
                count += field.weight * f32::from(*times)
                    / (1.0 - field.length + field.length * relative);
            }
            rarity * count / (K1 + count)
        };
        let mut postings = HashMap::with_capacity(self.words.len());
        for (word, found) in self.words {
            let having = found.len() as f32;
            let rarity = (1.0 + (tools - having + 0.5) / (having + 0.5)).ln();
            let scored = found.iter().map(|(tool, counts)| Posting {
                tool: *tool,
                score: score(*tool, counts, rarity),
            });
            postings.insert(word, scored.collect());
        }
        postings
    }
}
