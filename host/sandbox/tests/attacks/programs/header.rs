//! The first lines of a program: a sentence, and what the runner checks.

use std::time::Duration;

use vesicle_sandbox::{Limits, Outcome};

use super::expectation::{self, Expectation};

/// How much of a stream a guest leaves by default: its limit, and the note that it was cut.
const STREAM_BYTES_MAX: usize = vesicle_sandbox::STREAM_BYTES_MAX + 1024;
/// How much is told of an error at most: message, stack and excerpt.
const TOLD_BYTES_MAX: usize = 256 * 1024;

/// What the comments say before the first line of code.
pub struct Header {
    expectation: Expectation,
    limits: Vec<(String, u64)>,
    stdout: Option<String>,
    uncaught: usize,
}

impl Header {
    /// Refuses a program that does not say in a sentence what it does, or not what must become of
    /// it.
    pub fn read(code: &str) -> Result<Self, String> {
        let mut lines = code.lines().map_while(|line| line.strip_prefix("// "));
        let sentence = lines.next().unwrap_or_default();
        if !sentence.ends_with('.') || sentence.starts_with("expect:") {
            return Err("the first line is no sentence".to_owned());
        }
        let mut expectation = None;
        let (mut limits, mut stdout, mut uncaught) = (Vec::new(), None, 0);
        for line in lines {
            let (key, value) = line.split_once(": ").ok_or(line)?;
            match key {
                "expect" => expectation = Some(Expectation::read(value)?),
                "limits" => limits = read_limits(value)?,
                "stdout" => stdout = Some(value.to_owned()),
                "uncaught" => uncaught = value.parse().map_err(|_| line)?,
                _ => return Err(format!("nobody reads `{line}`")),
            }
        }
        Ok(Self {
            expectation: expectation.ok_or("there is no `// expect: …`")?,
            limits,
            stdout,
            uncaught,
        })
    }

    /// Narrows what the program may use.
    pub fn apply(&self, limits: &mut Limits) -> Result<(), String> {
        for (name, value) in &self.limits {
            let value = *value;
            match name.as_str() {
                "wall_time_ms" => limits.wall_time = Duration::from_millis(value),
                "cpu_time_ms" => limits.cpu_time = Some(Duration::from_millis(value)),
                "memory_bytes" => limits.memory_bytes = value as usize,
                "host_calls" => limits.host_calls = value,
                "host_calls_per_second" => limits.host_calls_per_second = value as u32,
                "timer_waits" => limits.timer_waits = value,
                _ => return Err(format!("there is no limit `{name}`")),
            }
        }
        Ok(())
    }

    /// Whether the program became what it must.
    pub fn check(&self, outcome: &Outcome) -> Result<(), String> {
        self.expectation.check(outcome)?;
        let (stdout, stderr) = outcome.streams();
        for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
            if stream.len() > STREAM_BYTES_MAX {
                return Err(format!("{} bytes of {name}", stream.len()));
            }
        }
        if let Some(expected) = &self.stdout
            && !stdout.contains(expected)
        {
            return Err(format!("stdout is {:?}", expectation::abridged(stdout)));
        }
        let told = outcome.explanation().len();
        if told > TOLD_BYTES_MAX {
            return Err(format!("{told} bytes are told of it"));
        }
        let uncaught = match outcome {
            Outcome::Success { uncaught, .. } => uncaught.as_slice(),
            _ => &[],
        };
        match uncaught.len() == self.uncaught {
            true => Ok(()),
            false => Err(expectation::abridged(&format!("uncaught: {uncaught:?}"))),
        }
    }
}

fn read_limits(text: &str) -> Result<Vec<(String, u64)>, String> {
    let limits = text.split(' ').map(|limit| {
        let (name, value) = limit.split_once('=')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    let limits: Option<_> = limits.collect();
    limits.ok_or_else(|| format!("`{text}` is not `name=number name=number`"))
}
