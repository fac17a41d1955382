//! Secrets of the operator: values that stay on the host's side, and are taken out of whatever
//! leaves it.
//!
//! A secret is found by its value, as it is and in the encodings that turn up in practice. Who has a
//! secret and wants to tell it can always write it in a way that is not among them. So this is for
//! accidents; what keeps secrets from guests is that they never get them.

mod forms;
mod outcome;
mod redact;

use std::{fmt, sync::Arc};

use redact::Redactor;

pub use redact::Redacted;

/// The shortest secret, in bytes. A shorter one would be found in texts that have nothing to do with
/// it.
pub const SECRET_BYTES_MIN: usize = 8;
/// The longest secret, in bytes.
pub const SECRET_BYTES_MAX: usize = 16 << 10;

/// A value that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    name: String,
    value: String,
}

/// Why a value cannot be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It would be found everywhere.
    #[error(
        "it is {0} bytes long, and a secret has at least {SECRET_BYTES_MIN}: a shorter one would be \
         found in texts that have nothing to do with it"
    )]
    TooShort(usize),
    /// It is no secret but a document.
    #[error("it is longer than {SECRET_BYTES_MAX} bytes")]
    TooLong,
}

impl Secret {
    /// A secret, as its name and its value.
    ///
    /// # Errors
    /// The value is too short to be told from other text, or too long.
    pub fn new(name: String, value: String) -> Result<Self, SecretError> {
        match value.len() {
            bytes if bytes < SECRET_BYTES_MIN => Err(SecretError::TooShort(bytes)),
            bytes if bytes > SECRET_BYTES_MAX => Err(SecretError::TooLong),
            _ => Ok(Self { name, value }),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[secret {}]", self.name)
    }
}

/// All secrets of a process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Option<Arc<Known>>);

#[derive(Debug)]
struct Known {
    secrets: Vec<Secret>,
    redactor: Redactor,
}

impl Secrets {
    /// These, which from now on can be taken out of texts.
    ///
    /// # Errors
    /// There are too many of them to search for.
    pub fn new(secrets: Vec<Secret>) -> Result<Self, aho_corasick::BuildError> {
        if secrets.is_empty() {
            return Ok(Self::default());
        }
        let redactor = Redactor::new(&secrets)?;
        Ok(Self(Some(Arc::new(Known { secrets, redactor }))))
    }

    /// The value of the secret with this name, for use on the host's side.
    pub fn value(&self, name: &str) -> Option<&str> {
        let known = self.0.as_ref()?;
        let secret = known.secrets.iter().find(|secret| secret.name == name)?;
        Some(&secret.value)
    }

    /// `text`, with `[secret NAME]` in place of each secret.
    pub fn redact(&self, text: String) -> String {
        match &self.0 {
            Some(known) => known.redactor.text(&text).map_or(text, String::from),
            None => text,
        }
    }

    /// The same for JSON, which it stays.
    pub fn redact_json(&self, json: String) -> String {
        match &self.0 {
            Some(known) => known.redactor.json(&json).unwrap_or(json),
            None => json,
        }
    }

    /// A writer that takes secrets out of what passes.
    pub fn writer<W: std::io::Write>(&self, to: W) -> Redacted<W> {
        Redacted::new(self.clone(), to)
    }

    fn redactor(&self) -> Option<&Redactor> {
        Some(&self.0.as_ref()?.redactor)
    }
}

/// For what hosts answer that got a secret.
impl vesicle_sandbox::Redact for Secrets {
    fn redact(&self, bytes: Vec<u8>) -> Vec<u8> {
        match self.redactor() {
            Some(redactor) => redactor.bytes(bytes),
            None => bytes,
        }
    }
}
