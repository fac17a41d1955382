//! Names of components elsewhere.

use std::fmt;

use reqwest::Url;

use crate::digest::Digest;

/// The longest name of a source, in bytes.
const SOURCE_BYTES_MAX: usize = 2_048;

/// Where a component is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `https://host/path#blake3=HEX`.
    Https {
        /// Without the digest.
        url: Url,
        /// The component's digest.
        digest: Digest,
    },
    /// `oci://registry/name@sha256:HEX`.
    Oci {
        /// The registry.
        origin: Origin,
        /// The repository's name.
        name: String,
        /// The digest of the artifact's manifest, in hexadecimal digits.
        sha256: String,
    },
}

/// A registry: always by TLS, but for one on this machine that is named as `oci+http://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// The address of something in it.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Whether requests go in the clear.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }
}

/// A text that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no component: {why}")]
pub struct SourceError {
    /// The text.
    pub text: String,
    /// Why not, and what is right.
    pub why: String,
}

impl Source {
    /// Whether a text is meant as a source, and not as a path.
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads a source.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        read(text).map_err(|why| SourceError {
            text: shown(text),
            why,
        })
    }
}

/// A text as messages may have it: without a password, and without what acts on a terminal.
fn shown(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 300;
    let mut text = text.to_owned();
    if let Ok(mut url) = Url::parse(&text)
        && url.password().is_some()
        && url.set_password(Some("...")).is_ok()
    {
        text = url.to_string();
    }
    text.chars()
        .take(SHOWN_CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect()
}

fn read(text: &str) -> Result<Source, String> {
    if text.len() > SOURCE_BYTES_MAX {
        return Err(format!("it is longer than {SOURCE_BYTES_MAX} bytes"));
    }
    match text.split_once("://") {
        Some(("https", _)) => https(text),
        Some(("oci", rest)) => oci("https", rest),
        Some(("oci+http", rest)) => oci("http", rest),
        _ => Err("it begins neither with `oci://` nor with `https://`".to_owned()),
    }
}

fn https(text: &str) -> Result<Source, String> {
    let mut url = Url::parse(text).map_err(|error| error.to_string())?;
    let digits = url
        .fragment()
        .and_then(|fragment| fragment.strip_prefix("blake3="));
    let digest = digits.and_then(Digest::from_hex).ok_or(
        "it has to end in `#blake3=` and the component's digest, 64 small hexadecimal digits",
    )?;
    url.set_fragment(None);
    no_user(&url)?;
    Ok(Source::Https { url, digest })
}

fn oci(scheme: &str, rest: &str) -> Result<Source, String> {
    let wanted = "it is `oci://registry/name@sha256:` and 64 small hexadecimal digits";
    let (place, digest) = rest.split_once('@').ok_or_else(|| {
        format!("a tag can come to mean something else, so the digest has to be named: {wanted}")
    })?;
    let (registry, name) = place.split_once('/').ok_or(wanted)?;
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let sha256 = digest
        .strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64 && digits.bytes().all(is_digit))
        .ok_or(wanted)?;
    let is_of_names = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-".contains(&c);
    let is_part = |part: &str| {
        part.bytes().all(is_of_names) && part.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    if !name.split('/').all(is_part) {
        return Err(format!(
            "`{name}` is no name in a registry: small letters, digits, `.`, `_`, `-` and `/`"
        ));
    }
    let origin =
        Url::parse(&format!("{scheme}://{registry}")).map_err(|error| error.to_string())?;
    no_user(&origin)?;
    if scheme == "http" && !is_loopback(&origin) {
        return Err(
            "`oci+http://` is for registries on this machine; all others need `oci://`".to_owned(),
        );
    }
    if origin.path() != "/" || origin.query().is_some() || origin.fragment().is_some() {
        return Err(wanted.to_owned());
    }
    Ok(Source::Oci {
        origin: Origin(origin),
        name: name.to_owned(),
        sha256: sha256.to_owned(),
    })
}

fn no_user(url: &Url) -> Result<(), String> {
    match url.username().is_empty() && url.password().is_none() {
        true => Ok(()),
        false => {
            Err("it names a user or a password, which would be written down with it".to_owned())
        }
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Https { url, digest } => write!(f, "{url}#blake3={}", digest.hex()),
            Self::Oci {
                origin,
                name,
                sha256,
            } => {
                let scheme = if origin.is_plain() { "oci+http" } else { "oci" };
                let host = origin.0.host_str().unwrap_or_default();
                let port = origin
                    .0
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                write!(f, "{scheme}://{host}{port}/{name}@sha256:{sha256}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_one_form() {
        let digits = "0123456789abcdef".repeat(4);
        for (text, form) in [
            (format!("https://example.com/a.wasm#blake3={digits}"), None),
            (
                format!("https://example.com:8443/a?b=c#blake3={digits}"),
                None,
            ),
            (format!("oci://ghcr.example/org/name@sha256:{digits}"), None),
            (
                format!("oci+http://127.0.0.1:5000/name@sha256:{digits}"),
                None,
            ),
            (format!("oci+http://[::1]:5000/name@sha256:{digits}"), None),
            (
                format!("oci://Example.COM:443/a@sha256:{digits}"),
                Some(format!("oci://example.com/a@sha256:{digits}")),
            ),
        ] {
            assert_eq!(
                Source::parse(&text).unwrap().to_string(),
                form.unwrap_or(text)
            );
        }
    }

    #[test]
    fn what_names_none_is_told_with_what_is_right() {
        let digits = "0123456789abcdef".repeat(4);
        let told: Vec<String> = [
            "plugin.wasm",
            "http://example.com/a#blake3=D",
            "https://example.com/a",
            "https://example.com/a#sha256=D",
            "https://example.com/a#blake3=D0",
            "https://me:secret@example.com/a#blake3=D",
            "https:///#blake3=D",
            "oci://example.com/a",
            "oci://example.com/a:latest",
            "oci://example.com/a@sha512:D",
            "oci://example.com/a@sha256:D0",
            "oci://example.com@sha256:D",
            "oci://example.com/../a@sha256:D",
            "oci://example.com/A@sha256:D",
            "oci://example.com?/a@sha256:D",
            "oci+http://example.com/a@sha256:D",
            "oci+http://127.0.0.1.example.com/a@sha256:D",
        ]
        .into_iter()
        .map(|text| {
            Source::parse(&text.replace('D', &digits))
                .unwrap_err()
                .to_string()
                .replace(&digits, "D")
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
