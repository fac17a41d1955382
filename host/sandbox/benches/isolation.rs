//! What a process of its own costs a program, beside a thread of the host, in one run: the smallest program, one that computes,
//! one that calls a tool a hundred times one after the other, and one whose input and result are long. Each in a process that
//! has served the session before, and the smallest in one that was only started.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use criterion::Criterion;
use serde_json::value::{RawValue, to_raw_value};
use tokio::runtime::Runtime;
use vesicle_sandbox::{
    CapabilityError, Config, Execution, Isolation, Sandbox, Tool, ToolCall, Workers,
};

const FIB: &str = "\
const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
return fib(25)";

const TOOL_CALLS: &str = "for (let i = 0; i < 100; i++) await tools.bench.echo({ i })";

/// How long the input of `one_megabyte` is, in bytes.
const LONG_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let workers = Workers::new(env!("CARGO_BIN_EXE_vesicle-worker").into(), vec![]);
    let sandbox = |isolation| {
        runtime.block_on(Sandbox::new(Config {
            isolation,
            ..Config::default()
        }))
    };
    let places = [
        ("thread", sandbox(Isolation::Thread)?),
        ("process", sandbox(Isolation::Process(workers.clone()))?),
    ];
    let programs = [
        ("one_plus_one", program("return 1 + 1")),
        ("fib_25", program(FIB)),
        (
            "tool_calls_100",
            Execution {
                tools: Arc::new(Echo),
                ..program(TOOL_CALLS)
            },
        ),
        (
            "one_megabyte",
            Execution {
                input: to_raw_value(&"x".repeat(LONG_BYTES))?,
                ..program("return input")
            },
        ),
    ];
    let mut criterion = Criterion::default().configure_from_args();
    for (name, execution) in &programs {
        let mut group = criterion.benchmark_group(*name);
        for (place, sandbox) in &places {
            group.bench_function(*place, |bencher| {
                bencher.iter(|| execute(&runtime, sandbox, execution));
            });
        }
    }
    // None is started ahead, and each call is of another session.
    let fresh = sandbox(Isolation::Process(Workers {
        idle_max: 1,
        ..workers
    }))?;
    let mut session = 0_u64;
    criterion.bench_function("one_plus_one/process_that_was_just_started", |bencher| {
        bencher.iter(|| {
            session += 1;
            let execution = Execution {
                session: Some(session.to_string().into()),
                ..program("return 1 + 1")
            };
            execute(&runtime, &fresh, &execution);
        });
    });
    criterion.final_summary();
    Ok(())
}

fn program(code: &str) -> Execution {
    let mut execution = Execution {
        code: code.to_owned(),
        ..Execution::default()
    };
    execution.limits.cpu_percent = 100;
    // A hundred calls each iteration; how many in a second is what is measured.
    execution.limits.host_calls_per_second = u32::MAX;
    execution
}

fn execute(runtime: &Runtime, sandbox: &Sandbox, execution: &Execution) {
    let outcome = runtime.block_on(sandbox.execute(execution.clone()));
    assert!(
        matches!(&outcome, Ok(outcome) if outcome.is_success()),
        "{outcome:?}"
    );
}

/// Answers with its arguments.
struct Echo;

#[async_trait]
impl ToolCall for Echo {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, _: &str, arguments: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        Ok(arguments.to_owned())
    }
}
