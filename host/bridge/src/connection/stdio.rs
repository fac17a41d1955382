//! A server that is a child process.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::{Child, Command};

use super::keeper::Group;
use super::lines::BoundedLines;
use super::replies::BoundedReplies;
use super::spawner;
use super::stderr::LastLines;

/// The variables that every child gets, as in the official SDKs: what programs need to start, and no secrets.
const INHERITED: [&str; 6] = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
/// How long a server may take to end by itself when its input is closed, and again when it is asked with `SIGTERM`.
const GRACE: Duration = Duration::from_secs(2);

/// The process of a server. Dropping it kills the process and its group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Group,
}

/// Starts a server and gives the transport to it.
pub async fn start(
    command: &str,
    args: &[String],
    env: &BTreeMap<String, String>,
    cwd: Option<&Path>,
    message_bytes: usize,
    stderr: &LastLines,
) -> Result<
    (
        Process,
        impl Transport<RoleClient, Error = io::Error> + 'static,
    ),
    String,
> {
    let mut process = Command::new(command);
    process.args(args).env_clear();
    process.envs(
        INHERITED
            .iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?))),
    );
    process.envs(env);
    if let Some(cwd) = cwd {
        process.current_dir(cwd);
    }
    process
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawner::spawn(process)
        .await
        .map_err(|error| not_started(command, cwd, &error))?;
    let (Some(id), Some(stdin), Some(stdout), Some(errors)) = (
        child.id(),
        child.stdin.take(),
        child.stdout.take(),
        child.stderr.take(),
    ) else {
        return Err(format!("`{command}` ended before it could be spoken to"));
    };
    let group = Group::of(id);
    stderr.clear();
    tokio::spawn(stderr.clone().read(errors));
    Ok((
        Process { child, group },
        over_lines(stdout, stdin, message_bytes),
    ))
}

/// A transport of one message a line, each of at most so many bytes.
pub fn over_lines(
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
    message_bytes: usize,
) -> impl Transport<RoleClient, Error = io::Error> + 'static {
    let lines = BoundedLines::new(reader, message_bytes);
    // The SDK's own bound must not be met first: it would drop the line without an error.
    let transport = AsyncRwTransport::new_client(lines, writer)
        .with_max_line_length(message_bytes.saturating_add(2));
    BoundedReplies::new(transport)
}

fn not_started(command: &str, cwd: Option<&Path>, error: &io::Error) -> String {
    match (error.kind(), cwd) {
        (io::ErrorKind::NotFound, Some(cwd)) if !cwd.is_dir() => {
            format!(
                "its directory {} does not exist: create it, or change `cwd`",
                cwd.display()
            )
        }
        (io::ErrorKind::NotFound, _) => {
            format!(
                "the program `{command}` was not found: install it, or give its full path in `command`"
            )
        }
        (io::ErrorKind::PermissionDenied, _) => {
            format!(
                "the program `{command}` may not be run: make it executable, or give another in `command`"
            )
        }
        _ => format!("the program `{command}` could not be started: {error}"),
    }
}

impl Process {
    /// Waits for the end of a process whose input was closed, and asks more and more firmly. Tells how it ended.
    pub async fn end(mut self) -> String {
        for signal in [None, Some(Signal::TERM)] {
            if let Some(signal) = signal {
                self.group.signal(signal);
            }
            if let Ok(Ok(status)) = tokio::time::timeout(GRACE, self.child.wait()).await {
                return status.to_string();
            }
        }
        self.group.signal(Signal::KILL);
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}
