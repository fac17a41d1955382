//! What can be filtered by, for each episode.

use rustc_hash::FxHashMap;

use super::Entry;
use crate::model::{Complexity, EpisodeId, OutcomeKind, TaskType, Time};
use crate::store::{Facts, Filter};

/// Microseconds that stand for "not completed".
const OPEN: i64 = i64::MIN;
/// The number that an entry gets which is cleared away.
pub const GONE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub struct Columns {
    rows: Vec<Row>,
    /// The tags of all rows, one after the other.
    tags: Vec<u32>,
    domain_names: Names,
    tag_names: Names,
    dead: usize,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    id: EpisodeId,
    start_us: i64,
    end_us: i64,
    reward: f32,
    quality: f32,
    steps: u32,
    domain: u32,
    tags_at: u32,
    tags: u16,
    task_type: TaskType,
    complexity: Complexity,
    outcome: Option<OutcomeKind>,
    is_alive: bool,
}

impl Columns {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn dead(&self) -> usize {
        self.dead
    }

    pub fn push(&mut self, entry: &Entry<'_>) -> u32 {
        let facts = entry.facts;
        let tags_at = self.tags.len();
        for tag in entry.tags.split_ascii_whitespace() {
            self.tags.push(self.tag_names.number(tag));
        }
        let number = small(self.rows.len());
        self.rows.push(Row {
            id: facts.id,
            start_us: facts.start_time.timestamp_micros(),
            end_us: facts.end_time.map_or(OPEN, |end| end.timestamp_micros()),
            reward: facts.reward.map_or(f32::NAN, |reward| reward as f32),
            quality: facts.quality.map_or(f32::NAN, |quality| quality as f32),
            steps: facts.steps,
            domain: self.domain_names.number(&facts.domain),
            tags_at: small(tags_at),
            tags: (self.tags.len() - tags_at) as u16,
            task_type: facts.task_type,
            complexity: facts.complexity,
            outcome: facts.outcome,
            is_alive: true,
        });
        number
    }

    pub fn kill(&mut self, number: u32) {
        if let Some(row) = self.rows.get_mut(number as usize)
            && row.is_alive
        {
            row.is_alive = false;
            self.dead += 1;
        }
    }

    /// Clears away what is dead. The answer is the new number for each old one, or [`GONE`].
    pub fn compact(&mut self) -> Vec<u32> {
        let mut kept = Vec::with_capacity(self.rows.len());
        let mut rows = Vec::with_capacity(self.rows.len() - self.dead);
        let mut tags = Vec::new();
        for row in &self.rows {
            if !row.is_alive {
                kept.push(GONE);
                continue;
            }
            kept.push(small(rows.len()));
            let tags_at = small(tags.len());
            tags.extend_from_slice(self.tags_of(row));
            rows.push(Row { tags_at, ..*row });
        }
        (self.rows, self.tags, self.dead) = (rows, tags, 0);
        kept
    }

    /// The numbers of all ids.
    pub fn numbers(&self) -> FxHashMap<EpisodeId, u32> {
        let rows = self.rows.iter().enumerate();
        rows.map(|(number, row)| (row.id, small(number))).collect()
    }

    fn tags_of(&self, row: &Row) -> &[u32] {
        let at = row.tags_at as usize;
        self.tags
            .get(at..at + row.tags as usize)
            .unwrap_or_default()
    }

    /// Numbers of the fitting rows that were created last.
    pub fn newest(&self, count: usize, mask: &[bool]) -> Vec<u32> {
        let fitting = (0..).zip(mask).filter(|(_, fits)| **fits);
        let mut numbers: Vec<u32> = fitting.map(|(number, _)| number).collect();
        let start = |number: &u32| self.rows.get(*number as usize).map(|row| row.start_us);
        if numbers.len() > count && count > 0 {
            numbers
                .select_nth_unstable_by_key(count - 1, |number| std::cmp::Reverse(start(number)));
        }
        numbers.truncate(count);
        numbers
    }

    pub fn facts(&self, number: u32) -> Option<Facts> {
        let row = self.rows.get(number as usize)?;
        let known = |n: f32| (!n.is_nan()).then_some(f64::from(n));
        let end = (row.end_us != OPEN).then_some(row.end_us);
        Some(Facts {
            id: row.id,
            domain: self.domain_names.name(row.domain).to_owned(),
            task_type: row.task_type,
            complexity: row.complexity,
            outcome: row.outcome,
            start_time: Time::from_timestamp_micros(row.start_us)?,
            end_time: end.and_then(Time::from_timestamp_micros),
            steps: row.steps,
            reward: known(row.reward),
            quality: known(row.quality),
        })
    }

    /// The filter with names as numbers.
    pub fn wanted<'a>(&'a self, filter: &'a Filter) -> Wanted<'a> {
        let granted = filter.granted.as_ref().map(|grant| {
            let names = self.domain_names.names.iter();
            names.map(|name| grant.allows(name)).collect()
        });
        let domain = filter.domain.as_ref();
        Wanted {
            columns: self,
            filter,
            granted,
            domain: domain.map(|domain| self.domain_names.find(domain)),
            tags: filter
                .tags
                .iter()
                .map(|tag| self.tag_names.find(tag))
                .collect(),
            from_us: filter.from.map_or(i64::MIN, |from| from.timestamp_micros()),
            until_us: filter
                .until
                .map_or(i64::MAX, |until| until.timestamp_micros()),
        }
    }

    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.tags.capacity() * 4
            + self.domain_names.bytes()
            + self.tag_names.bytes()
    }
}

/// A filter, made ready for many rows.
#[derive(Debug)]
pub struct Wanted<'a> {
    columns: &'a Columns,
    filter: &'a Filter,
    granted: Option<Vec<bool>>,
    /// `None` within is a name that no row has.
    domain: Option<Option<u32>>,
    tags: Vec<Option<u32>>,
    from_us: i64,
    until_us: i64,
}

impl Wanted<'_> {
    /// Whether each row fits, in one pass, so that no row is looked at twice.
    pub fn mask(&self) -> Vec<bool> {
        self.columns
            .rows
            .iter()
            .map(|row| self.wants(row))
            .collect()
    }

    pub fn count(&self) -> u64 {
        let rows = self.columns.rows.iter();
        rows.filter(|row| self.wants(row)).count() as u64
    }

    fn wants(&self, row: &Row) -> bool {
        let is_granted = |granted: &Vec<bool>| {
            granted
                .get(row.domain as usize)
                .copied()
                .unwrap_or_default()
        };
        row.is_alive
            && self.granted.as_ref().is_none_or(is_granted)
            && self.domain.is_none_or(|domain| domain == Some(row.domain))
            && self
                .filter
                .task_type
                .is_none_or(|wanted| wanted == row.task_type)
            && (self.from_us..self.until_us).contains(&row.start_us)
            && self
                .filter
                .completed
                .is_none_or(|wanted| wanted == row.outcome.is_some())
            && self.has_outcome(row)
            && self.has_tags(row)
    }

    fn has_outcome(&self, row: &Row) -> bool {
        let wanted = &self.filter.outcomes;
        wanted.is_empty() || row.outcome.is_some_and(|outcome| wanted.contains(&outcome))
    }

    fn has_tags(&self, row: &Row) -> bool {
        let tags = self.columns.tags_of(row);
        let has = |tag: &Option<u32>| tag.is_some_and(|tag| tags.contains(&tag));
        if self.filter.any_tag && !self.tags.is_empty() {
            self.tags.iter().any(has)
        } else {
            self.tags.iter().all(has)
        }
    }
}

/// A number for each name.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = small(self.names.len());
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    fn bytes(&self) -> usize {
        self.names.iter().map(|name| 2 * name.len() + 80).sum()
    }
}

/// There are never as many as this.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(GONE)
}
