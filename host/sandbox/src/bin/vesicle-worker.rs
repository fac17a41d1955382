//! Runs programs for the sandbox that started it: what [`vesicle_sandbox::Workers`] needs, for programs that embed the sandbox and
//! are no such program themselves.

use std::process::ExitCode;

fn main() -> ExitCode {
    match vesicle_sandbox::work_for_parent() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "error: {error}; this program is started by a sandbox, and speaks with it alone"
            );
            ExitCode::FAILURE
        }
    }
}
