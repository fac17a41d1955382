//! Keys that the operator trusts.

use std::path::Path;
use std::time::SystemTime;

use chrono::DateTime;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{PublicKey, Signature, SignatureError};
use crate::document::Section;
use crate::manifest::Manifest;
use crate::operator::{OperatorError, OperatorFile};
use crate::permissions::{ENTRIES_MAX, Pattern};

/// How many keys may be trusted.
pub const KEYS_MAX: usize = 1_000;
/// The longest name of a key, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// A key that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// What the operator calls it.
    pub name: String,
    /// The key.
    pub public: PublicKey,
    /// Until when, as RFC 3339 has it; for ever where nothing is said.
    pub expires: Option<String>,
    /// The names of plugins that it is trusted for; all where it is empty.
    pub plugins: Vec<Pattern>,
}

impl TrustedKey {
    /// A time that cannot be read is over.
    fn is_over(&self, now: SystemTime) -> bool {
        let Some(expires) = &self.expires else {
            return false;
        };
        let time = DateTime::parse_from_rfc3339(expires).map(SystemTime::from);
        !time.is_ok_and(|time| time > now)
    }
}

/// What came of looking at a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is none.
    Unsigned,
    /// It is right, by a key that is not trusted, for this reason.
    Untrusted(SignatureError),
    /// It is right, by this key.
    Trusted(TrustedKey),
}

/// The keys that are trusted, as they stood in the file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFile {
    file: OperatorFile,
    keys: Vec<TrustedKey>,
}

impl TrustFile {
    /// Reads the file. Where there is none, nobody is trusted.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn read(path: &Path) -> Result<Self, OperatorError> {
        let file = OperatorFile::new(path);
        let (_, keys) = file.read(all)?;
        Ok(Self { file, keys })
    }

    /// All keys.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Trusts a key, in place of what was written of it.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn trust(&mut self, key: &TrustedKey) -> Result<(), OperatorError> {
        self.keys = self.file.change(all, |text| {
            let mut document: DocumentMut = text.parse()?;
            let keys = document
                .entry("key")
                .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
            if let Some(keys) = keys.as_array_of_tables_mut() {
                keys.retain(|table| !is_of(table, key.public));
                keys.push(table(key));
            }
            Ok(document.to_string())
        })?;
        Ok(())
    }

    /// Trusts a key no longer; says whether it was trusted.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn distrust(&mut self, public: PublicKey) -> Result<bool, OperatorError> {
        let known = self.keys.len();
        self.keys = self.file.change(all, |text| {
            let mut document: DocumentMut = text.parse()?;
            if let Some(keys) = document
                .get_mut("key")
                .and_then(Item::as_array_of_tables_mut)
            {
                keys.retain(|table| !is_of(table, public));
            }
            Ok(document.to_string())
        })?;
        Ok(self.keys.len() < known)
    }

    /// Whether a plugin with this manifest and this text of a signature may be used.
    ///
    /// A signature of something else is refused whether or not one is required: somebody changed something.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn check(
        &self,
        manifest: &Manifest,
        signature: Option<&str>,
        require_signature: bool,
        now: SystemTime,
    ) -> Result<Verdict, SignatureError> {
        let Some(text) = signature else {
            return match require_signature {
                true => Err(SignatureError::Unsigned),
                false => Ok(Verdict::Unsigned),
            };
        };
        let signature = Signature::parse("the signature", text)?;
        signature.check(manifest)?;
        match self.trusted(manifest, signature.key(), now) {
            Ok(key) => Ok(Verdict::Trusted(key.clone())),
            Err(error) if require_signature => Err(error),
            Err(error) => Ok(Verdict::Untrusted(error)),
        }
    }

    fn trusted(
        &self,
        manifest: &Manifest,
        public: PublicKey,
        now: SystemTime,
    ) -> Result<&TrustedKey, SignatureError> {
        let key = self.keys.iter().find(|key| key.public == public);
        let key = key.ok_or(SignatureError::Untrusted(public))?;
        if key.is_over(now) {
            return Err(SignatureError::Expired {
                name: key.name.clone(),
                key: public,
                expires: key.expires.clone().unwrap_or_default(),
            });
        }
        let name = manifest.name().as_str();
        if !key.plugins.is_empty() && !key.plugins.iter().any(|plugins| plugins.matches(name)) {
            let plugins: Vec<String> = key.plugins.iter().map(Pattern::to_string).collect();
            return Err(SignatureError::Elsewhere {
                name: key.name.clone(),
                key: public,
                plugins: plugins.join(", "),
            });
        }
        Ok(key)
    }
}

fn all(root: &mut Section<'_, '_>) -> Option<Vec<TrustedKey>> {
    let keys = root.sections("key", KEYS_MAX, |section| {
        let name = section.needed("name", "a name for the key", |text| {
            match !text.is_empty()
                && text.len() <= NAME_BYTES_MAX
                && !text.contains(char::is_control)
            {
                true => Ok(text.to_owned()),
                false => Err(format!("it has 1 to {NAME_BYTES_MAX} bytes, in one line")),
            }
        });
        let public = section.needed("public", "the public key, such as \"ed25519:…\"", |text| {
            PublicKey::parse(text).ok_or_else(String::new)
        });
        let expires = section.text(
            "expires",
            "a time, such as \"2027-01-01T00:00:00Z\"",
            |text| {
                DateTime::parse_from_rfc3339(text).map_err(|_| String::new())?;
                Ok(text.to_owned())
            },
        );
        let plugins = section.texts(
            "plugins",
            "names of plugins, such as \"web-*\"",
            ENTRIES_MAX,
            Pattern::parse,
        );
        Some(TrustedKey {
            name: name?,
            public: public?,
            expires,
            plugins,
        })
    });
    for (index, key) in keys.iter().enumerate() {
        if keys
            .iter()
            .take(index)
            .any(|other| other.public == key.public)
        {
            root.problem_at(
                "key",
                format!("{} stands here twice", key.public),
                "leave one of them out",
            );
        }
    }
    Some(keys)
}

fn is_of(table: &Table, public: PublicKey) -> bool {
    table.get("public").and_then(Item::as_str) == Some(&public.to_string())
}

fn table(key: &TrustedKey) -> Table {
    let mut table = Table::new();
    table.insert("name", value(key.name.as_str()));
    table.insert("public", value(key.public.to_string()));
    if let Some(expires) = &key.expires {
        table.insert("expires", value(expires.as_str()));
    }
    if !key.plugins.is_empty() {
        let plugins: Array = key.plugins.iter().map(Pattern::to_string).collect();
        table.insert("plugins", value(plugins));
    }
    table
}
