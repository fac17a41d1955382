//! Where each client keeps the servers that it was given.

use std::path::PathBuf;

use super::Source;

/// Who wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `claude_desktop_config.json`.
    ClaudeDesktop,
    /// `~/.claude.json`, for the user and for each project.
    ClaudeCode,
    /// `mcp.json`.
    Cursor,
    /// `mcp.json`, with `servers`.
    VsCode,
    /// `mcp_config.json`.
    Windsurf,
    /// `settings.json`, with `context_servers`.
    Zed,
    /// `settings.json`.
    Gemini,
    /// `config.toml`, with `[mcp_servers]`.
    Codex,
}

impl Client {
    /// As its users call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
            Self::Gemini => "Gemini CLI",
            Self::Codex => "Codex",
        }
    }
}

/// What a place counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Directory,
    Home,
    /// `~/.config`, everywhere but on Windows.
    Config,
    /// Where programs with windows keep their settings.
    Support,
    /// `CODEX_HOME`.
    Codex,
}

/// Those of the working directory come first: they are nearer to what the user is doing. `.mcp.json` is not among them,
/// as Vesicle reads it as it is.
const PLACES: [(Client, Base, &str); 14] = [
    (Client::Cursor, Base::Directory, ".cursor/mcp.json"),
    (Client::VsCode, Base::Directory, ".vscode/mcp.json"),
    (Client::Zed, Base::Directory, ".zed/settings.json"),
    (Client::Gemini, Base::Directory, ".gemini/settings.json"),
    (Client::Codex, Base::Directory, ".codex/config.toml"),
    (Client::ClaudeCode, Base::Home, ".claude.json"),
    (
        Client::ClaudeDesktop,
        Base::Support,
        "Claude/claude_desktop_config.json",
    ),
    (Client::Cursor, Base::Home, ".cursor/mcp.json"),
    (Client::VsCode, Base::Support, "Code/User/mcp.json"),
    (
        Client::Windsurf,
        Base::Home,
        ".codeium/windsurf/mcp_config.json",
    ),
    (Client::Zed, Base::Config, "zed/settings.json"),
    (Client::Gemini, Base::Home, ".gemini/settings.json"),
    (Client::Codex, Base::Codex, "config.toml"),
    (Client::Codex, Base::Home, ".codex/config.toml"),
];

/// A file that a client may have.
#[derive(Debug, Clone)]
pub struct Place {
    /// Whose.
    pub client: Client,
    /// Where.
    pub path: PathBuf,
}

impl Place {
    pub(super) fn source(&self, read: Result<(), String>) -> Source {
        Source {
            client: self.client,
            path: self.path.clone(),
            servers: Vec::new(),
            left_out: Vec::new(),
            unreadable: read.err(),
        }
    }
}

/// Where a user is.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The project's directory, absolute.
    pub directory: PathBuf,
    /// Whether its files count.
    pub with_project: bool,
    /// The user's directory, where there is one.
    pub home: Option<PathBuf>,
    /// The user's configuration directory.
    pub config: Option<PathBuf>,
    /// Codex' own directory, where it was moved.
    pub codex: Option<PathBuf>,
}

impl Surroundings {
    /// As the environment tells them.
    pub fn of_process(directory: PathBuf, with_project: bool) -> Self {
        let path = |name: &str| {
            let value = std::env::var_os(name).map(PathBuf::from);
            value.filter(|path| path.is_absolute())
        };
        let home = path("HOME").or_else(|| path("USERPROFILE"));
        Self {
            directory,
            with_project,
            config: path("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config"))),
            codex: path("CODEX_HOME"),
            home,
        }
    }

    /// The files that clients may have here, each once.
    pub fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for (client, base, path) in PLACES {
            let base = match base {
                Base::Directory => self.with_project.then(|| self.directory.clone()),
                Base::Home => self.home.clone(),
                Base::Config => self.config.clone(),
                Base::Support => self.support(),
                Base::Codex => self.codex.clone(),
            };
            let Some(path) = base.map(|base| base.join(path)) else {
                continue;
            };
            if places.iter().all(|known| known.path != path) {
                places.push(Place { client, path });
            }
        }
        places
    }

    fn support(&self) -> Option<PathBuf> {
        match cfg!(target_os = "macos") {
            true => Some(self.home.as_ref()?.join("Library/Application Support")),
            false => self.config.clone(),
        }
    }
}
