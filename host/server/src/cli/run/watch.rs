//! `vesicle run --watch`: the program again whenever one of its files changes.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use vesicle::limits::Profile;
use vesicle_sandbox::Execution;

use super::{RunArgs, host::Host};
use crate::{
    cli::{ExitStatus, exit::UsageError},
    terminal,
};

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often more, at most, until a file that is being written stays as it is.
const SETTLING_MAX: u32 = 10;
/// Clears a terminal, and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

type Prepared = Result<(Execution, Profile), UsageError>;

/// Runs the program until Ctrl-C.
pub fn run(
    args: &RunArgs,
    host: &Host,
    first: Prepared,
    prepare: impl Fn() -> Prepared,
) -> anyhow::Result<ExitStatus> {
    let files = args.files();
    let mut interrupts = {
        let _in_runtime = host.runtime.enter();
        signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?
    };
    let mut seen = state(&files);
    let mut prepared = first;
    loop {
        clear(args)?;
        let status = match prepared {
            Err(error) => {
                terminal::complain(&error.to_string());
                ExitStatus::Usage
            }
            Ok((execution, profile)) => match host.run(execution, &profile) {
                Ok(outcome) => args.tell(outcome)?,
                Err(error) => {
                    terminal::complain(&format!("{error:#}"));
                    ExitStatus::of(&error)
                }
            },
        };
        if status == ExitStatus::Interrupted {
            return Ok(status);
        }
        terminal::note(&format!(
            "-- exit code {}; waiting for a change of {}, Ctrl-C ends",
            status as u8, args.file
        ))?;
        match host
            .runtime
            .block_on(change(&files, &seen, &mut interrupts))
        {
            Some(now) => seen = now,
            None => return Ok(ExitStatus::Interrupted),
        }
        prepared = prepare();
    }
}

/// What of a file tells that it changed: when it was written, how long it is, and which it is.
type State = Vec<Option<(SystemTime, u64, u64)>>;

fn state(files: &[PathBuf]) -> State {
    use std::os::unix::fs::MetadataExt as _;
    let one = |file: &PathBuf| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
    };
    files.iter().map(one).collect()
}

/// Waits until the files are other than `seen`, and stay so; nothing where Ctrl-C comes first.
async fn change(files: &[PathBuf], seen: &State, interrupts: &mut Signal) -> Option<State> {
    let changed = async {
        let mut now = state(files);
        while now == *seen {
            sleep(INTERVAL).await;
            now = state(files);
        }
        for _ in 0..SETTLING_MAX {
            sleep(INTERVAL).await;
            let before = std::mem::replace(&mut now, state(files));
            if now == before && now.iter().all(Option::is_some) {
                break;
            }
        }
        now
    };
    tokio::select! {
        now = changed => Some(now),
        _ = interrupts.recv() => None,
    }
}

/// An empty screen for people; whoever reads a pipe wants all of it.
fn clear(args: &RunArgs) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() && !args.json {
        stdout.write_all(CLEAR.as_bytes())?;
        stdout.flush()?;
    }
    Ok(())
}
