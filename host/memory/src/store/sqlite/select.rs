//! Filters and orders as SQL. Values are parameters, never text of the statement.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::errors::store;
use super::read;
use crate::Result;
use crate::model::{EpisodeId, OutcomeKind, TaskType};
use crate::store::stored::{complexity_of, damaged, time};
use crate::store::{Facts, Filter, Order, Page, Totals};

const FACTS: &str =
    "id, domain, task_type, complexity, outcome, start_us, end_us, steps, reward, quality";

pub fn list(
    connection: &Connection,
    filter: &Filter,
    order: Order,
    page: Page,
) -> Result<Vec<EpisodeId>> {
    let mut sql = Condition::of(filter);
    let order = match order {
        Order::Newest => "start_us DESC, id DESC",
        Order::Oldest => "start_us, id",
        Order::Duration => "end_us IS NULL, end_us - start_us, id DESC",
        Order::Reward => "reward IS NULL, reward DESC, id DESC",
    };
    let page = sql.page(page);
    let text = format!(
        "SELECT id FROM episodes WHERE {} ORDER BY {order} {page}",
        sql.text
    );
    let mut statement = connection.prepare_cached(&text).map_err(store)?;
    let rows = statement
        .query_map(params_from_iter(sql.values), |row| {
            Ok(read::id(row.get_ref(0)?.as_blob()?))
        })
        .map_err(store)?;
    rows.collect::<Result<_, _>>().map_err(store)
}

pub fn totals(connection: &Connection, filter: &Filter) -> Result<Totals> {
    let condition = Condition::of(filter);
    let text = format!(
        "SELECT count(*), count(outcome), count(*) FILTER (WHERE outcome IN ('success', 'partial_success')),
             count(*) FILTER (WHERE outcome IN ('failure', 'abstained')), coalesce(sum(steps), 0),
             avg(end_us - start_us) / 1e6, avg(reward)
         FROM episodes WHERE {}",
        condition.text
    );
    connection
        .prepare_cached(&text)
        .and_then(|mut statement| {
            statement.query_row(params_from_iter(condition.values), |row| {
                Ok(Totals {
                    episodes: row.get::<_, i64>(0)? as u64,
                    completed: row.get::<_, i64>(1)? as u64,
                    successful: row.get::<_, i64>(2)? as u64,
                    failed: row.get::<_, i64>(3)? as u64,
                    steps: row.get::<_, i64>(4)? as u64,
                    avg_duration_seconds: row.get(5)?,
                    avg_reward: row.get(6)?,
                })
            })
        })
        .map_err(store)
}

pub fn facts(connection: &Connection, filter: &Filter, page: Page) -> Result<Vec<Facts>> {
    let mut sql = Condition::of(filter);
    let page = sql.page(page);
    let text = format!(
        "SELECT {FACTS} FROM episodes WHERE {} ORDER BY start_us, id {page}",
        sql.text
    );
    let mut statement = connection.prepare_cached(&text).map_err(store)?;
    let mut rows = statement
        .query(params_from_iter(sql.values))
        .map_err(store)?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next().map_err(store)? {
        facts.push(one(row)?);
    }
    Ok(facts)
}

/// The facts in the first columns of a row, as [`FACTS`] lists them.
pub fn one(row: &Row<'_>) -> Result<Facts> {
    let raw = (|| {
        Ok((
            read::id(row.get_ref(0)?.as_blob()?),
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, u8>(3)?,
            row.get::<_, Option<String>>(4)?,
            row.get::<_, i64>(5)?,
            row.get::<_, Option<i64>>(6)?,
            row.get::<_, u32>(7)?,
        ))
    })();
    let (id, domain, task_type, complexity, outcome, start, end, steps) =
        raw.map_err(|error: rusqlite::Error| store(error))?;
    Ok(Facts {
        id,
        domain,
        task_type: task_type.parse().map_err(damaged)?,
        complexity: complexity_of(complexity),
        outcome: outcome
            .map(|kind| kind.parse())
            .transpose()
            .map_err(damaged)?,
        start_time: time(start)?,
        end_time: end.map(time).transpose()?,
        steps,
        reward: row.get(8).map_err(store)?,
        quality: row.get(9).map_err(store)?,
    })
}

/// A condition, and the values of its parameters.
struct Condition {
    text: String,
    values: Vec<Value>,
}

impl Condition {
    fn of(filter: &Filter) -> Self {
        let mut all = Self {
            text: "1".to_owned(),
            values: Vec::new(),
        };
        if let Some(granted) = &filter.granted {
            let patterns = granted
                .patterns()
                .iter()
                .map(|pattern| glob(pattern).into());
            all.any("domain GLOB ?", patterns.collect());
        }
        if let Some(domain) = &filter.domain {
            all.one("domain = ?", domain.clone().into());
        }
        if let Some(task_type) = filter.task_type {
            all.one("task_type = ?", text(TaskType::as_str(task_type)));
        }
        if let Some(from) = filter.from {
            all.one("start_us >= ?", from.timestamp_micros().into());
        }
        if let Some(until) = filter.until {
            all.one("start_us < ?", until.timestamp_micros().into());
        }
        if let Some(completed) = filter.completed {
            all.one("(outcome IS NOT NULL) = ?", i64::from(completed).into());
        }
        if !filter.outcomes.is_empty() {
            let kinds = filter.outcomes.iter().copied();
            let kinds = kinds.map(|kind| text(OutcomeKind::as_str(kind)));
            all.any("outcome = ?", kinds.collect());
        }
        let has_tag = "row IN (SELECT episode FROM tags WHERE tag = ?)";
        let tags = filter.tags.iter().map(|tag| Value::from(tag.clone()));
        if filter.any_tag && !filter.tags.is_empty() {
            all.any(has_tag, tags.collect());
        } else {
            tags.for_each(|tag| all.one(has_tag, tag));
        }
        all
    }

    fn one(&mut self, condition: &str, value: Value) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.push(value);
    }

    fn any(&mut self, condition: &str, values: Vec<Value>) {
        let parts = vec![condition; values.len()];
        let parts = if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(" OR ")
        };
        self.text.push_str(&format!(" AND ({parts})"));
        self.values.extend(values);
    }

    fn page(&mut self, page: Page) -> &'static str {
        let number = |n: usize| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
        self.values.push(number(page.limit));
        self.values.push(number(page.offset));
        "LIMIT ? OFFSET ?"
    }
}

fn text(text: &str) -> Value {
    Value::from(text.to_owned())
}

/// A pattern with stars, as GLOB has it; LIKE would not tell capitals from small letters.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match c {
            '?' | '[' => {
                glob.push('[');
                glob.push(c);
                glob.push(']');
            }
            _ => glob.push(c),
        }
    }
    glob
}
