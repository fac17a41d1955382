//! Prompts of this server's own: what a model has to know to write a program or a plugin here, made of what there is:
//! limits, servers, tools with their types, plugins, and past work.

use std::fmt::Write as _;

use rmcp::{
    ErrorData,
    model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role},
};
use serde_json::{Value, json, value::to_raw_value};
use vesicle_bridge::{names::snake, search::Query, typescript::first_line};
use vesicle_sandbox::{Memories as _, MemoryOperation};

use super::{Host, execute, plugins};
use crate::{harmless::harmless, limits::Profile, plugins::PREFIX, tools::Granted};

/// Helps with a program.
pub const WRITE_CODE: &str = "write_code";
/// Helps with a plugin.
pub const SAVE_PLUGIN: &str = "save_plugin";
/// All names.
pub const NAMES: [&str; 2] = [WRITE_CODE, SAVE_PLUGIN];

/// The argument that names a server.
pub const SERVER: &str = "server";
/// The argument that names a plugin.
pub const NAME: &str = "name";
const TASK: &str = "task";
const PURPOSE: &str = "purpose";

/// The longest argument, in bytes.
pub const ARGUMENT_BYTES_MAX: usize = 10_000;
/// How many tools are told with their types.
const TYPED_MAX: usize = 5;
/// How long their types may be together, in bytes.
const TYPES_BYTES_MAX: usize = 16_000;
/// How many tools of a server or of plugins are named.
const NAMED_MAX: usize = 50;
/// How many pieces of past work are told.
const EPISODES_MAX: usize = 3;
/// How much of the words of others is told in a line, in characters.
const LINE_CHARS_MAX: usize = 200;

/// All of them, as far as this host has what they are for.
pub fn all(host: &Host) -> Vec<Prompt> {
    let argument = |name: &str, about: &str, required| {
        PromptArgument::new(name)
            .with_description(about)
            .with_required(required)
    };
    let mut arguments = vec![argument(TASK, "What the program does", true)];
    if !host.toolbox.is_empty() {
        let about = "A server whose tools it calls; the ones that fit where none is named";
        arguments.push(argument(SERVER, about, false));
    }
    let about = "A program for execute_agent_code, with what it can use here";
    let mut all =
        vec![Prompt::new(WRITE_CODE, Some(about), Some(arguments)).with_title("Write a program")];
    if saves(host) {
        let arguments = vec![
            argument(PURPOSE, "What the plugin is for", true),
            argument(
                NAME,
                "What it is called; one that there is, to change it",
                false,
            ),
        ];
        let about = "A plugin to keep with save_plugin: its form, and what it may ask for";
        all.push(
            Prompt::new(SAVE_PLUGIN, Some(about), Some(arguments)).with_title("Write a plugin"),
        );
    }
    all
}

fn saves(host: &Host) -> bool {
    let plugins = host.plugins.as_ref();
    plugins.is_some_and(|plugins| !plugins.managing().is_empty())
}

/// The prompt of this name, filled in; nothing where there is none.
///
/// # Errors
/// An argument is missing, unknown or too long, or names what is not there.
pub async fn get(
    host: &Host,
    granted: &Granted,
    name: &str,
    arguments: &JsonObject,
) -> Result<Option<GetPromptResult>, ErrorData> {
    let all = all(host);
    let Some(prompt) = all.iter().find(|prompt| prompt.name == name) else {
        return Ok(None);
    };
    let known = prompt.arguments.as_deref().unwrap_or_default();
    let wrong = |why: String| ErrorData::invalid_params(why, None);
    for (name, value) in arguments {
        if !known.iter().any(|argument| argument.name == *name) {
            let names: Vec<_> = known.iter().map(|known| known.name.as_str()).collect();
            return Err(wrong(format!(
                "the prompt has no argument `{name}`; it has `{}`",
                names.join("`, `")
            )));
        }
        match value.as_str() {
            None => return Err(wrong(format!("the argument `{name}` is a text"))),
            Some(text) if text.len() > ARGUMENT_BYTES_MAX => {
                return Err(wrong(format!(
                    "the argument `{name}` has {} bytes, and may have {ARGUMENT_BYTES_MAX}",
                    text.len()
                )));
            }
            Some(_) => {}
        }
    }
    let given = |name: &str| {
        let text = arguments.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty())
    };
    let missing = known
        .iter()
        .find(|known| known.required == Some(true) && given(&known.name).is_none());
    if let Some(missing) = missing {
        return Err(wrong(format!("the argument `{}` is missing", missing.name)));
    }
    let text = match name {
        WRITE_CODE => {
            let task = given(TASK).unwrap_or_default();
            write_code(host, granted, task, given(SERVER))
                .await
                .map_err(wrong)?
        }
        _ => save_plugin(host, given(PURPOSE).unwrap_or_default(), given(NAME)).await,
    };
    let text = harmless(&host.secrets.redact(text)).into_owned();
    let message = PromptMessage::new_text(Role::User, text);
    let result = GetPromptResult::new(vec![message]);
    Ok(Some(match &prompt.description {
        Some(about) => result.with_description(about.clone()),
        None => result,
    }))
}

async fn write_code(
    host: &Host,
    granted: &Granted,
    task: &str,
    server: Option<&str>,
) -> Result<String, String> {
    let profile = host.policy.default_profile();
    let mut text = format!(
        "Write one TypeScript program for `{}` that does this:\n\n{task}\n\n\
         It is the body of an async function: `return` the result, and as little of it as is needed. Filter and count in the \
         program. What it prints comes back as well. There are no imports; standard JavaScript is there.\n",
        execute::NAME
    );
    text.push_str(&limits(profile));
    if !host.toolbox.is_empty() {
        text.push_str(&tools(host, granted, task, server).await?);
    }
    text.push_str(&of_plugins(host, profile).await);
    text.push_str(&past_work(host, task).await);
    Ok(text)
}

fn limits(profile: &Profile) -> String {
    let limits = &profile.limits;
    let mut text = format!(
        "\nIt has {} MB of memory, {} s in all and {} calls of tools.",
        limits.memory_bytes >> 20,
        limits.wall_time.as_secs(),
        limits.host_calls
    );
    let hosts: Vec<String> = profile.hosts.iter().map(ToString::to_string).collect();
    text.push_str(&match hosts.is_empty() {
        true => " It cannot fetch anything.".to_owned(),
        false => format!(" `fetch` reaches {}.", hosts.join(", ")),
    });
    text.push_str(" `state.get(key)` and `state.set(key, value)` keep values between calls.\n");
    text
}

/// The servers, and the tools that are likeliest to be of use, with their types.
async fn tools(
    host: &Host,
    granted: &Granted,
    task: &str,
    server: Option<&str>,
) -> Result<String, String> {
    let mut text =
        String::from("\nTools of servers are called as `await tools.SERVER.TOOL(args)`:\n");
    let servers = execute::servers(&host.policy, &host.toolbox);
    for (name, count) in &servers {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {name}: {count} tools");
    }
    if let Some(server) = server
        && !servers.iter().any(|(name, _)| name == server)
    {
        let names: Vec<_> = servers.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!(
            "there is no server `{server}` that may be called; there is `{}`",
            names.join("`, `")
        ));
    }
    let catalog = host.toolbox.catalog(server).await;
    let catalog = catalog.map_err(ToString::to_string)?;
    let query = Query {
        text: task,
        server,
        limit: TYPED_MAX,
        used: &[],
    };
    let mut found = host.toolbox.search(&catalog, granted.caller(), query);
    if let Some(server) = server {
        let of_server = catalog
            .tools()
            .filter(|(of, tool)| of.name.as_str() == server && granted.is_granted(of, tool));
        text.push_str(&format!("\nThe tools of {server}:\n"));
        for (_, tool) in of_server.take(NAMED_MAX) {
            let said = tool.definition.description.as_deref().unwrap_or_default();
            let _ = writeln!(text, "- {}: {}", tool.name(), line(&first_line(said)));
            if found.len() < TYPED_MAX && !found.iter().any(|(_, name)| name == tool.name()) {
                found.push((server.to_owned(), tool.name().to_owned()));
            }
        }
    }
    let mut types = String::new();
    for (server, tool) in &found {
        let Ok((server, tool)) = granted.find(&catalog, &format!("{server}.{tool}")) else {
            continue;
        };
        let typed = (host.toolbox).typed(server.name.as_str(), &tool.definition);
        let module = typed.module(&snake(tool.name(), "tool"));
        if types.len() + module.len() <= TYPES_BYTES_MAX {
            let _ = writeln!(types, "// tools.{}.{}\n{module}", server.name, tool.name());
        }
    }
    if !types.is_empty() {
        text.push_str(&format!("\nThose that may help:\n\n```ts\n{types}```\n"));
    }
    text.push_str("Others: `search_tools`; their types: `describe_tools`.\n");
    Ok(text)
}

async fn of_plugins(host: &Host, profile: &Profile) -> String {
    let Some(service) = &host.plugins else {
        return String::new();
    };
    let Some(shelf) = service.shelf().await else {
        return String::new();
    };
    let mut text = String::new();
    for tool in plugins::allowed(&shelf, profile).take(NAMED_MAX) {
        let said = tool.definition.description.as_deref().unwrap_or_default();
        let name = format!("{PREFIX}{}.{}", tool.plugin, tool.tool);
        let _ = writeln!(text, "- {name}: {}", line(&first_line(said)));
    }
    match text.is_empty() {
        true => text,
        false => {
            format!("\nTools of plugins are called as `await plugins.NAME.TOOL(args)`:\n{text}")
        }
    }
}

/// What was done before that is like this.
async fn past_work(host: &Host, task: &str) -> String {
    let Some(memory) = host.memory.lazy().for_programs() else {
        return String::new();
    };
    let asked = to_raw_value(&json!({"query": task, "limit": EPISODES_MAX}));
    let Ok(asked) = asked else {
        return String::new();
    };
    let answer = match memory.ask(MemoryOperation::Query, &asked).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(%error, "the memory was not asked for a prompt");
            return String::new();
        }
    };
    let answer: Value = serde_json::from_str(answer.get()).unwrap_or_default();
    let mut text = String::new();
    for episode in answer["episodes"].as_array().into_iter().flatten() {
        let task = episode["task_description"].as_str().unwrap_or_default();
        let outcome = episode["outcome"].as_str().unwrap_or("unknown");
        let id = episode["episode_id"].as_str().unwrap_or_default();
        let _ = writeln!(text, "- {} ({outcome}; episode {id})", line(task));
    }
    match text.is_empty() {
        true => text,
        false => format!(
            "\nPast work that is like it, in the words of whoever did it:\n{text}\
             `recommend_playbook` tells what worked; `memory` has it in programs.\n"
        ),
    }
}

async fn save_plugin(host: &Host, purpose: &str, name: Option<&str>) -> String {
    let profile = host.policy.default_profile();
    let mut text = format!(
        "Write a plugin and keep it with the tool `{SAVE_PLUGIN}`. What it is for:\n\n{purpose}\n\n\
         It is one TypeScript module without imports. Each exported function is a tool: its parameters and its result have \
         types, from which the schemas are made, and a JSDoc comment says what it does. Code at the top runs once, when it \
         is saved, without clocks, randomness and permissions.\n\n\
         ```ts\n/** Turns a title into the end of an address. */\n\
         export function slugify(title: string): string {{\n  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-');\n}}\n```\n\n\
         A tool that shows images, sounds or documents has no type for its result, and returns \
         `{{ content: [{{ type: 'image', data: BASE64, mimeType: 'image/png' }}] }}`, as MCP has it.\n\
         `permissions` says what it asks for, and only what it needs: hosts, tools, env, preopen, memory, state, limits. \
         The operator grants it, or a person who is asked. Try the code with `{}` first.\n",
        execute::NAME
    );
    text.push_str(&limits(profile));
    let known = match &host.plugins {
        Some(plugins) => plugins.shelf().await,
        None => None,
    };
    if let Some(name) = name {
        let there = known.as_ref().and_then(|shelf| {
            let mut plugins = shelf.plugins().iter();
            plugins.find(|listed| listed.manifest.name().as_str() == name)
        });
        match there {
            Some(listed) => {
                let contents = listed.manifest.contents();
                let tools: Vec<_> = contents
                    .tools
                    .iter()
                    .map(|tool| tool.name.as_str())
                    .collect();
                let _ = writeln!(
                    text,
                    "\nThere is a plugin `{name}` ({}), with {}: save the new version under the same name. `plugin_info` tells more.",
                    contents.version,
                    tools.join(", ")
                );
            }
            None => {
                let _ = writeln!(text, "\nIt is called `{name}`.");
            }
        }
    }
    text.push_str(&of_plugins(host, profile).await);
    text.push_str(&past_work(host, purpose).await);
    text
}

/// The words of others, in a line.
fn line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE_CHARS_MAX) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}
