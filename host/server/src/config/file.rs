//! The configuration file: where it is looked for, and what it says.

use std::{
    fs::File,
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy as _;
use serde_json::Value as Json;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    accounts::ACCOUNTS,
    hosts::{HOST_KEYS, HostEntry},
    keys::{self, Node},
    kind::Kind,
    layer::Layer,
    preopens::{ACCESS, PREOPEN_KEYS, Preopen, QUOTA_FILES_MAX, QUOTA_MB_MAX},
    problem::{Problem, nearest},
    servers::{SERVER_KEYS, ServerEntry, ServerKey, TOOL_KEYS},
    value::{Entry, Origin, Value},
};

/// The file's name, in the working directory and in the user's configuration directory.
pub const FILE_NAME: &str = "vesicle.toml";
/// The longest configuration file, in bytes. The path may name a device that never ends.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// A configuration file that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// As messages name it.
    pub name: String,
    /// What paths in it count from.
    pub directory: PathBuf,
    /// All of it.
    pub text: String,
}

impl ConfigFile {
    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    }

    /// Reads the file at `path`.
    fn read(path: &Path) -> io::Result<Self> {
        let mut text = String::new();
        File::open(path)?
            .take(FILE_BYTES_MAX as u64 + 1)
            .read_to_string(&mut text)?;
        if text.len() > FILE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it is longer than {FILE_BYTES_MAX} bytes"),
            ));
        }
        Ok(Self {
            name: path.display().to_string(),
            directory: path.parent().unwrap_or(Path::new("")).to_owned(),
            text,
        })
    }
}

/// The file at `path`; without one the first that there is of the working directory's and the
/// user's.
pub fn find(path: Option<&Path>) -> Result<Option<ConfigFile>, Problem> {
    let unreadable = |path: &Path, error: &io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        };
        Problem::general(
            format!(
                "cannot read the configuration from `{}`: {reason}",
                path.display()
            ),
            "name another file with --config".to_owned(),
        )
    };
    if let Some(path) = path {
        let file = ConfigFile::read(path).map_err(|error| unreadable(path, &error))?;
        return Ok(Some(file));
    }
    for place in places() {
        match ConfigFile::read(&place) {
            Ok(file) => return Ok(Some(file)),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(unreadable(&place, &error)),
        }
    }
    Ok(None)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Where the file is looked for, in this order.
pub fn places() -> Vec<PathBuf> {
    [PathBuf::from(FILE_NAME)]
        .into_iter()
        .chain(user_file())
        .collect()
}

/// The file in the user's configuration directory, whether it is there or not.
pub fn user_file() -> Option<PathBuf> {
    let user = etcetera::choose_base_strategy().ok()?;
    Some(user.config_dir().join("vesicle").join(FILE_NAME))
}

/// What `file` says, and what is wrong with it.
pub fn read(file: &Arc<ConfigFile>) -> (Layer, Vec<Problem>) {
    let mut reader = Reader {
        file,
        layer: Layer::default(),
        problems: Vec::new(),
        is_secret: false,
    };
    match DeTable::parse(&file.text) {
        Ok(table) => reader.section("", table.get_ref()),
        Err(error) => reader.problem(
            error.span().unwrap_or_default(),
            "this is not TOML".to_owned(),
            error.message().replace('\n', ", "),
        ),
    }
    // The parser has keys in the order of the alphabet, people read from the top.
    reader
        .problems
        .sort_by_key(|problem| match &problem.origin {
            Origin::File(_, span) => span.start,
            _ => 0,
        });
    (reader.layer, reader.problems)
}

struct Reader<'f> {
    file: &'f Arc<ConfigFile>,
    layer: Layer,
    problems: Vec<Problem>,
    /// Whether what is read may be a secret, although it should not stand here.
    is_secret: bool,
}

impl Reader<'_> {
    fn section(&mut self, path: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            self.is_secret |= path.is_empty() && name.get_ref() == "secrets";
            let at = match path {
                "" => name.get_ref().to_string(),
                path => format!("{path}.{}", name.get_ref()),
            };
            // A dot in a quoted name is not one between names.
            let node = match name.get_ref().contains('.') {
                true => None,
                false => keys::at(&at),
            };
            match (node, value.get_ref()) {
                (None, _) => self.unknown(path, name.get_ref(), name.span()),
                (Some(Node::Key(kind)), _) => self.key(at, &kind, value),
                (Some(Node::Section), DeValue::Table(keys)) => {
                    if path == "profiles" {
                        self.layer
                            .profiles
                            .insert(name.get_ref().to_string(), self.origin(name.span()));
                    }
                    if path == ACCOUNTS {
                        self.layer.accounts.insert(name.get_ref().to_string());
                    }
                    self.section(&at, keys);
                }
                (Some(Node::Section), _) if path == "secrets" => self.problem(
                    value.span(),
                    format!("the secret `{}` stands in the file", name.get_ref()),
                    "a secret is never written here: give { env = \"VARIABLE\" } or { file = \"path\" }, \
                     and change the secret, which may have been read"
                        .to_owned(),
                ),
                (Some(Node::Section), _) => self.problem(
                    value.span(),
                    format!("`{at}` is a section, not a value"),
                    format!("write [{at}], and its keys below"),
                ),
            }
            self.is_secret &= !path.is_empty();
        }
    }

    fn key(&mut self, path: String, kind: &Kind, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        if let (Kind::Preopens, DeValue::Array(tables)) = (kind, value.get_ref()) {
            let preopens: Option<Vec<Preopen>> = tables
                .iter()
                .map(|table| self.preopen(&path, table))
                .collect();
            if let Some(preopens) = preopens {
                let value = Value::Preopens(preopens);
                let origin = self.origin(span);
                self.layer.entries.insert(path, Entry { value, origin });
            }
            return;
        }
        if let (Kind::Server, DeValue::Table(keys)) = (kind, value.get_ref()) {
            let server = self.server(keys);
            let entry = Entry {
                value: Value::Server(server),
                origin: self.origin(span),
            };
            self.layer.entries.insert(path, entry);
            return;
        }
        if let (Kind::Hosts, DeValue::Array(entries)) = (kind, value.get_ref()) {
            let hosts = entries.iter().map(|entry| self.host(&path, entry));
            if let Some(hosts) = hosts.collect() {
                let value = Value::Hosts(hosts);
                let origin = self.origin(span);
                self.layer.entries.insert(path, Entry { value, origin });
            }
            return;
        }
        let accepted = plain(value.get_ref()).and_then(|value| kind.accept(value));
        let value = match accepted {
            Some(Value::Path(path)) => Value::Path(self.file.directory.join(path)),
            Some(value) => value,
            None => {
                let found = self.file.text.get(span.clone()).unwrap_or_default();
                let what = match found.contains('\n') || self.is_secret {
                    true => format!("`{path}` cannot be this"),
                    false => format!("`{path}` cannot be {found}"),
                };
                return self.problem(span, what, format!("give {}", kind.wanted()));
            }
        };
        let origin = self.origin(span);
        self.layer.entries.insert(path, Entry { value, origin });
    }

    /// An entry of `allow_hosts`; nothing where it is wrong, and was told so.
    fn host(&mut self, path: &str, entry: &Spanned<DeValue<'_>>) -> Option<HostEntry> {
        let host = match entry.get_ref() {
            DeValue::String(host) => Some(HostEntry::new(host)),
            DeValue::Table(keys) => {
                if let Some(unknown) = keys
                    .keys()
                    .find(|key| !HOST_KEYS.contains(&&**key.get_ref()))
                {
                    let name: &str = unknown.get_ref();
                    let advice = format!("here go {}", HOST_KEYS.join(", "));
                    self.problem(unknown.span(), format!("unknown key `{name}`"), advice);
                    return None;
                }
                host_of(keys)
            }
            _ => None,
        };
        let Some(host) = host else {
            let found = self.file.text.get(entry.span()).unwrap_or_default();
            let advice = "give \"api.example.com:443\", or { host = \"db.internal:443\", addresses = [\"10.0.0.5\"] }";
            self.problem(
                entry.span(),
                format!("`{path}` cannot hold {found}"),
                advice.to_owned(),
            );
            return None;
        };
        match host.grant() {
            Ok(_) => Some(host),
            Err(error) => {
                let what = format!("`{}` is no host that can be granted", error.entry);
                self.problem(entry.span(), what, error.why);
                None
            }
        }
    }

    /// One of `[[preopen]]`; nothing where it is wrong, and was told so.
    fn preopen(&mut self, path: &str, table: &Spanned<DeValue<'_>>) -> Option<Preopen> {
        let DeValue::Table(keys) = table.get_ref() else {
            let wanted = Kind::Preopens.wanted();
            self.problem(
                table.span(),
                format!("`{path}` cannot be this"),
                format!("give {wanted}"),
            );
            return None;
        };
        let wrong = self.problems.len();
        let mut preopen = Preopen::new(PathBuf::new(), String::new());
        let mut missing = vec!["host", "guest"];
        for (name, value) in keys {
            let name_text: &str = name.get_ref();
            let kind = match name_text {
                "host" => Kind::Path,
                "guest" => Kind::Text,
                "access" => Kind::Choice(&ACCESS),
                "quota_mb" => Kind::Integer("MB", 0..=QUOTA_MB_MAX),
                "quota_files" => Kind::Integer("files", 0..=QUOTA_FILES_MAX),
                _ => {
                    let advice = match nearest(name_text, PREOPEN_KEYS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("here go {}", PREOPEN_KEYS.join(", ")),
                    };
                    self.problem(name.span(), format!("unknown key `{name_text}`"), advice);
                    continue;
                }
            };
            missing.retain(|key| *key != name_text);
            match plain(value.get_ref()).and_then(|value| kind.accept(value)) {
                Some(Value::Path(host)) => preopen.host = self.file.directory.join(host),
                Some(Value::Text(text)) if name_text == "guest" => preopen.guest = text,
                Some(Value::Text(text)) => preopen.access = text,
                Some(Value::Integer(number)) if name_text == "quota_mb" => {
                    preopen.quota_mb = number;
                }
                Some(Value::Integer(number)) => preopen.quota_files = number,
                _ => {
                    let found = self.file.text.get(value.span()).unwrap_or_default();
                    let what = format!("`{name_text}` of `{path}` cannot be {found}");
                    self.problem(value.span(), what, format!("give {}", kind.wanted()));
                }
            }
        }
        if let [first, ..] = missing.as_slice() {
            let what = format!("a `{path}` has no `{first}`");
            let advice = format!(
                "add {}",
                match *first {
                    "host" => "`host`, the directory that is granted",
                    _ => "`guest`, the code's name for it, such as \"/data\"",
                }
            );
            self.problem(table.span(), what, advice);
        }
        (self.problems.len() == wrong).then_some(preopen)
    }

    /// What `[servers.NAME]` says, as far as it is right.
    fn server(&mut self, keys: &DeTable<'_>) -> ServerEntry {
        let mut entry = serde_json::Map::new();
        for (name, value) in keys {
            let Some(mut json) = self.server_key(&SERVER_KEYS, name, value) else {
                continue;
            };
            let name: &str = name.get_ref();
            // As all paths in the file.
            if let ("cwd", Some(cwd)) = (name, json.as_str()) {
                json = self.file.directory.join(cwd).to_string_lossy().into();
            }
            if let ("tools", DeValue::Table(tools)) = (name, value.get_ref()) {
                json = self.exceptions(tools);
            }
            entry.insert(name.to_owned(), json);
        }
        ServerEntry(entry)
    }

    fn exceptions(&mut self, tools: &DeTable<'_>) -> Json {
        let mut exceptions = serde_json::Map::new();
        for (pattern, keys) in tools {
            let DeValue::Table(keys) = keys.get_ref() else {
                let what = format!("`{}` is no table", pattern.get_ref());
                let advice = "write [servers.NAME.tools.\"get_*\"], and its keys below";
                self.problem(keys.span(), what, advice.to_owned());
                continue;
            };
            let mut exception = serde_json::Map::new();
            for (name, value) in keys {
                if let Some(json) = self.server_key(&TOOL_KEYS, name, value) {
                    exception.insert(name.get_ref().to_string(), json);
                }
            }
            exceptions.insert(pattern.get_ref().to_string(), exception.into());
        }
        exceptions.into()
    }

    /// The value of one key of a server; nothing where it is wrong, and was told so.
    fn server_key(
        &mut self,
        known: &[ServerKey],
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Json> {
        let name_text = name.get_ref().as_ref();
        let Some(key) = known.iter().find(|key| key.name == name_text) else {
            let names = known.iter().map(|key| key.name);
            let advice = match nearest(name_text, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("here go {}", names.collect::<Vec<_>>().join(", ")),
            };
            self.problem(name.span(), format!("unknown key `{name_text}`"), advice);
            return None;
        };
        let json = as_json(value.get_ref()).filter(|json| key.fits(json));
        if json.is_none() {
            let what = format!("`{name_text}` cannot be this");
            self.problem(value.span(), what, format!("give {}", key.wanted));
        }
        json
    }

    fn unknown(&mut self, section: &str, name: &str, span: Range<usize>) {
        if section == "profiles" {
            return self.problem(
                span,
                format!("`{name}` cannot be the name of a profile"),
                "use small letters, digits and `_`, a letter first".to_owned(),
            );
        }
        if section == "secrets" {
            return self.problem(
                span,
                format!("`{name}` cannot be the name of a secret"),
                "use small letters, digits and `_`, a letter first".to_owned(),
            );
        }
        if section == keys::SERVERS {
            let what = format!("`{name}` cannot be the name of a server");
            let advice = "use letters, digits, `-` and `_`, a letter or a digit first";
            return self.problem(span, what, advice.to_owned());
        }
        let here = keys::names_in(section);
        let elsewhere = match keys::profile_keys().any(|key| key == name) {
            true => Some("profiles.NAME"),
            false => keys::section_with(name),
        };
        let advice = match (nearest(name, here.iter().copied()), elsewhere) {
            (Some(near), None) => format!("did you mean `{near}`?"),
            (_, Some(elsewhere)) => format!("it belongs under [{elsewhere}]"),
            (None, None) => format!("here go {}", here.join(", ")),
        };
        self.problem(span, format!("unknown key `{name}`"), advice);
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        Origin::File(self.file.clone(), span)
    }

    fn problem(&mut self, span: Range<usize>, what: String, advice: String) {
        // An excerpt would show the line, and with it the secret.
        if self.is_secret {
            let place = format!("{}:{}", self.file.name, self.file.line(span.start));
            let problem = Problem::general(format!("{place}: {what}"), advice);
            return self.problems.push(problem);
        }
        self.problems.push(Problem {
            origin: self.origin(span),
            what,
            advice,
        });
    }
}

/// A host with its addresses, if these keys are that.
fn host_of(keys: &DeTable<'_>) -> Option<HostEntry> {
    let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
    let addresses = match keys.get("addresses") {
        None => vec![],
        Some(addresses) => {
            let addresses = addresses.get_ref().as_array()?.iter().map(text);
            addresses
                .collect::<Option<Vec<_>>>()
                .filter(|all| !all.is_empty())?
        }
    };
    Some(HostEntry {
        host: text(keys.get("host")?)?,
        addresses,
    })
}

/// `value` without its place, if it is of a type that some key has.
fn plain(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => {
            Value::Integer(u64::from_str_radix(digits.as_str(), digits.radix()).ok()?)
        }
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Array(values) => Value::List(
            values
                .iter()
                .map(|value| value.get_ref().as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

/// `value` as JSON, for what is JSON elsewhere. Dates are none.
fn as_json(value: &DeValue<'_>) -> Option<Json> {
    Some(match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(digits) => {
            Json::from(i64::from_str_radix(digits.as_str(), digits.radix()).ok()?)
        }
        DeValue::Float(digits) => Json::from(digits.as_str().parse::<f64>().ok()?),
        DeValue::Boolean(yes) => Json::from(*yes),
        DeValue::Array(values) => {
            let values = values.iter().map(|value| as_json(value.get_ref()));
            values.collect::<Option<Vec<_>>>()?.into()
        }
        DeValue::Table(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| Some((name.get_ref().to_string(), as_json(value.get_ref())?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) => return None,
    })
}
