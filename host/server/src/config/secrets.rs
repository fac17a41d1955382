//! `[secrets]`: where the operator's secrets are. Their values are no part of the configuration; they
//! are read when a command needs them.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::{
    ConfigError, Configuration, Problem,
    layer::Layer,
    network::{HEADER, SentTo},
    show::Row,
    value::{Entry, Value},
};
use crate::secrets::{SECRET_BYTES_MAX, Secret, Secrets};

/// Where one secret is.
#[derive(Debug)]
pub struct Source {
    name: String,
    from: Entry,
}

impl Configuration {
    /// Reads the secrets.
    ///
    /// # Errors
    /// One is not there, or cannot be a secret. The values are not told.
    pub fn secrets(&self) -> Result<Secrets, ConfigError> {
        let mut problems = Vec::new();
        let mut secrets = Vec::new();
        for source in &self.secrets {
            match source.read() {
                Ok(secret) => secrets.push(secret),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        Secrets::new(secrets).map_err(|error| {
            let advice = "configure fewer secrets".to_owned();
            ConfigError(vec![Problem::general(
                format!("the secrets cannot be searched for: {error}"),
                advice,
            )])
        })
    }
}

impl Source {
    fn read(&self) -> Result<Secret, Problem> {
        let value = match &self.from.value {
            Value::Text(variable) => std::env::var(variable)
                .map_err(|error| self.problem(&format!("the variable {variable}: {error}"))),
            Value::Path(path) => read(path)
                .map_err(|error| self.problem(&format!("the file `{}`: {error}", path.display()))),
            _ => Err(self.problem("no place")),
        }?;
        // The line feed that editors end a file with.
        let value = value.strip_suffix('\n').unwrap_or(&value).to_owned();
        Secret::new(self.name.clone(), value).map_err(|error| self.problem(&error.to_string()))
    }

    fn problem(&self, why: &str) -> Problem {
        Problem {
            origin: self.from.origin.clone(),
            what: format!("the secret `{}` cannot be used: {why}", self.name),
            advice: "put it there, or take this line out".to_owned(),
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        // With its line feed, and one more to see that it is too long.
        .take(SECRET_BYTES_MAX as u64 + 2)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// The places that `layer` names, the hosts that secrets go to, and what `config show` says of them.
pub(super) fn resolve(
    layer: &Layer,
    problems: &mut Vec<Problem>,
) -> (Vec<Source>, Vec<SentTo>, Vec<Row>) {
    let mut sources: Vec<Source> = Vec::new();
    let mut sent_to = Vec::new();
    let mut rows = Vec::new();
    for (path, entry) in &layer.entries {
        let Some((name, key)) = path
            .strip_prefix("secrets.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        rows.push(Row::of(path, entry));
        let problem = |what: String, advice: &str| Problem {
            origin: entry.origin.clone(),
            what,
            advice: advice.to_owned(),
        };
        let has = |key: &str| layer.get(&format!("secrets.{name}.{key}")).is_some();
        let text = |key: &str| match layer.get(&format!("secrets.{name}.{key}")) {
            Some(Entry {
                value: Value::Text(text),
                ..
            }) => Some(text.clone()),
            _ => None,
        };
        match key {
            "env" | "file" => {
                if sources.iter().any(|source| source.name == name) {
                    let what = format!("the secret `{name}` has both `env` and `file`");
                    problems.push(problem(what, "keep one of them"));
                }
                sources.push(Source {
                    name: name.to_owned(),
                    from: entry.clone(),
                });
            }
            "host" if !has("env") && !has("file") => {
                let what =
                    format!("the secret `{name}` goes to a host, and nothing says where it is");
                problems.push(problem(what, "add `env` or `file`"));
            }
            "host" => sent_to.push(SentTo {
                secret: name.to_owned(),
                host: entry.clone(),
                header: text("header").unwrap_or_else(|| HEADER.to_owned()),
                prefix: text("prefix").unwrap_or_default(),
            }),
            _ if !has("host") => {
                let what = format!(
                    "`{key}` says how the secret `{name}` goes to a host, and there is none"
                );
                problems.push(problem(what, "add `host`, such as \"api.example.com:443\""));
            }
            _ => {}
        }
    }
    (sources, sent_to, rows)
}
