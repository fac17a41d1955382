//! A bar while something takes long; none where nobody sees it.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// How the bar looks where the whole is known.
const BAR: &str = "{msg} {wide_bar} {human_pos}/{human_len}";
/// How it looks where it is not.
const COUNT: &str = "{spinner} {msg} {human_pos}";

/// A bar for work of this name on standard error.
pub fn bar(name: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template(COUNT) {
        bar.set_style(style);
    }
    bar.with_message(name)
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
