//! One execution after the other, from TypeScript source to outcome, the instance dropped as well.
//! `cargo bench` keeps the history; `vesicle bench` answers "and on my machine?".
//!
//! The smallest program stands beside the smallest sandbox that the system has, a process that does
//! nothing: machines differ, the ratio says more.

use std::error::Error;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use criterion::Criterion;
use serde_json::value::{RawValue, to_raw_value};
use tokio::runtime::Runtime;
use vesicle_sandbox::{CapabilityError, Config, Execution, Outcome, Sandbox, Tool, ToolCall};

const FIB: &str = "\
const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
return fib(25)";

/// As in `host/server/src/cli/bench/programs.rs`.
const JSON_ROWS: &str = "\
type Row = { id: number; name: string; region: string; amount: number; active: boolean };
const rows: Row[] = JSON.parse(input);
const text = JSON.stringify(rows.filter(row => row.active).map(row => ({ ...row, amount: row.amount * 2 })));
return text.length > 100_000";

const TOOL_CALLS: &str = "\
let sum = 0;
for (let i = 0; i < 100; i++) sum = (await tools.bench.add({ a: sum, b: i })).sum;
return sum";

const CONSOLE_LOG: &str =
    "for (let i = 0; i < 100; i++) console.log('line', i, { even: i % 2 === 0 })";

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sandbox = runtime.block_on(Sandbox::new(Config::default()))?;
    let mut criterion = Criterion::default().configure_from_args();

    one_plus_one(&mut criterion, &runtime, &sandbox);
    let programs = [
        ("fib_25", program(FIB)),
        (
            "json_10k_rows",
            Execution {
                input: to_raw_value(&rows_text()?)?,
                ..program(JSON_ROWS)
            },
        ),
        (
            "tool_calls_100",
            Execution {
                tools: Arc::new(AddTool),
                ..program(TOOL_CALLS)
            },
        ),
        ("console_log_100", program(CONSOLE_LOG)),
    ];
    for (name, execution) in &programs {
        criterion.bench_function(name, |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| execute(&sandbox, execution));
        });
    }
    criterion.final_summary();
    Ok(())
}

fn one_plus_one(criterion: &mut Criterion, runtime: &Runtime, sandbox: &Sandbox) {
    let mut group = criterion.benchmark_group("one_plus_one");
    group.measurement_time(Duration::from_secs(10));
    let execution = program("return 1 + 1");
    group.bench_function("fresh_sandbox", |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| execute(sandbox, &execution));
    });
    group.bench_function("process_that_does_nothing", |bencher| {
        bencher.iter(|| {
            let status = Command::new("/bin/true").status();
            assert!(
                matches!(&status, Ok(status) if status.success()),
                "{status:?}"
            );
        });
    });
    group.finish();
}

fn program(code: &str) -> Execution {
    Execution {
        code: code.to_owned(),
        ..Execution::default()
    }
}

/// The copy of the execution is part of it: a caller hands over its own.
async fn execute(sandbox: &Sandbox, execution: &Execution) {
    let executed = sandbox.execute(execution.clone()).await;
    assert!(
        matches!(executed, Ok(Outcome::Success { .. })),
        "{executed:?}"
    );
}

/// About 1 MB.
fn rows_text() -> Result<String, std::fmt::Error> {
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

/// Answers at once, so that what is measured is the way out of the sandbox and back.
struct AddTool;

#[derive(serde::Deserialize)]
struct Arguments {
    a: f64,
    b: f64,
}

#[async_trait]
impl ToolCall for AddTool {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, _: &str, arguments: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        let failed = |error: serde_json::Error| CapabilityError::Failed(error.to_string());
        let Arguments { a, b } = serde_json::from_str(arguments.get()).map_err(failed)?;
        RawValue::from_string(format!(r#"{{"sum":{}}}"#, a + b)).map_err(failed)
    }
}
