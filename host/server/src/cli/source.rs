//! Reading what `vesicle run` is given: code and input. Everything is read up to a bound, because a
//! path may name a device that never ends.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde_json::value::RawValue;
use vesicle_sandbox::{CODE_BYTES_MAX, INPUT_BYTES_MAX};

use super::exit::UsageError;

/// Where code or input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `-`
    Stdin,
    /// A file.
    File(String),
}

impl Source {
    /// `-` is standard input, all else a path.
    pub fn named(name: &str) -> Self {
        match name {
            "-" => Self::Stdin,
            path => Self::File(path.to_owned()),
        }
    }

    /// The text there. The sandbox has its own, smaller bound on code and says so better; this one
    /// only keeps the process from swallowing a device.
    fn read(&self, what: &str, bytes_max: usize) -> Result<String, UsageError> {
        let mut bytes = Vec::new();
        let bound = bytes_max as u64 + 1;
        let read = match self {
            Self::Stdin => io::stdin().lock().take(bound).read_to_end(&mut bytes),
            Self::File(path) => {
                File::open(path).and_then(|file| file.take(bound).read_to_end(&mut bytes))
            }
        };
        let from = self.description();
        read.map_err(|error| UsageError(format!("cannot read the {what} from {from}: {error}")))?;
        if bytes.len() > bytes_max {
            return Err(UsageError(format!(
                "the {what} from {from} is longer than {bytes_max} bytes, which is more than any {what} may have"
            )));
        }
        String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            UsageError(format!(
                "the {what} from {from} is not UTF-8: byte {offset} does not fit; save it as UTF-8"
            ))
        })
    }

    fn description(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => format!("`{path}`"),
        }
    }

    /// The name that errors use: the file's, without its directories.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "stdin.ts".to_owned(),
            Self::File(path) => Path::new(path)
                .file_name()
                .map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned()),
        }
    }
}

/// The code.
pub fn code(source: &Source) -> Result<String, UsageError> {
    let code = source.read("code", CODE_BYTES_MAX << 4)?;
    match code.find('\0') {
        None => Ok(code),
        Some(offset) => Err(UsageError(format!(
            "the code from {} has a NUL character at byte {offset}; is it a text file?",
            source.description()
        ))),
    }
}

/// The input, from `--input`: JSON, or `@` and where JSON is.
pub fn json_input(argument: &str, code: &Source) -> Result<Box<RawValue>, UsageError> {
    let text = value(argument, code)?;
    // Editors on Windows put a byte order mark before text; it is no JSON.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).map_err(|error| {
        UsageError(format!(
            "the input is not JSON: {error}; give JSON such as '{{\"name\": \"value\"}}', or @FILE to read JSON from a file, or use --input-text"
        ))
    })
}

/// The arguments of a tool: a JSON object, or `-` for one on standard input.
pub fn json_arguments(argument: &str) -> Result<Box<RawValue>, UsageError> {
    let text = match argument {
        "-" => Source::Stdin.read("input", INPUT_BYTES_MAX)?,
        text => text.to_owned(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let wrong = |error: serde_json::Error| {
        UsageError(format!(
            "the arguments are no JSON object: {error}; give one such as '{{\"name\": \"value\"}}', or - to read it from standard input"
        ))
    };
    serde_json::from_str::<serde_json::Map<_, _>>(text).map_err(wrong)?;
    serde_json::from_str(text).map_err(wrong)
}

/// The input, from `--input-text`: a string, or `@` and where it is.
pub fn text_input(argument: &str, code: &Source) -> Result<Box<RawValue>, UsageError> {
    let text = value(argument, code)?;
    serde_json::value::to_raw_value(&text)
        .map_err(|error| UsageError(format!("the input cannot be told as JSON: {error}")))
}

fn value(argument: &str, code: &Source) -> Result<String, UsageError> {
    let Some(name) = argument.strip_prefix('@') else {
        return Ok(argument.to_owned());
    };
    let source = Source::named(name);
    if source == Source::Stdin && *code == Source::Stdin {
        return Err(UsageError(
            "the code and the input cannot both come from standard input; put one into a file"
                .to_owned(),
        ));
    }
    source.read("input", INPUT_BYTES_MAX)
}
