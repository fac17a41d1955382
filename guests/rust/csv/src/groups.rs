//! Many rows become one value.

use std::collections::BTreeMap;

use crate::{
    Computed, Failure, KEPT_MAX, Summary,
    answer::Rows,
    filter::Filter,
    source::{Source, number},
};

/// What is computed of which groups.
pub struct Groups {
    by: Vec<usize>,
    compute: Vec<(Summary, Option<usize>)>,
    columns: Vec<String>,
}

impl Groups {
    /// Finds the columns.
    pub fn new(source: &Source, by: &[String], compute: Vec<Computed>) -> Result<Self, Failure> {
        let mut columns = by.to_vec();
        let mut found = Vec::new();
        for Computed { summary, column } in compute {
            let name = name(summary);
            if column.is_none() && summary != Summary::Count {
                return Err(Failure::Senseless(format!(
                    "say which column the {name} is of"
                )));
            }
            columns.push(match &column {
                Some(column) => format!("{name}({column})"),
                None => name.to_owned(),
            });
            let place = column.map(|column| source.place(&column)).transpose()?;
            found.push((summary, place));
        }
        Ok(Self {
            by: source.places(by)?,
            compute: found,
            columns,
        })
    }

    /// A row for each group, in the order of their texts.
    pub fn of(self, source: &mut Source, filter: &Filter) -> Result<Rows, Failure> {
        let mut groups: BTreeMap<Vec<String>, Vec<Seen>> = BTreeMap::new();
        while let Some(row) = source.next()? {
            if !filter.passes(row) {
                continue;
            }
            let key = self.by.iter().map(|place| row[*place].clone()).collect();
            let fresh = || vec![Seen::default(); self.compute.len()];
            let seen = groups.entry(key).or_insert_with(fresh);
            let mut wrong = None;
            for (seen, (summary, place)) in seen.iter_mut().zip(&self.compute) {
                let cell = place.map(|place| row[place].as_str());
                if !seen.add(*summary, cell) {
                    wrong = *place;
                }
            }
            if let Some(place) = wrong {
                return Err(source.no_number(place));
            }
            if groups.len() > KEPT_MAX {
                return Err(Failure::TooMany(KEPT_MAX as u32));
            }
        }
        if self.by.is_empty() && groups.is_empty() {
            // No rows are one group, of nothing.
            groups.insert(Vec::new(), vec![Seen::default(); self.compute.len()]);
        }
        let mut rows = Rows::new(self.columns);
        for (key, seen) in groups {
            let values = seen.iter().zip(&self.compute);
            let values = values.map(|(seen, (summary, _))| seen.told(*summary));
            rows.push(key.into_iter().chain(values).collect())?;
        }
        Ok(rows)
    }
}

/// What was seen of a group's cells.
#[derive(Clone, Default)]
struct Seen {
    count: u64,
    sum: f64,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl Seen {
    /// Answers whether the cell is what the summary needs. Rows without a cell are counted.
    fn add(&mut self, summary: Summary, cell: Option<&str>) -> bool {
        let Some(cell) = cell else {
            self.count += 1;
            return true;
        };
        if cell.trim().is_empty() {
            return true;
        }
        self.count += 1;
        let Some(number) = number(cell) else {
            return summary == Summary::Count;
        };
        self.sum += number;
        self.least = Some(self.least.map_or(number, |least| least.min(number)));
        self.greatest = Some(self.greatest.map_or(number, |most| most.max(number)));
        true
    }

    fn told(&self, summary: Summary) -> String {
        let number = match summary {
            Summary::Count => return self.count.to_string(),
            Summary::Sum => Some(self.sum),
            Summary::Mean => (self.count > 0).then(|| self.sum / self.count as f64),
            Summary::Min => self.least,
            Summary::Max => self.greatest,
        };
        number.map_or_else(String::new, |number| number.to_string())
    }
}

fn name(summary: Summary) -> &'static str {
    match summary {
        Summary::Count => "count",
        Summary::Sum => "sum",
        Summary::Mean => "mean",
        Summary::Min => "min",
        Summary::Max => "max",
    }
}
