//! Programs that are run one at a time, from source text to outcome.

use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};

use anyhow::ensure;
use serde_json::value::{RawValue, to_raw_value};
use vesicle_sandbox::{Access, Directory, Execution, Files, Outcome, Quota, Sandbox};

use super::{Effort, measure::Samples, report::Row, tool::AddTool};

/// The smallest program that does anything.
pub const ONE_PLUS_ONE: &str = "return 1 + 1";

const FIB: &str = "\
const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
return fib(25)";

const JSON_ROWS: &str = "\
type Row = { id: number; name: string; region: string; amount: number; active: boolean };
const rows: Row[] = JSON.parse(input);
const text = JSON.stringify(rows.filter(row => row.active).map(row => ({ ...row, amount: row.amount * 2 })));
return text.length > 100_000";

const TOOL_CALLS: &str = "\
let sum = 0;
for (let i = 0; i < 100; i++) sum = (await tools.bench.add({ a: sum, b: i })).sum;
return sum";

/// How often one execution reads a file, so that its start is a small part of the time.
const READS: usize = 100;

/// A program, and what it must return for its time to count.
pub struct Program {
    key: &'static str,
    label: &'static str,
    execution: Execution,
    result: &'static str,
    repetitions: usize,
}

/// All programs. Those that read files find them in the directory `files`, where they are written.
pub fn all(files: &Path) -> anyhow::Result<[Program; 6]> {
    let program = |key, label, code: &str, result, repetitions| Program {
        key,
        label,
        execution: Execution {
            code: code.to_owned(),
            tools: Arc::new(AddTool),
            ..Execution::default()
        },
        result,
        repetitions,
    };
    let mut json_rows = program(
        "json_10k_rows",
        "10 000 JSON rows: parse, filter, map, stringify",
        JSON_ROWS,
        "true",
        60,
    );
    json_rows.execution.input = to_raw_value(&rows_text()?)?;
    let granted = Directory::open(files, "/data", Access::Read, Quota::default())?;
    let granted = Files::new([granted])?;
    let reads = |key, label, length: usize| -> anyhow::Result<Program> {
        std::fs::write(files.join(key), "x".repeat(length))?;
        let code = format!(
            "let length = 0;
             for (let i = 0; i < {READS}; i++) length += (await fs.readFile('/data/{key}')).length;
             return length === {READS} * {length}"
        );
        let mut reads = program(key, label, &code, "true", 100);
        reads.execution.files = granted.clone();
        Ok(reads)
    };
    Ok([
        program("one_plus_one", "return 1 + 1", ONE_PLUS_ONE, "2", 10_000),
        program("fib_25", "fib(25)", FIB, "75025", 100),
        json_rows,
        program(
            "tool_calls_100",
            "100 awaited tool calls, one after the other",
            TOOL_CALLS,
            "4950",
            400,
        ),
        reads("file_1k_100", "100 times fs.readFile of 1 KB", 1 << 10)?,
        reads("file_1m_100", "100 times fs.readFile of 1 MB", 1 << 20)?,
    ])
}

/// About 1 MB.
fn rows_text() -> anyhow::Result<String> {
    const REGIONS: [&str; 4] = ["north", "east", "south", "west"];
    let mut text = String::from("[");
    for (id, region) in (0..10_000).zip(REGIONS.into_iter().cycle()) {
        let separator = if id == 0 { "" } else { "," };
        write!(
            text,
            r#"{separator}{{"id":{id},"name":"customer number {id}","region":"{region}","amount":{}.25,"active":{}}}"#,
            id % 977,
            id % 3 != 0,
        )?;
    }
    text.push(']');
    Ok(text)
}

impl Program {
    /// Its times.
    pub async fn measure(&self, sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Row> {
        let run = async || self.run(sandbox).await;
        Samples::of(effort.times(self.repetitions / 10), run).await?;
        let samples = Samples::of(effort.times(self.repetitions), run).await?;
        Ok(Row::times(self.key, self.label, &samples))
    }

    async fn run(&self, sandbox: &Sandbox) -> anyhow::Result<Outcome> {
        let outcome = sandbox.execute(self.execution.clone()).await?;
        let output = output_of(&outcome)?;
        ensure!(
            output.get() == self.result,
            "{} gave {} instead of {}",
            self.label,
            output.get(),
            self.result
        );
        Ok(outcome)
    }
}

/// How long the smallest program takes until its value is there; the rest of its time is the
/// sandbox's end.
pub async fn measure_to_value(
    smallest: &Program,
    sandbox: &Sandbox,
    effort: Effort,
) -> anyhow::Result<Row> {
    let mut times = Vec::new();
    for _ in 0..effort.times(smallest.repetitions) {
        if let Outcome::Success {
            execution_time_us, ..
        } = smallest.run(sandbox).await?
        {
            times.push(Duration::from_micros(execution_time_us));
        }
    }
    let label = format!("{}, until its value is there", smallest.label);
    Ok(Row::times(
        "one_plus_one_to_value",
        label,
        &Samples::new(times),
    ))
}

/// The output of code that is known to work.
pub fn output_of(outcome: &Outcome) -> anyhow::Result<&RawValue> {
    match outcome {
        Outcome::Success { output, .. } => Ok(output),
        failure => anyhow::bail!("a benchmark's code failed: {}", failure.explanation()),
    }
}
