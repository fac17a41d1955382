//! What may reach a terminal. Text from a guest is hostile: escape sequences can move the cursor
//! over what was printed before, set the window's title or, on some terminals, type.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write as _},
};

use clap::builder::styling::{AnsiColor, Style};

const ERROR_HEAD: Style = AnsiColor::Red.on_default().bold();

/// `text` as it may go to `stream`: unchanged to a file or a pipe, harmless to a terminal.
pub fn for_stream<'t>(text: &'t str, stream: &impl IsTerminal) -> Cow<'t, str> {
    match stream.is_terminal() {
        true => harmless(text),
        false => Cow::Borrowed(text),
    }
}

/// `text` without escape sequences and without characters that do anything but show themselves;
/// line feeds and tabs stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    // Whole sequences first, or their printable remains (`[31m`) would be left.
    let mut text = anstream::adapter::strip_str(text).to_string();
    text.retain(|c| !acts(c));
    Cow::Owned(text)
}

/// Control characters, and those that reorder text so that it reads as something it is not.
fn acts(c: char) -> bool {
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n' && c != '\t') || reorders
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

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        assert_eq!(
            harmless("plain\ttext\nübrigens 漢字 🙂"),
            "plain\ttext\nübrigens 漢字 🙂"
        );
        assert_eq!(harmless("\x1b[31mred\x1b[0m"), "red");
        assert_eq!(harmless("\x1b]0;title\x07after"), "after");
        assert_eq!(harmless("a\x1b[2J\x1b[Hb"), "ab");
        assert_eq!(harmless("over\rwritten"), "overwritten");
        assert_eq!(harmless("\u{9b}31mC1"), "31mC1");
        assert_eq!(harmless("bell\x07 del\x7f nul\0"), "bell del nul");
        assert_eq!(harmless("if (admin\u{202e}) {"), "if (admin) {");
    }
}
