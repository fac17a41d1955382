//! Queries CSV files in the directories that the plugin is granted. `wit/world.wit` says what it can be asked.
//!
//! Files are read row by row: what is kept is what an answer needs, and no more than [`KEPT_MAX`] of it.

mod answer;
mod filter;
mod groups;
mod source;

wit_bindgen::generate!({ path: "wit", world: "csv" });

use crate::{answer::Rows, filter::Filter, groups::Groups, source::Source};

/// How many rows or groups are kept at a time.
const KEPT_MAX: usize = 100_000;
/// How many rows an answer has where nothing is said.
const LIMIT: u32 = 100;
/// How many values of a column are shown.
const EXAMPLES: usize = 3;

struct Plugin;

export!(Plugin);

impl Guest for Plugin {
    fn columns(file: String, delimiter: Option<char>) -> Result<Description, Failure> {
        let mut source = Source::open(&file, delimiter)?;
        let mut columns: Vec<Column> = source
            .names()
            .iter()
            .map(|name| Column {
                name: name.clone(),
                kind: Kind::Empty,
                filled: 0,
                examples: Vec::new(),
            })
            .collect();
        let mut rows = 0;
        while let Some(row) = source.next()? {
            rows += 1;
            for (column, cell) in columns.iter_mut().zip(row) {
                see(column, cell);
            }
        }
        Ok(Description { columns, rows })
    }

    fn query(
        file: String,
        columns: Option<Vec<String>>,
        filter: Option<Vec<Condition>>,
        group_by: Option<Vec<String>>,
        compute: Option<Vec<Computed>>,
        sort: Option<Order>,
        limit: Option<u32>,
        delimiter: Option<char>,
    ) -> Result<Table, Failure> {
        let mut source = Source::open(&file, delimiter)?;
        let filter = Filter::new(&source, filter.unwrap_or_default())?;
        let group_by = group_by.unwrap_or_default();
        let compute = compute.unwrap_or_default();
        let rows = match compute.is_empty() && group_by.is_empty() {
            true => selected(&mut source, &filter, columns)?,
            false if columns.is_some() => {
                let why = "`columns` says which columns rows have, and `group_by` which columns groups have; give one of them";
                return Err(Failure::Senseless(why.to_owned()));
            }
            false => Groups::new(&source, &group_by, compute)?.of(&mut source, &filter)?,
        };
        rows.table(sort, limit.unwrap_or(LIMIT))
    }
}

/// Rows as they are.
fn selected(
    source: &mut Source,
    filter: &Filter,
    columns: Option<Vec<String>>,
) -> Result<Rows, Failure> {
    let columns = columns.unwrap_or_else(|| source.names().to_vec());
    let places = source.places(&columns)?;
    let mut rows = Rows::new(columns);
    while let Some(row) = source.next()? {
        if filter.passes(row) {
            rows.push(places.iter().map(|place| row[*place].clone()).collect())?;
        }
    }
    Ok(rows)
}

fn see(column: &mut Column, cell: &str) {
    let cell = cell.trim();
    if cell.is_empty() {
        return;
    }
    column.filled += 1;
    column.kind = match (column.kind, source::number(cell)) {
        (Kind::Empty | Kind::Number, Some(_)) => Kind::Number,
        _ => Kind::Text,
    };
    if column.examples.len() < EXAMPLES && !column.examples.iter().any(|known| known == cell) {
        column.examples.push(cell.to_owned());
    }
}
