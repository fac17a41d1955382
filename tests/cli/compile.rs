//! The program as the compiler of the sandbox.

use vesicle_sandbox::{CompileLimits, Compiler, Config, LoadError, Sandbox};

/// A component with nothing in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

#[tokio::test]
async fn the_program_compiles_components_in_a_process_of_its_own() {
    let config = |subcommand: &str| Config {
        compiler: Some(Compiler {
            program: env!("CARGO_BIN_EXE_vesicle").into(),
            arguments: vec![subcommand.into()],
        }),
        concurrency_max: 1,
        ..Config::default()
    };
    let sandbox = Sandbox::new(config("compile-component")).await.unwrap();
    let loaded = sandbox.load(EMPTY, CompileLimits::default()).await.unwrap();
    assert!(loaded.functions().is_empty());

    // It is that process which compiles: another subcommand does not.
    let sandbox = Sandbox::new(config("no-such-subcommand")).await.unwrap();
    let refused = sandbox.load(EMPTY, CompileLimits::default()).await;
    assert!(
        matches!(refused, Err(LoadError::Compiler(_))),
        "{refused:?}"
    );
}
