//! Texts of definitions: what they read from the environment, and what of them is a secret.

use serde_json::{Map, Value as Json};

use super::{
    Kept, NeededSecret,
    places::{Client, Surroundings},
    sensitive,
};
use crate::config::is_profile_name;

/// Makes the texts of one server's definition into texts of ours.
pub struct References<'a> {
    client: Client,
    server: &'a str,
    around: &'a Surroundings,
    /// Names of secrets of other servers.
    taken: &'a [String],
    pub secrets: Vec<NeededSecret>,
    pub variables: Vec<String>,
}

impl<'a> References<'a> {
    pub fn new(
        client: Client,
        server: &'a str,
        around: &'a Surroundings,
        taken: &'a [String],
    ) -> Self {
        Self {
            client,
            server,
            around,
            taken,
            secrets: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// The definition, which has no secret any more.
    ///
    /// # Errors
    /// It reads what is not there.
    pub fn definition(
        &mut self,
        definition: Map<String, Json>,
    ) -> Result<Map<String, Json>, String> {
        let mut ours = Map::new();
        for (key, value) in definition {
            let value = match value {
                Json::Array(args) => self.arguments(args)?,
                Json::Object(texts) => {
                    let texts = texts.into_iter().map(|(name, value)| {
                        let value = self.value(&name, value, sensitive::is_secret)?;
                        Ok((name, value))
                    });
                    Json::Object(texts.collect::<Result<_, String>>()?)
                }
                Json::String(_) if key == "bearer" => self.value("token", value, |_, _| true)?,
                value => self.value(&key, value, in_the_open)?,
            };
            ours.insert(key, value);
        }
        Ok(ours)
    }

    fn arguments(&mut self, args: Vec<Json>) -> Result<Json, String> {
        let mut before = String::new();
        let mut ours = Vec::with_capacity(args.len());
        for arg in args {
            let text = arg.as_str().unwrap_or_default().to_owned();
            let option = text
                .split_once('=')
                .filter(|(name, _)| name.starts_with('-'));
            let value = match option {
                Some((name, value)) => {
                    let value = self.value(name, Json::from(value), of_option)?;
                    Json::from(format!("{name}={}", value.as_str().unwrap_or_default()))
                }
                None if before.starts_with('-') => self.value(&before, arg, of_option)?,
                None => self.value("argument", arg, in_the_open)?,
            };
            ours.push(value);
            before = text;
        }
        Ok(Json::Array(ours))
    }

    /// The text that stands for `value`; what is no text stays.
    fn value(
        &mut self,
        name: &str,
        value: Json,
        is_secret: fn(&str, &str) -> bool,
    ) -> Result<Json, String> {
        let Json::String(text) = value else {
            return Ok(value);
        };
        let text = match self.client {
            Client::Gemini => braced(&text),
            _ => text,
        };
        if text.contains("${") {
            return self.expanded(name, &text).map(Json::from);
        }
        if !is_secret(name, &text) {
            return Ok(Json::from(text));
        }
        // The scheme is no secret, and what is searched for in results is the token alone.
        let (scheme, secret) = match text.split_once(' ') {
            Some((scheme, rest)) if matches!(scheme, "Bearer" | "bearer" | "Basic" | "token") => {
                (format!("{scheme} "), rest.to_owned())
            }
            _ => (String::new(), text.clone()),
        };
        if !sensitive::fits(&secret) {
            return Ok(Json::from(text));
        }
        let reference = self.secret(name, Kept::Literal(secret));
        Ok(Json::from(scheme + &reference))
    }

    fn expanded(&mut self, name: &str, text: &str) -> Result<String, String> {
        let mut ours = String::new();
        let mut rest = text;
        while let Some((before, reference)) = rest.split_once("${") {
            ours.push_str(before);
            let (inner, after) = reference
                .split_once('}')
                .ok_or_else(|| format!("`${{` in `{name}` has no `}}`"))?;
            ours.push_str(&self.reference(name, inner)?);
            rest = after;
        }
        Ok(ours + rest)
    }

    fn reference(&mut self, name: &str, inner: &str) -> Result<String, String> {
        match inner {
            "workspaceFolder" => return Ok(self.around.directory.display().to_string()),
            "workspaceFolderBasename" => {
                let name = self.around.directory.file_name().unwrap_or_default();
                return Ok(name.to_string_lossy().into_owned());
            }
            "userHome" => {
                let home = self.around.home.as_ref();
                return Ok(home
                    .map(|home| home.display().to_string())
                    .unwrap_or_default());
            }
            "/" | "pathSeparator" => return Ok("/".to_owned()),
            _ => {}
        }
        if let Some(input) = inner.strip_prefix("input:") {
            return Err(format!(
                "{} asks you for `{input}` when it starts this server; put the value into a file, name that under \
                 [secrets], and write [servers.{}] by hand",
                self.client.name(),
                self.server
            ));
        }
        let variable = inner.strip_prefix("env:").unwrap_or(inner);
        let (variable, default) = match variable.split_once(":-") {
            Some((variable, default)) => (variable, Some(default)),
            None => (variable, None),
        };
        if !is_variable(variable) {
            return Err(format!(
                "`${{{inner}}}` in `{name}` is known to {} alone; write [servers.{}] by hand",
                self.client.name(),
                self.server
            ));
        }
        let is_set = std::env::var(variable).ok();
        if is_set.is_none() && default.is_none() {
            return Err(format!(
                "it reads the variable `{variable}`, which is not set here; set it before `vesicle init`"
            ));
        }
        let secret = is_set.filter(|value| sensitive::fits(value) && default.is_none());
        let is_secret =
            |value: String| sensitive::is_named_so(name) || sensitive::is_secret(variable, &value);
        if secret.is_some_and(is_secret) {
            return Ok(self.secret(variable, Kept::Variable(variable.to_owned())));
        }
        if !self.variables.iter().any(|known| known == variable) {
            self.variables.push(variable.to_owned());
        }
        let default = default.map(|default| format!(":-{default}"));
        Ok(format!("${{{variable}{}}}", default.unwrap_or_default()))
    }

    /// The reference to a secret of the server, called after the key or variable `of`.
    fn secret(&mut self, of: &str, kept: Kept) -> String {
        let known = self.secrets.iter().find(|secret| secret.kept == kept);
        let name = match known {
            Some(secret) => secret.name.clone(),
            None => {
                let name = self.secret_name(of);
                let secret = NeededSecret {
                    name: name.clone(),
                    kept,
                };
                self.secrets.push(secret);
                name
            }
        };
        format!("${{secret:{name}}}")
    }

    fn secret_name(&self, of: &str) -> String {
        let (server, of) = (lower(self.server), lower(of));
        let name = match of.starts_with(&server) {
            true => of,
            false => format!("{server}_{of}"),
        };
        let name = name.trim_matches('_').to_owned();
        let name = match is_profile_name(&name) {
            true => name,
            // It begins with a digit.
            false => format!("s_{name}"),
        };
        let own = || self.secrets.iter().map(|secret| &secret.name);
        let is_taken = |name: &str| own().chain(self.taken).any(|known| known == name);
        let mut free = name.clone();
        let mut number = 2;
        while is_taken(&free) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}

fn of_option(name: &str, text: &str) -> bool {
    !text.starts_with('-')
        && (sensitive::is_named_so(name) && sensitive::is_secret(name, text)
            || sensitive::looks_so(text))
}

/// A secret where no name says so.
fn in_the_open(_: &str, text: &str) -> bool {
    sensitive::looks_so(text)
}

fn lower(text: &str) -> String {
    let mut lower = String::new();
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => lower.push(c.to_ascii_lowercase()),
            false if lower.ends_with('_') => {}
            false => lower.push('_'),
        }
    }
    lower.trim_matches('_').to_owned()
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `$NAME`, which Gemini CLI reads, as `${NAME}`.
fn braced(text: &str) -> String {
    let mut braced = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        braced.push_str(before);
        let end = after
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(after.len());
        let (name, more) = after.split_at(end);
        match is_variable(name) {
            true => braced.push_str(&format!("${{{name}}}")),
            false => braced.push_str(&format!("${name}")),
        }
        rest = more;
    }
    braced + rest
}
