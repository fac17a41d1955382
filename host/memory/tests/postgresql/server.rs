//! PostgreSQL servers that tests start and stop, each in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vesicle_memory::PostgresUrl;

pub const PASSWORD: &str = "open sesame";
/// How long a server may take to answer, on a busy machine.
const START_MAX: Duration = Duration::from_secs(120);

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Version 15, without pgvector.
    Debian,
    /// Version 16, with it.
    Pgvector,
}

impl Kind {
    fn programs(self) -> PathBuf {
        let bin = match self {
            Self::Debian => PathBuf::from("/usr/lib/postgresql/15/bin"),
            Self::Pgvector => scripts().join(".venv/pginstall/bin"),
        };
        assert!(
            bin.join("postgres").exists(),
            "there is no PostgreSQL at {}; run tests/postgresql/setup.sh",
            bin.display()
        );
        bin.canonicalize().unwrap()
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgresql")
}

/// A server that runs, or was killed and can be started again.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    directory: PathBuf,
    afterwards: &'static str,
    settings: Vec<String>,
    port: u16,
    running: Mutex<Option<Child>>,
    /// When it is this test's own.
    _own: Option<tempfile::TempDir>,
}

/// The server that most tests of this process share. What it keeps need not survive a loss of power.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap().keep();
        let settings = ["fsync=off", "max_connections=300", "shared_buffers=64MB"];
        Server::in_directory(crate::KIND, directory, "remove", &settings, None)
    })
}

impl Server {
    /// One for a single test.
    pub fn own(settings: &[&str]) -> Self {
        let own = tempfile::tempdir().unwrap();
        let directory = own.path().to_owned();
        Self::in_directory(crate::KIND, directory, "keep", settings, Some(own))
    }

    fn in_directory(
        kind: Kind,
        directory: PathBuf,
        afterwards: &'static str,
        settings: &[&str],
        own: Option<tempfile::TempDir>,
    ) -> Self {
        let port = settings
            .iter()
            .find_map(|setting| setting.strip_prefix("port="));
        let server = Self {
            kind,
            port: port.map_or(5432, |port| port.parse().unwrap()),
            directory,
            afterwards,
            settings: settings
                .iter()
                .map(|setting| (*setting).to_owned())
                .collect(),
            running: Mutex::default(),
            _own: own,
        };
        server.start();
        server
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) {
        let child = Command::new(scripts().join("serve.sh"))
            .arg(self.kind.programs())
            .arg(&self.directory)
            .arg(self.afterwards)
            .args(&self.settings)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        *self.running.lock() = Some(child);
        let began = Instant::now();
        while self.try_sql("postgres", "SELECT 1").is_err() {
            assert!(
                began.elapsed() < START_MAX,
                "the server does not start: {}",
                std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Ends it at once, as a loss of power does.
    pub fn kill(&self) {
        let pid = std::fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        let killed = Command::new("kill").args(["-9", pid]).status().unwrap();
        assert!(killed.success());
        self.wait();
        // Its children see that it is gone, and end; a new server would not start before.
        while self.has_children(pid) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn has_children(&self, pid: &str) -> bool {
        let data = self.directory.join("data");
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|process| process.file_name() != pid)
            .any(|process| {
                std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data)
            })
    }

    fn wait(&self) {
        if let Some(mut child) = self.running.lock().take() {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
    }

    /// Runs SQL as the administrator.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap()
    }

    fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let done = Command::new(self.kind.programs().join("psql"))
            .args([
                "-X", "-q", "-A", "-t", "-U", "postgres", "-d", database, "-c", sql,
            ])
            .arg("-h")
            .arg(&self.directory)
            .arg("-p")
            .arg(self.port.to_string())
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        if done.status.success() {
            Ok(String::from_utf8(done.stdout).unwrap().trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }

    /// Where a database of it is.
    pub fn url(&self, database: &str) -> PostgresUrl {
        self.url_as("postgres", "open%20sesame", database)
    }

    pub fn url_as(&self, user: &str, password: &str, database: &str) -> PostgresUrl {
        let directory = self.directory.display();
        let port = self.port;
        format!("postgres://{user}:{password}@/{database}?host={directory}&port={port}")
            .parse()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.wait();
    }
}
