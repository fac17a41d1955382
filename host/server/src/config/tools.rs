//! Which other MCP servers there are: those of a file that other clients read as well, and those of
//! `[servers]`. The file is read when a command needs it, and so are the secrets in definitions.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use vesicle_bridge::{
    BridgeConfig, CONSENT_TIMEOUT, Definitions, MCP_SERVERS_BYTES_MAX, ServerConfig, Transport,
    Variables,
};

use super::{
    ConfigError, Configuration, Problem, Settled,
    keys::{MAX_RESULT_BYTES_DEFAULT, SERVERS, variable},
    layer::Layer,
    servers::ServerEntry,
    show::Row,
    value::{Origin, Value},
};
use crate::secrets::Secrets;

/// The key that names the file.
pub const MCP_CONFIG: &str = "tools.mcp_config";
/// The file that is looked for in the working directory.
pub const MCP_JSON: &str = ".mcp.json";

/// What the keys say.
#[derive(Debug)]
pub struct ToolKeys {
    /// The file, if one is named, and by whom.
    named: Option<(PathBuf, Origin)>,
    /// Whether the one of the working directory counts.
    project_file: bool,
    env_vars: Vec<String>,
    consent_timeout: Duration,
    result_bytes_max: usize,
    servers: Vec<(String, ServerEntry, Origin)>,
    data_dir: Option<PathBuf>,
}

/// The name that no server may have: code has plugins under it.
pub const RESERVED: &str = "plugins";
/// What to do about a server that has it.
pub const RENAME: &str =
    "code calls plugins as `plugins.NAME.TOOL`; call the server something else";

/// The servers that there are, and what concerns all of them.
#[derive(Debug)]
pub struct ToolsConfig {
    /// What the bridge needs.
    pub bridge: BridgeConfig,
    /// How long a person may take to answer.
    pub consent_timeout: Duration,
    /// What keeps some servers of a file from being used, and what of it was left alone.
    pub notes: Vec<String>,
}

impl Configuration {
    /// How long a result of a call over MCP may be, in bytes.
    pub fn result_bytes_max(&self) -> usize {
        self.tools.result_bytes_max
    }

    /// Reads the definitions of servers.
    ///
    /// # Errors
    /// A file that was named cannot be read, or a server of the configuration cannot be. What is wrong
    /// with one server of a file leaves the others in force, and is a note.
    pub fn tools(&self, secrets: &Secrets) -> Result<ToolsConfig, ConfigError> {
        let keys = &self.tools;
        let mut notes = Vec::new();
        let mut servers = keys
            .read_file(&mut notes)
            .map_err(|problem| ConfigError(vec![problem]))?;
        let variables = {
            let secrets = secrets.clone();
            keys.variables()
                .with_secrets(move |name| secrets.value(name).map(str::to_owned))
        };
        if servers
            .iter()
            .any(|server| server.name.as_str() == RESERVED)
        {
            servers.retain(|server| server.name.as_str() != RESERVED);
            notes.push(format!(
                "a server is called `{RESERVED}` and is left out: {RENAME}"
            ));
        }
        let mut problems = Vec::new();
        for (name, entry, origin) in &keys.servers {
            if name == RESERVED {
                problems.push(Problem {
                    origin: origin.clone(),
                    what: format!("no server can be called `{RESERVED}`"),
                    advice: RENAME.to_owned(),
                });
                continue;
            }
            if let Err(what) = add(name, entry, &variables, &mut servers) {
                problems.push(Problem {
                    origin: origin.clone(),
                    what: format!("the server `{name}` cannot be used: {what}"),
                    advice: "correct it, or take it out".to_owned(),
                });
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        Ok(ToolsConfig {
            bridge: BridgeConfig {
                servers,
                data_directory: keys.data_dir.as_ref().map(|dir| dir.join("bridge")),
                ..BridgeConfig::default()
            },
            consent_timeout: keys.consent_timeout,
            notes,
        })
    }
}

impl ToolKeys {
    fn variables(&self) -> Variables {
        Variables::of_environment(self.env_vars.iter().cloned())
    }

    fn read_file(&self, notes: &mut Vec<String>) -> Result<Vec<ServerConfig>, Problem> {
        let found = Path::new(MCP_JSON);
        let (path, origin) = match &self.named {
            Some((path, origin)) => (path.as_path(), Some(origin)),
            None if self.project_file && found.exists() => (found, None),
            None => return Ok(Vec::new()),
        };
        let name = path.display().to_string();
        let read = read(path)
            .map_err(|error| format!("cannot read the servers in `{name}`: {error}"))
            .and_then(|text| {
                Definitions::parse(&text, &name, &self.variables()).map_err(|e| e.to_string())
            });
        match (read, origin) {
            (Ok(definitions), _) => {
                notes.extend(definitions.problems.iter().map(ToString::to_string));
                notes.extend(definitions.notes);
                let others = definitions.servers.into_iter().filter(|it| !is_vesicle(it));
                Ok(others.map(reading_no_project_file).collect())
            }
            (Err(what), Some(origin)) => Err(Problem {
                origin: origin.clone(),
                what,
                advice: "correct it, or name another file".to_owned(),
            }),
            // Nobody asked for this file: a program that needs no tools runs without it.
            (Err(what), None) => {
                notes.push(what);
                Ok(Vec::new())
            }
        }
    }
}

/// Whether it is this program. A client's file mostly has Vesicle among its servers, and Vesicle that
/// started itself from that file would do so for ever.
pub fn is_vesicle(server: &ServerConfig) -> bool {
    let Transport::Stdio { command, .. } = &server.transport else {
        return false;
    };
    let command = Path::new(command);
    let ours = std::env::current_exe().ok();
    command.file_stem() == Some("vesicle".as_ref())
        || ours.is_some_and(|ours| command.canonicalize().is_ok_and(|path| path == ours))
}

/// The same server, from which a Vesicle that it starts by other ways does not find this file again.
fn reading_no_project_file(mut server: ServerConfig) -> ServerConfig {
    if let Transport::Stdio { env, .. } = &mut server.transport {
        let variable = variable("tools.project_file");
        env.entry(variable).or_insert_with(|| false.to_string());
    }
    server
}

/// Adds a server of `[servers]` to those of the file, or says how one of these is treated.
fn add(
    name: &str,
    entry: &ServerEntry,
    variables: &Variables,
    servers: &mut Vec<ServerConfig>,
) -> Result<(), String> {
    let policy = entry.policy()?;
    let Some(definition) = entry.definition() else {
        let known = servers
            .iter_mut()
            .find(|server| server.name.as_str() == name);
        let known = known.ok_or("it has neither `command` nor `url`, and no other file has it")?;
        known.policy = policy;
        return Ok(());
    };
    let text = json!({ "mcpServers": { name: definition } }).to_string();
    let read = Definitions::parse(&text, "vesicle.toml", variables).map_err(|e| e.to_string())?;
    if let Some(problem) = read.problems.first() {
        let key = problem.key.as_ref().map(|key| format!("`{key}`: "));
        return Err(key.unwrap_or_default() + &problem.what);
    }
    for server in read.servers {
        servers.retain(|other| other.name != server.name);
        servers.push(ServerConfig {
            policy: policy.clone(),
            ..server
        });
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        // One more, to see that it is too long.
        .take(MCP_SERVERS_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// The keys of servers, and what `config show` says of `[servers]`.
pub(super) fn resolve(layer: &Layer, settled: &mut Settled) -> (ToolKeys, Vec<Row>) {
    let mut servers = Vec::new();
    let mut rows = Vec::new();
    for (path, entry) in &layer.entries {
        let name = path
            .strip_prefix(SERVERS)
            .and_then(|rest| rest.strip_prefix('.'));
        if let (Some(name), Value::Server(server)) = (name, &entry.value) {
            servers.push((name.to_owned(), server.clone(), entry.origin.clone()));
            rows.push(Row {
                key: path.clone(),
                value: entry.value.clone(),
                origin: entry.origin.clone(),
                follows: None,
            });
        }
    }
    let named = settled.row(MCP_CONFIG).and_then(|row| match &row.value {
        Value::Path(path) => Some((path.clone(), row.origin.clone())),
        _ => None,
    });
    let number = |settled: &mut Settled, key, default| match settled.value(key) {
        Some(Value::Integer(number)) => *number,
        _ => default,
    };
    let consent_ms = CONSENT_TIMEOUT.as_millis() as u64;
    let consent_ms = number(settled, "tools.consent_timeout_ms", consent_ms);
    let bytes = number(settled, "serve.max_result_bytes", MAX_RESULT_BYTES_DEFAULT);
    let keys = ToolKeys {
        named,
        project_file: settled.value("tools.project_file") != Some(&Value::Boolean(false)),
        env_vars: settled.list("tools.env_vars"),
        consent_timeout: Duration::from_millis(consent_ms),
        result_bytes_max: usize::try_from(bytes).unwrap_or(usize::MAX),
        servers,
        data_dir: match settled.value("data_dir") {
            Some(Value::Path(dir)) => Some(dir.clone()),
            _ => None,
        },
    };
    (keys, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(command: &str) -> ServerConfig {
        let text = json!({"mcpServers": {"a": {"command": command}}}).to_string();
        let read = Definitions::parse(&text, "test", &Variables::none());
        read.unwrap().servers.remove(0)
    }

    #[test]
    fn vesicle_does_not_start_itself_from_a_file() {
        let ours = std::env::current_exe().unwrap();
        for command in [
            "vesicle",
            "/usr/bin/vesicle",
            "vesicle.exe",
            ours.to_str().unwrap(),
        ] {
            assert!(is_vesicle(&server(command)), "{command}");
        }
        assert!(!is_vesicle(&server("vesicle-memory")) && !is_vesicle(&server("npx")));
        let Transport::Stdio { env, .. } = reading_no_project_file(server("npx")).transport else {
            panic!("a process")
        };
        assert_eq!(
            env.get("VESICLE_TOOLS_PROJECT_FILE").map(String::as_str),
            Some("false")
        );
    }
}
