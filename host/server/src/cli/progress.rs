//! Shows that something takes long; nothing where nobody sees it, and nothing of what is quick.

use std::{
    io::IsTerminal as _,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// What is said while the engine is made.
pub const ENGINE: &str = "Getting the engine ready; the first time takes some seconds";
/// What is over by then is not worth a line.
const PATIENCE: Duration = Duration::from_millis(1_000);
const TICK: Duration = Duration::from_millis(100);

/// How a bar looks where the whole is known.
const BAR: &str = "{msg} {wide_bar} {human_pos}/{human_len}";
/// How it looks where it is not.
const COUNT: &str = "{spinner} {msg} {human_pos}";
/// How waiting looks.
const WAIT: &str = "{spinner} {msg} … {elapsed}";

/// A bar for work of this name on standard error.
pub fn bar(name: &'static str) -> ProgressBar {
    styled(COUNT).with_message(name)
}

/// Shows how much of the whole is done.
pub fn show(bar: &ProgressBar, done: u64, all: u64) {
    if bar.length().is_none() {
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.set_length(all);
    }
    bar.set_position(done);
}

/// Does `work`, and says what is waited for where it takes long.
pub fn while_waiting<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !is_seen() {
        return work();
    }
    let waiting = Waiting::begin(what);
    let done = work();
    drop(waiting);
    done
}

/// Says what is waited for, from a while on until it is dropped.
pub struct Waiting {
    over: Option<mpsc::Sender<()>>,
    shows: Option<thread::JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait.
    pub fn begin(what: &'static str) -> Self {
        if !is_seen() {
            return Self {
                over: None,
                shows: None,
            };
        }
        let (over, waits) = mpsc::channel::<()>();
        let shows = thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            let bar = styled(WAIT).with_message(what);
            bar.enable_steady_tick(TICK);
            // An error: the sender is gone.
            let _ = waits.recv();
            bar.finish_and_clear();
        });
        Self {
            over: Some(over),
            shows: Some(shows),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.over.take());
        // The line is gone before anybody else writes one.
        if let Some(shows) = self.shows.take() {
            let _ = shows.join();
        }
    }
}

/// Whether a program reads what this command prints.
static IS_HIDDEN: AtomicBool = AtomicBool::new(false);

/// Shows nothing from now on: whoever wants JSON wants nothing else, wherever it goes.
pub fn hide() {
    IS_HIDDEN.store(true, Ordering::Relaxed);
}

/// Whether somebody looks at standard error, at something that can show a line twice.
fn is_seen() -> bool {
    !IS_HIDDEN.load(Ordering::Relaxed)
        && std::io::stderr().is_terminal()
        && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

fn styled(template: &str) -> ProgressBar {
    if !is_seen() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
