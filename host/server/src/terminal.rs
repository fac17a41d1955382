//! What may reach a terminal.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write as _},
};

use clap::builder::styling::{AnsiColor, Style};
pub use vesicle::harmless::harmless;

const ERROR_HEAD: Style = AnsiColor::Red.on_default().bold();

/// `text` as it may go to `stream`: unchanged to a file or a pipe, harmless to a terminal.
pub fn for_stream<'t>(text: &'t str, stream: &impl IsTerminal) -> Cow<'t, str> {
    match stream.is_terminal() {
        true => harmless(text),
        false => Cow::Borrowed(text),
    }
}

/// Prints a failure to standard error, its first line coloured where colours are wanted.
pub fn fail(text: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    let text = for_stream(text, &stderr);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    // Not through anstream's own writer: to a file it would strip what the guest wrote.
    let style = match anstream::AutoStream::choice(&stderr) {
        anstream::ColorChoice::Never => Style::new(),
        _ => ERROR_HEAD,
    };
    writeln!(stderr, "{style}{head}{style:#}")?;
    if !rest.is_empty() {
        writeln!(stderr, "{}", rest.trim_end_matches('\n'))?;
    }
    Ok(())
}

/// Prints what is wrong with a request, as clap does.
pub fn complain(text: &str) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(
        anstream::stderr(),
        "{ERROR_HEAD}error:{ERROR_HEAD:#} {}",
        for_stream(text, &io::stderr())
    );
}

/// Prints a remark to standard error, for whoever looks on.
pub fn note(text: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    writeln!(stderr, "{}", for_stream(text, &stderr))
}
