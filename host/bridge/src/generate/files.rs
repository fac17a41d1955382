//! What is in the files.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Language, Server, paths::file_names, skill::skill};
use crate::{
    names::{is_identifier, snake},
    rust,
    typescript::{GENERATED, Typed, first_line, quoted, unclosed},
};

/// All files by their paths.
pub fn files(servers: &[Server<'_>], language: Language) -> BTreeMap<String, String> {
    let mut files = match language {
        Language::TypeScript => typescript(servers),
        Language::Rust => rust(servers),
    };
    files.insert("SKILL.md".to_owned(), skill(servers));
    files
}

fn typescript(servers: &[Server<'_>]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut all = format!(
        "{GENERATED}// One export for each server: `declare const tools: typeof import(\"./index.ts\")` types a program.\n"
    );
    let folders = file_names(servers.iter().map(|server| server.name), &["index"]);
    for (server, folder) in servers.iter().zip(folders) {
        let _ = writeln!(
            all,
            "export * as {} from \"./{folder}/index.ts\";",
            exported(server.name)
        );
        let mut index = GENERATED.to_owned();
        let names = file_names(server.tools.iter().map(|(tool, _)| &*tool.name), &["index"]);
        for ((tool, observed), name) in server.tools.iter().zip(names) {
            let function = function(&tool.name);
            let typed = Typed::new(server.name, tool, *observed);
            files.insert(
                format!("servers/{folder}/{name}.ts"),
                typed.module(&function),
            );
            let exported = match function == tool.name {
                true => function,
                false => format!("{function} as {}", exported(&tool.name)),
            };
            let said = first_line(tool.description.as_deref().unwrap_or_default());
            let _ = match said.is_empty() {
                true => writeln!(index, "export {{ {exported} }} from \"./{name}.ts\";"),
                false => writeln!(
                    index,
                    "/** {} */\nexport {{ {exported} }} from \"./{name}.ts\";",
                    unclosed(&said)
                ),
            };
        }
        files.insert(format!("servers/{folder}/index.ts"), index);
    }
    files.insert("servers/index.ts".to_owned(), all);
    files
}

/// A name that may be declared. Tools mostly have one already.
fn function(tool: &str) -> String {
    let plain = snake(tool, "tool");
    // `snake` changes words that may not be declared.
    match is_identifier(tool) && !plain.ends_with('_') {
        true => tool.to_owned(),
        false => plain,
    }
}

/// A name as it may be exported: any text may, in quotes.
fn exported(name: &str) -> String {
    match is_identifier(name) && snake(name, "tool") != "default_" {
        true => name.to_owned(),
        false => quoted(name),
    }
}

fn rust(servers: &[Server<'_>]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut all = format!("{GENERATED}\n//! A module for each server.\n\n");
    let modules: Vec<String> = servers
        .iter()
        .map(|server| snake(server.name, "server"))
        .collect();
    let modules = file_names(modules.iter().map(String::as_str), &["mod"]);
    for (server, module) in servers.iter().zip(modules) {
        // Names that are not theirs alone carry a digest after a dash.
        let module = module.replace('-', "_");
        let _ = writeln!(all, "pub mod {module};");
        let tools = server
            .tools
            .iter()
            .map(|(tool, observed)| (*tool, *observed));
        files.insert(
            format!("servers/{module}.rs"),
            rust::module(server.name, tools),
        );
    }
    files.insert("servers/mod.rs".to_owned(), all);
    files
}
