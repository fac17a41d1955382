//! The answer: rows in order, and not too many.

use std::cmp::Ordering;

use crate::{Failure, KEPT_MAX, Missing, Order, Table, source::number};

/// Rows that were found.
pub struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// None yet.
    pub fn new(columns: Vec<String>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// One more.
    pub fn push(&mut self, row: Vec<String>) -> Result<(), Failure> {
        if self.rows.len() == KEPT_MAX {
            return Err(Failure::TooMany(KEPT_MAX as u32));
        }
        self.rows.push(row);
        Ok(())
    }

    /// The first of them, in this order.
    pub fn table(mut self, order: Option<Order>, limit: u32) -> Result<Table, Failure> {
        if let Some(order) = order {
            let place = self.columns.iter().position(|name| *name == order.column);
            let Some(place) = place else {
                return Err(Failure::Missing(Missing {
                    name: order.column,
                    known: self.columns,
                }));
            };
            let is_descending = order.descending.unwrap_or(false);
            self.rows
                .sort_by(|one, other| compare(&one[place], &other[place], is_descending));
        }
        let total = self.rows.len() as u32;
        self.rows.truncate(limit as usize);
        Ok(Table {
            columns: self.columns,
            rows: self.rows,
            total,
        })
    }
}

/// What is empty comes last either way.
fn compare(one: &str, other: &str, is_descending: bool) -> Ordering {
    let (one, other) = (one.trim(), other.trim());
    let order = match (number(one), number(other)) {
        _ if one.is_empty() || other.is_empty() => {
            return one.is_empty().cmp(&other.is_empty());
        }
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    };
    match is_descending {
        true => order.reverse(),
        false => order,
    }
}
