//! `vesicle compile-component`: what the sandbox runs to compile a component that is not ours. Not for
//! people, who need no name for it.

use vesicle_sandbox::{Compiler, compile_for_parent};

use super::ExitStatus;

/// The subcommand's name.
const NAME: &str = "compile-component";

/// This program, as a compiler.
pub fn compiler() -> Option<Compiler> {
    let program = std::env::current_exe()
        .inspect_err(|error| tracing::warn!(%error, "components are compiled in this process"))
        .ok()?;
    Some(Compiler {
        program,
        arguments: vec![NAME.into()],
    })
}

/// Compiles what comes on standard input.
pub fn run() -> anyhow::Result<ExitStatus> {
    compile_for_parent()?;
    Ok(ExitStatus::Success)
}
