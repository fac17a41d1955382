//! Which rows are meant.

use crate::{
    Condition, Failure, Test,
    source::{Source, number},
};

/// Conditions that a row has to fulfil, all of them.
pub struct Filter(Vec<(usize, Test)>);

impl Filter {
    /// Finds the columns.
    pub fn new(source: &Source, conditions: Vec<Condition>) -> Result<Self, Failure> {
        let found = conditions.into_iter().map(|condition| {
            let place = source.place(&condition.column)?;
            let test = match condition.is {
                Test::Contains(text) => Test::Contains(text.to_lowercase()),
                test => test,
            };
            Ok((place, test))
        });
        Ok(Self(found.collect::<Result<_, _>>()?))
    }

    /// Whether a row fulfils them.
    pub fn passes(&self, row: &[String]) -> bool {
        self.0.iter().all(|(place, test)| holds(test, &row[*place]))
    }
}

fn holds(test: &Test, cell: &str) -> bool {
    match test {
        Test::Equals(text) => cell == text,
        Test::Differs(text) => cell != text,
        Test::OneOf(texts) => texts.iter().any(|text| cell == text),
        Test::Contains(text) => cell.to_lowercase().contains(text.as_str()),
        Test::Below(bound) => number(cell).is_some_and(|number| number < *bound),
        Test::Above(bound) => number(cell).is_some_and(|number| number > *bound),
        Test::Empty => cell.trim().is_empty(),
        Test::Filled => !cell.trim().is_empty(),
    }
}
