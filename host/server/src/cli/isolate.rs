//! `vesicle run-programs`: what the sandbox runs as a worker process, where programs run in such. Not for people, who need no name
//! for it.

use vesicle::config::Configuration;
use vesicle_sandbox::{Isolation, Workers, check_isolation, work_for_parent};

use super::{ExitStatus, exit::UsageError};

/// The subcommand's name.
const NAME: &str = "run-programs";

/// Where programs run.
///
/// # Errors
/// Not where the configuration wants it, as this system cannot.
pub fn isolation(configuration: &Configuration) -> Result<Isolation, UsageError> {
    if !configuration.isolates() {
        return Ok(Isolation::Thread);
    }
    let cannot = |why: String| {
        UsageError(format!(
            "programs cannot run in processes of their own: {why}; without `isolation = \"process\"` under [sandbox], or with \
             `--isolation thread`, they run on threads of this one"
        ))
    };
    check_isolation().map_err(cannot)?;
    let program = std::env::current_exe().map_err(|error| cannot(error.to_string()))?;
    Ok(Isolation::Process(Workers::new(program, vec![NAME.into()])))
}

/// The same, for a command that runs one program after the other.
///
/// # Errors
/// As for [`isolation`].
pub fn one_at_a_time(configuration: &Configuration) -> Result<Isolation, UsageError> {
    Ok(match isolation(configuration)? {
        Isolation::Process(workers) => Isolation::Process(Workers {
            idle_max: 1,
            ..workers
        }),
        Isolation::Thread => Isolation::Thread,
    })
}

/// Runs programs for the process that started this one.
pub fn run() -> anyhow::Result<ExitStatus> {
    work_for_parent()?;
    Ok(ExitStatus::Success)
}
