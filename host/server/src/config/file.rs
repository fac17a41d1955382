//! The configuration file: where it is looked for, and what it says.

use std::{
    fs::File,
    io::{self, Read as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy as _;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    keys::{self, Kind, Node},
    layer::Layer,
    preopens::{ACCESS, PREOPEN_KEYS, Preopen, QUOTA_FILES_MAX, QUOTA_MB_MAX},
    problem::{Problem, nearest},
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
    let users = etcetera::choose_base_strategy()
        .ok()
        .map(|user| user.config_dir().join("vesicle").join(FILE_NAME));
    [PathBuf::from(FILE_NAME)]
        .into_iter()
        .chain(users)
        .collect()
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
        let here = keys::names_in(section);
        let elsewhere = match keys::profile_keys().any(|key| key == name) {
            true => Some("profiles.NAME"),
            false => keys::section_with(name),
        };
        let advice = match (nearest(name, here.iter().copied()), elsewhere) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(elsewhere)) => format!("it belongs under [{elsewhere}]"),
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
