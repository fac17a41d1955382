//! The measurements, for people and for machines.

use std::time::Duration;

use serde_json::{Value, json};

use super::measure::Samples;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    key: &'static str,
    label: String,
    value: Measured,
}

#[derive(Debug)]
enum Measured {
    Times {
        p50: Duration,
        p99: Duration,
        count: usize,
    },
    PerSecond(f64),
    Bytes(u64),
}

impl Row {
    /// Times of something done again and again.
    pub fn times(key: &'static str, label: impl Into<String>, samples: &Samples) -> Self {
        let value = Measured::Times {
            p50: samples.percentile(50),
            p99: samples.percentile(99),
            count: samples.count(),
        };
        Self::new(key, label, value)
    }

    /// How often something was done in a second.
    pub fn per_second(key: &'static str, label: impl Into<String>, rate: f64) -> Self {
        Self::new(key, label, Measured::PerSecond(rate))
    }

    /// How much memory something takes.
    pub fn bytes(key: &'static str, label: impl Into<String>, bytes: u64) -> Self {
        Self::new(key, label, Measured::Bytes(bytes))
    }

    fn new(key: &'static str, label: impl Into<String>, value: Measured) -> Self {
        Self {
            key,
            label: label.into(),
            value,
        }
    }

    fn cells(&self) -> [String; 4] {
        let (p50, p99, count) = match self.value {
            Measured::Times { p50, p99, count } => (time(p50), time(p99), count.to_string()),
            Measured::PerSecond(rate) => (format!("{rate:.0} /s"), String::new(), String::new()),
            Measured::Bytes(bytes) => {
                let kilobytes = bytes.div_ceil(1024);
                (format!("{kilobytes} KB"), String::new(), String::new())
            }
        };
        [self.label.clone(), p50, p99, count]
    }

    fn json(&self) -> Value {
        let micros = |time: Duration| time.as_nanos() as f64 / 1_000.0;
        match self.value {
            Measured::Times { p50, p99, count } => json!({
                "key": self.key, "label": self.label,
                "p50_us": micros(p50), "p99_us": micros(p99), "count": count,
            }),
            Measured::PerSecond(rate) => json!({
                "key": self.key, "label": self.label, "per_second": rate,
            }),
            Measured::Bytes(bytes) => json!({
                "key": self.key, "label": self.label, "bytes": bytes,
            }),
        }
    }
}

/// Three digits, in the unit that fits.
fn time(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    let (value, unit) = match nanos {
        ..1e6 => (nanos / 1e3, "µs"),
        ..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A table with its columns under each other.
pub fn table(rows: &[Row]) -> String {
    let head = ["", "p50", "p99", "runs"].map(str::to_owned);
    let lines: Vec<[String; 4]> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; 4];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [label, p50, p99, count] = widths;
    let mut text = String::new();
    for [a, b, c, d] in &lines {
        let line = format!("{a:<label$}  {b:>p50$}  {c:>p99$}  {d:>count$}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// All of it as one JSON array.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    serde_json::to_string_pretty(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        let times = |micros: u64| Samples::new(vec![Duration::from_micros(micros); 2]);
        let rows = [
            Row::times("a", "return 1 + 1", &times(38)),
            Row::times("b", "fib(25)", &times(14_960)),
            Row::times("c", "start, cold", &times(1_250_000)),
            Row::per_second("d", "throughput, 2 tasks", 24_512.4),
            Row::bytes("e", "one waiting sandbox", 288_000),
        ];
        insta::assert_snapshot!(table(&rows), @r"
                                  p50      p99  runs
        return 1 + 1          38.0 µs  38.0 µs     2
        fib(25)               15.0 ms  15.0 ms     2
        start, cold            1.25 s   1.25 s     2
        throughput, 2 tasks  24512 /s
        one waiting sandbox    282 KB
        ");
    }
}
