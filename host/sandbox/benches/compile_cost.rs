//! What the worst components that were found cost the compiler: the figures behind the defaults of
//! `CompileLimits`. It takes minutes: `cargo bench --bench compile_cost`.

use std::error::Error;
use std::time::{Duration, Instant};

use vesicle_sandbox::{CompileLimits, Compiler, Config, LoadError, Sandbox};

/// The length of each function, in bytes, of those that are within the default.
const FUNCTION_BYTES: usize = 1_000_000;
/// After this the compiler is ended.
const PATIENCE: Duration = Duration::from_secs(120);

/// One function of about so many bytes.
type Bomb = fn(usize) -> String;

const BOMBS: &[(&str, Bomb)] = &[
    ("straight code", |bytes| {
        let lines = "(local.set 0 (i32.add (local.get 0) (local.get 1)))".repeat(bytes / 7);
        format!("(func (param i32 i32) {lines})")
    }),
    ("loads and stores", |bytes| {
        let lines = "(i32.store (local.get 0) (i32.load (local.get 1)))".repeat(bytes / 10);
        format!("(func (param i32 i32) {lines})")
    }),
    ("calls", |bytes| {
        format!(
            "(func $c (param i32) {})",
            "(call $c (local.get 0))".repeat(bytes / 4)
        )
    }),
    ("blocks one after another", |bytes| {
        let lines = "(if (local.get 0) (then (local.set 1 (local.get 0))))".repeat(bytes / 9);
        format!("(func (param i32 i32) {lines})")
    }),
    ("many locals, changed in many blocks", |bytes| {
        let locals = 2_000;
        let sets: String = (0..bytes / 14)
            .map(|n| {
                let (to, from) = (1 + n % locals, 1 + (n * 7 + 1) % locals);
                format!("(br_if 0 (local.get 0)) (local.set {to} (local.get {from})) ")
            })
            .collect();
        format!(
            "(func (param i32) (local {}) (loop {sets}))",
            "i32 ".repeat(locals)
        )
    }),
    ("loops within loops", |bytes| {
        let depth = bytes / 12;
        format!(
            "(func (param i32 i32) {} {})",
            "(loop (local.set 1 (i32.add (local.get 0) (local.get 1)))".repeat(depth),
            "(br_if 0 (local.get 1)))".repeat(depth)
        )
    }),
    ("values that all live to the end", |bytes| {
        let n = bytes / 4;
        format!(
            "(func (param i32) (result i32) {} {})",
            "(i32.load (local.get 0)) ".repeat(n),
            "i32.add ".repeat(n - 1)
        )
    }),
    ("branch tables", |bytes| {
        let table = format!("(br_table {} (local.get 0))", "0 1 ".repeat(500));
        let lines = format!("(block (block {table}))").repeat(bytes / 1_010);
        format!("(func (param i32) {lines})")
    }),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --all-targets` runs benches too, with this argument.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let compiler = Compiler {
        program: env!("CARGO_BIN_EXE_vesicle-compiler").into(),
        arguments: vec![],
    };
    let config = Config {
        compiler: Some(compiler),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config).await?;
    let limits = CompileLimits {
        wall_time: PATIENCE,
        wasm_bytes: usize::MAX,
        function_bytes: usize::MAX,
        ..CompileLimits::default()
    };
    for (name, bomb) in BOMBS {
        for (copies, bytes) in [(100, 10_000), (10, 100_000), (1, FUNCTION_BYTES)] {
            let functions = bomb(bytes).replace("$c", "$c@");
            let functions: String = (0..copies)
                .map(|n| functions.replace('@', &n.to_string()))
                .collect();
            let text = format!("(component (core module (memory 1) {functions}))");
            let wasm = wat::parse_str(&text)?;
            let (megabytes, start) = (wasm.len() as f64 / 1e6, Instant::now());
            let loaded = sandbox.load(wasm, limits).await;
            let seconds = start.elapsed().as_secs_f64();
            let what = match loaded {
                Ok(_) => "compiled",
                Err(LoadError::TimedOut(_)) => "TIMED OUT",
                Err(LoadError::Compiler(_)) => "COMPILER DIED",
                Err(other) => return Err(other.into()),
            };
            println!(
                "{name}: {copies} functions of {bytes} bytes, {megabytes:.2} MB: {what} after {seconds:.2} s"
            );
        }
    }
    Ok(())
}
