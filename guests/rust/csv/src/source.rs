//! A file, row by row.

use std::fs::File;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use crate::{Cell, Failure, Malformed, Missing};

/// A file that is read.
pub struct Source {
    reader: Reader<File>,
    names: Vec<String>,
    record: StringRecord,
    row: Vec<String>,
}

impl Source {
    /// Opens it and reads the names of its columns.
    pub fn open(path: &str, delimiter: Option<char>) -> Result<Self, Failure> {
        let delimiter = delimiter.unwrap_or(',');
        let delimiter = u8::try_from(delimiter).map_err(|_| {
            Failure::Senseless(format!(
                "{delimiter:?} is no delimiter: it has more than one byte"
            ))
        })?;
        let file = File::open(path)
            .map_err(|error| Failure::Unreadable(format!("cannot open `{path}`: {error}")))?;
        let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(file);
        let names = reader.headers().map_err(failure)?;
        let names = names.iter().map(|name| name.trim().to_owned()).collect();
        Ok(Self {
            reader,
            names,
            record: StringRecord::new(),
            row: Vec::new(),
        })
    }

    /// The names of its columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the column of a name is.
    pub fn place(&self, name: &str) -> Result<usize, Failure> {
        let place = self.names.iter().position(|known| known == name);
        place.ok_or_else(|| {
            Failure::Missing(Missing {
                name: name.to_owned(),
                known: self.names.clone(),
            })
        })
    }

    /// Where the columns of names are.
    pub fn places(&self, names: &[String]) -> Result<Vec<usize>, Failure> {
        names.iter().map(|name| self.place(name)).collect()
    }

    /// The next row, with a cell for each column.
    pub fn next(&mut self) -> Result<Option<&[String]>, Failure> {
        if !self.reader.read_record(&mut self.record).map_err(failure)? {
            return Ok(None);
        }
        self.row.clear();
        self.row.extend(self.record.iter().map(str::to_owned));
        Ok(Some(&self.row))
    }

    /// What says that this cell of the row that was read last is no number.
    pub fn no_number(&self, column: usize) -> Failure {
        Failure::NoNumber(Cell {
            column: self.names[column].clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            text: self.row[column].clone(),
        })
    }
}

/// A cell as a number. `inf` and `NaN` are words.
pub fn number(cell: &str) -> Option<f64> {
    let number: Option<f64> = cell.trim().parse().ok();
    number.filter(|number| number.is_finite())
}

fn failure(error: csv::Error) -> Failure {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.into_kind() {
        ErrorKind::Io(error) => return Failure::Unreadable(error.to_string()),
        ErrorKind::Utf8 { err, .. } => format!("it is not UTF-8: {err}"),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("it has {len} cells, and the first line has {expected_len}"),
        other => format!("{other:?}"),
    };
    Failure::Malformed(Malformed { line, reason })
}
