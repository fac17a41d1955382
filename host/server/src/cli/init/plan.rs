//! What `vesicle init` is going to write.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use vesicle::{
    config::{MCP_CONFIG, Starter, Value, starter},
    import::{Kept, NeededSecret, Section, Source},
};

/// What is going to be written, and from where.
pub struct Plan {
    /// The configuration file.
    pub target: PathBuf,
    /// `.mcp.json` of this directory, which is read as it is.
    pub project_file: Option<PathBuf>,
    /// What other clients have.
    pub sources: Vec<Source>,
    /// Where what has to last is kept.
    pub data_dir: Option<PathBuf>,
    /// Whether somebody said so.
    pub data_dir_is_named: bool,
}

impl Plan {
    /// Where secrets go that stood in the clear.
    pub fn secrets_dir(&self) -> Option<PathBuf> {
        Some(self.data_dir.as_ref()?.join("secrets"))
    }

    /// The file of one of them.
    pub fn secret_file(&self, name: &str) -> PathBuf {
        let directory = self.secrets_dir().unwrap_or_default();
        directory.join(name)
    }

    /// The secrets that stood in the clear.
    pub fn literals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets().filter_map(|secret| match &secret.kept {
            Kept::Literal(value) => Some((secret.name.as_str(), value.as_str())),
            Kept::Variable(_) => None,
        })
    }

    fn secrets(&self) -> impl Iterator<Item = &NeededSecret> {
        let servers = self.sources.iter().flat_map(|source| &source.servers);
        servers.flat_map(|server| &server.secrets)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut set = Vec::new();
        if let Some(file) = &self.project_file {
            set.push((MCP_CONFIG, Value::Path(file.clone())));
        }
        if let (true, Some(dir)) = (self.data_dir_is_named, &self.data_dir) {
            set.push(("data_dir", Value::Path(dir.clone())));
        }
        let servers = self.sources.iter().flat_map(|source| &source.servers);
        let mut variables: Vec<String> = servers
            .clone()
            .flat_map(|server| server.variables.clone())
            .collect();
        variables.sort();
        variables.dedup();
        let denied: Vec<String> = servers
            .flat_map(|server| {
                server
                    .denied
                    .iter()
                    .map(|tool| format!("{}.{tool}", server.name))
            })
            .collect();
        for (key, list) in [("tools.env_vars", variables), ("tools.deny", denied)] {
            if !list.is_empty() {
                set.push((key, Value::List(list)));
            }
        }
        starter(Starter {
            set,
            servers: self.servers(),
            secrets: self.places_of_secrets(),
        })
    }

    fn servers(&self) -> String {
        let mut section = Section::default();
        for source in &self.sources {
            let from = format!("{} ({})", source.client.name(), source.path.display());
            if !source.servers.is_empty() {
                section.remark(&format!("From {from}:"));
            }
            for server in &source.servers {
                for note in &server.notes {
                    section.remark(note);
                }
                section.server(server);
            }
            for left in &source.left_out {
                section.remark(&format!(
                    "Not imported from {from}: `{}`: {}",
                    left.name, left.why
                ));
            }
        }
        section.0
    }

    fn places_of_secrets(&self) -> String {
        let mut section = Section::default();
        for secret in self.secrets() {
            match &secret.kept {
                Kept::Variable(variable) => section.secret(&secret.name, "env", variable),
                Kept::Literal(_) => {
                    let file = self.secret_file(&secret.name);
                    section.secret(&secret.name, "file", &file.to_string_lossy());
                }
            }
        }
        section.0
    }

    /// What is taken from where, for people.
    pub fn told(&self) -> String {
        let mut text = String::new();
        if let Some(file) = &self.project_file {
            let _ = writeln!(text, "Servers of {} are used as they are.", file.display());
        }
        for found in &self.sources {
            text += &source(found);
        }
        text
    }
}

/// What one client has.
pub fn source(source: &Source) -> String {
    let mut text = format!("{} ({}):\n", source.client.name(), shown(&source.path));
    if let Some(why) = &source.unreadable {
        let _ = writeln!(text, "  cannot be read: {why}");
    }
    for server in &source.servers {
        let _ = writeln!(text, "  {}: {}", server.name, server.shown());
        for secret in &server.secrets {
            let place = match &secret.kept {
                Kept::Variable(name) => format!("the variable {name}"),
                Kept::Literal(_) => "a file of its own, copied from there".to_owned(),
            };
            let _ = writeln!(text, "    secret `{}`: {place}", secret.name);
        }
        for note in &server.notes {
            let _ = writeln!(text, "    {note}");
        }
    }
    for left in &source.left_out {
        let _ = writeln!(text, "  not imported: {}: {}", left.name, left.why);
    }
    text
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// So many, with the verb.
pub fn counted(count: usize, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    }
}
