//! Filters and orders as SQL. Values are parameters, never text of the statement.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::link::Session;
use super::read;
use crate::Result;
use crate::model::EpisodeId;
use crate::store::stored::{complexity_of, damaged, time};
use crate::store::{Facts, Filter, Order, Page, Totals};

/// What [`one`] reads.
pub const FACTS: &str =
    "id, domain, task_type, complexity, outcome, start_us, end_us, steps, reward, quality";

pub fn list(
    session: &Session,
    filter: &Filter,
    order: Order,
    page: Page,
) -> Result<Vec<EpisodeId>> {
    let mut sql = Condition::of(filter);
    let order = match order {
        Order::Newest => "start_us DESC, id DESC",
        Order::Oldest => "start_us, id",
        Order::Duration => "end_us - start_us NULLS LAST, id DESC",
        Order::Reward => "reward DESC NULLS LAST, id DESC",
    };
    let page = sql.page(page);
    let text = format!(
        "SELECT id FROM episodes WHERE {} ORDER BY {order} {page}",
        sql.text
    );
    let rows = session.rows(&text, &sql.params())?;
    Ok(rows.iter().map(read::id).collect())
}

pub fn totals(session: &Session, filter: &Filter) -> Result<Totals> {
    let condition = Condition::of(filter);
    let text = format!(
        "SELECT count(*), count(outcome), count(*) FILTER (WHERE outcome IN ('success', 'partial_success')),
             count(*) FILTER (WHERE outcome IN ('failure', 'abstained')), coalesce(sum(steps), 0)::bigint,
             (avg(end_us - start_us) / 1e6)::float8, avg(reward)
         FROM episodes WHERE {}",
        condition.text
    );
    let row = session.row(&text, &condition.params())?;
    Ok(row.map_or_else(Totals::default, |row| Totals {
        episodes: row.get::<_, i64>(0) as u64,
        completed: row.get::<_, i64>(1) as u64,
        successful: row.get::<_, i64>(2) as u64,
        failed: row.get::<_, i64>(3) as u64,
        steps: row.get::<_, i64>(4) as u64,
        avg_duration_seconds: row.get(5),
        avg_reward: row.get(6),
    }))
}

pub fn facts(session: &Session, filter: &Filter, page: Page) -> Result<Vec<Facts>> {
    let mut sql = Condition::of(filter);
    let page = sql.page(page);
    let text = format!(
        "SELECT {FACTS} FROM episodes WHERE {} ORDER BY start_us, id {page}",
        sql.text
    );
    session
        .rows(&text, &sql.params())?
        .iter()
        .map(one)
        .collect()
}

/// The facts in the first columns of a row, as [`FACTS`] lists them.
pub fn one(row: &Row) -> Result<Facts> {
    Ok(Facts {
        id: read::id(row),
        domain: row.get(1),
        task_type: row.get::<_, &str>(2).parse().map_err(damaged)?,
        complexity: complexity_of(u8::try_from(row.get::<_, i16>(3)).unwrap_or(u8::MAX)),
        outcome: row
            .get::<_, Option<&str>>(4)
            .map(str::parse)
            .transpose()
            .map_err(damaged)?,
        start_time: time(row.get(5))?,
        end_time: row.get::<_, Option<i64>>(6).map(time).transpose()?,
        steps: row.get::<_, i64>(7) as u32,
        reward: row.get(8),
        quality: row.get(9),
    })
}

/// A condition, and the values of its parameters.
pub struct Condition {
    /// After `WHERE`.
    pub text: String,
    values: Vec<Box<dyn ToSql + Sync>>,
}

impl Condition {
    /// What holds always.
    pub fn all() -> Self {
        Self {
            text: "true".to_owned(),
            values: Vec::new(),
        }
    }

    /// On the columns of `episodes`.
    pub fn of(filter: &Filter) -> Self {
        let mut all = Self::all();
        if let Some(granted) = &filter.granted {
            let patterns = granted.patterns().iter();
            let patterns: Vec<String> = patterns.map(|pattern| like(pattern)).collect();
            all.and("domain LIKE ANY(?)", patterns);
        }
        if let Some(domain) = &filter.domain {
            all.and("domain = ?", domain.clone());
        }
        if let Some(task_type) = filter.task_type {
            all.and("task_type = ?", task_type.as_str());
        }
        if let Some(from) = filter.from {
            all.and("start_us >= ?", from.timestamp_micros());
        }
        if let Some(until) = filter.until {
            all.and("start_us < ?", until.timestamp_micros());
        }
        if let Some(completed) = filter.completed {
            all.and("(outcome IS NOT NULL) = ?", completed);
        }
        if !filter.outcomes.is_empty() {
            let kinds = filter.outcomes.iter();
            let kinds: Vec<&'static str> = kinds.map(|kind| kind.as_str()).collect();
            all.and("outcome = ANY(?)", kinds);
        }
        if filter.any_tag && !filter.tags.is_empty() {
            all.and(
                "place IN (SELECT episode FROM tags WHERE tag = ANY(?))",
                filter.tags.clone(),
            );
        } else {
            for tag in &filter.tags {
                all.and(
                    "place IN (SELECT episode FROM tags WHERE tag = ?)",
                    tag.clone(),
                );
            }
        }
        all
    }

    /// One more condition, in which `?` stands for the value.
    pub fn and(&mut self, condition: &str, value: impl ToSql + Sync + 'static) {
        let parameter = self.parameter(value);
        self.text.push_str(" AND ");
        self.text.push_str(&condition.replace('?', &parameter));
    }

    /// A parameter as it is written in the statement.
    pub fn parameter(&mut self, value: impl ToSql + Sync + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// A number of rows.
    pub fn limit(&mut self, limit: usize) -> String {
        let limit = self.parameter(i64::try_from(limit).unwrap_or(i64::MAX));
        format!("LIMIT {limit}::bigint")
    }

    pub fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value).collect()
    }

    fn page(&mut self, page: Page) -> String {
        let limit = self.limit(page.limit);
        let offset = self.parameter(i64::try_from(page.offset).unwrap_or(i64::MAX));
        format!("{limit} OFFSET {offset}::bigint")
    }
}

/// A pattern with stars, as LIKE has it.
fn like(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match c {
            '*' => like.push('%'),
            '%' | '_' | '\\' => {
                like.push('\\');
                like.push(c);
            }
            _ => like.push(c),
        }
    }
    like
}
