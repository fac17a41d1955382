//! `vesicle plugin new`: a project that builds as it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;
use vesicle_plugins::name::PluginName;

use super::{plugin_name, print, print_json};
use crate::cli::{ExitStatus, exit::UsageError};

/// Start a plugin: a project with one tool, which builds as it is
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin new words --lang rust\n  \
    vesicle plugin new words --lang ts")]
pub struct NewArgs {
    /// Its name, which its directory gets as well
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    /// What it is written in
    #[arg(long, value_enum)]
    lang: Language,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// A component, by Cargo
    Rust,
    /// TypeScript, on Vesicle's engine
    Ts,
    /// JavaScript, on Vesicle's engine
    Js,
}

/// A file of the project, and its text before the plugin's name is put in.
type Template = (&'static str, &'static str);

const RUST: [Template; 6] = [
    ("Cargo.toml", include_str!("new/rust/Cargo.toml.in")),
    (
        ".cargo/config.toml",
        include_str!("new/rust/config.toml.in"),
    ),
    (
        ".gitignore",
        "target/\n# What `cargo component` writes, and nothing here uses.\nsrc/bindings.rs\n",
    ),
    ("README.md", include_str!("new/rust/README.md.in")),
    ("src/lib.rs", include_str!("new/rust/lib.rs.in")),
    ("wit/world.wit", include_str!("new/rust/world.wit.in")),
];

/// The contract's interfaces that are for plugins. The engine's are not among them.
const CONTRACT: [Template; 14] = [
    ("caller.wit", include_str!("../../../../../wit/caller.wit")),
    (
        "content.wit",
        include_str!("../../../../../wit/content.wit"),
    ),
    ("log.wit", include_str!("../../../../../wit/log.wit")),
    (
        "memory-query.wit",
        include_str!("../../../../../wit/memory-query.wit"),
    ),
    (
        "memory-record.wit",
        include_str!("../../../../../wit/memory-record.wit"),
    ),
    (
        "pending.wit",
        include_str!("../../../../../wit/pending.wit"),
    ),
    (
        "prompts.wit",
        include_str!("../../../../../wit/prompts.wit"),
    ),
    (
        "resources.wit",
        include_str!("../../../../../wit/resources.wit"),
    ),
    (
        "rich-tools.wit",
        include_str!("../../../../../wit/rich-tools.wit"),
    ),
    ("state.wit", include_str!("../../../../../wit/state.wit")),
    (
        "suggestions.wit",
        include_str!("../../../../../wit/suggestions.wit"),
    ),
    (
        "tool-call.wit",
        include_str!("../../../../../wit/tool-call.wit"),
    ),
    ("tools.wit", include_str!("../../../../../wit/tools.wit")),
    ("types.wit", include_str!("../../../../../wit/types.wit")),
];
const CONTRACT_DIR: &str = "wit/deps/vesicle-plugin";

const TYPESCRIPT: [Template; 3] = [
    ("{{name}}.ts", include_str!("new/script/plugin.ts.in")),
    ("README.md", include_str!("new/script/README.md.in")),
    GLOBALS,
];

const JAVASCRIPT: [Template; 3] = [
    ("{{name}}.js", include_str!("new/script/plugin.js.in")),
    ("README.md", include_str!("new/script/README.md.in")),
    GLOBALS,
];

/// The types of what a module has beside the language.
const GLOBALS: Template = ("vesicle.d.ts", include_str!("new/script/vesicle.d.ts.in"));

/// Writes it.
pub fn run(args: &NewArgs) -> anyhow::Result<ExitStatus> {
    let directory = Path::new(args.name.as_str());
    match fs::create_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(UsageError(format!(
                "there is a `{}` here already; choose another name, or another directory",
                args.name
            ))
            .into());
        }
        created => created.with_context(|| format!("cannot make the directory `{}`", args.name))?,
    }
    let mut written = Vec::new();
    for (path, text) in args.files() {
        let path = directory.join(path);
        write(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
        written.push(path);
    }
    if args.json {
        print_json(&json!({"name": args.name.as_str(), "files": written}))?;
        return Ok(ExitStatus::Success);
    }
    print(&format!(
        "started `{0}`; `{0}/README.md` says how it is built, added and called",
        args.name
    ))?;
    Ok(ExitStatus::Success)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

impl NewArgs {
    fn files(&self) -> Vec<(PathBuf, String)> {
        let (templates, contract): (&[Template], &[Template]) = match self.lang {
            Language::Rust => (&RUST, &CONTRACT),
            Language::Ts => (&TYPESCRIPT, &[]),
            Language::Js => (&JAVASCRIPT, &[]),
        };
        let own = templates
            .iter()
            .map(|(path, text)| (PathBuf::from(self.filled(path)), self.filled(text)));
        let copied = contract
            .iter()
            .map(|(path, text)| (Path::new(CONTRACT_DIR).join(path), (*text).to_owned()));
        own.chain(copied).collect()
    }

    fn filled(&self, template: &str) -> String {
        let name = self.name.as_str();
        let file = name.replace('-', "_");
        // Cargo's file is named with `_`.
        let named = match file == name {
            true => String::new(),
            false => format!(" --name {name}"),
        };
        let (language, extension) = match self.lang {
            Language::Rust => ("Rust", "rs"),
            Language::Ts => ("TypeScript", "ts"),
            Language::Js => ("JavaScript", "js"),
        };
        template
            .replace("{{name}}", name)
            .replace("{{file}}", &file)
            .replace("{{named}}", &named)
            .replace("{{language}}", language)
            .replace("{{extension}}", extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_every_template_is_filled() {
        for lang in [Language::Rust, Language::Ts, Language::Js] {
            let args = NewArgs {
                name: PluginName::parse("two-words").unwrap(),
                lang,
                json: false,
            };
            for (path, text) in args.files() {
                // What JSDoc has in two braces begins with a space.
                let is_place = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase());
                let places = text.split("{{").skip(1).any(is_place);
                assert!(!places, "{}: {text}", path.display());
                assert!(!path.to_str().unwrap().contains("{{"));
            }
        }
    }
}
