//! Printing what became of a program.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, value::RawValue};
use vesicle_sandbox::{Exception, Outcome, Warning};

use crate::terminal;

/// One line of JSON on standard output.
pub fn as_json(outcome: &Outcome) -> io::Result<()> {
    let mut line = serde_json::to_string(outcome)?;
    line.push('\n');
    io::stdout().write_all(line.as_bytes())
}

/// The guest's streams to ours, then its result, or why there is none and what would allow it.
pub fn for_people(outcome: &Outcome, advice: Option<&str>) -> io::Result<()> {
    let (stdout, stderr) = outcome.streams();
    guest_stream(stdout, io::stdout().lock())?;
    guest_stream(stderr, io::stderr().lock())?;
    outcome.warnings().iter().try_for_each(warning)?;
    match outcome {
        Outcome::Success {
            output, uncaught, ..
        } => {
            uncaught.iter().try_for_each(uncaught_exception)?;
            result(output)
        }
        failure => {
            terminal::fail(&failure.explanation())?;
            match advice {
                Some(advice) => terminal::fail(&format!("help: {advice}")),
                None => Ok(()),
            }
        }
    }
}

fn guest_stream(text: &str, mut stream: impl Write + IsTerminal) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    stream.write_all(terminal::for_stream(text, &stream).as_bytes())?;
    // What follows begins on a line of its own.
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}

fn warning(warning: &Warning) -> io::Result<()> {
    terminal::fail(&format!("warning: {}", warning.explanation()))
}

fn uncaught_exception(exception: &Exception) -> io::Result<()> {
    let told = exception.explanation();
    // What was thrown and is no error is told so already.
    let told = told.strip_prefix("Uncaught ").unwrap_or(&told);
    terminal::fail(&format!("Uncaught {told}"))
}

fn result(output: &RawValue) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let text = match readable(output) {
        Some(text) => text,
        None => return Ok(()),
    };
    writeln!(stdout, "{}", terminal::for_stream(&text, &stdout))
}

fn readable(output: &RawValue) -> Option<String> {
    match serde_json::from_str(output.get()) {
        Ok(Value::Null) => None,
        Ok(Value::String(text)) => Some(text),
        Ok(value) => Some(format!("{value:#}")),
        // Nested deeper than serde_json reads; nobody would read it indented either.
        Err(_) => Some(output.get().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readable_of(json: &str) -> Option<String> {
        readable(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn results_read_well() {
        assert_eq!(readable_of("null"), None);
        assert_eq!(readable_of(r#""two\nlines""#).unwrap(), "two\nlines");
        assert_eq!(
            readable_of("0.30000000000000004").unwrap(),
            "0.30000000000000004"
        );
        insta::assert_snapshot!(readable_of(r#"{"z":1,"a":[true,null]}"#).unwrap(), @r#"
        {
          "z": 1,
          "a": [
            true,
            null
          ]
        }
        "#);
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert_eq!(readable_of(&deep).unwrap(), deep);
    }
}
