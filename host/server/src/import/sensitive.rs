//! Which texts of a definition are secrets. A guess, and one that rather takes too much: a text that is no secret works
//! as one, but a secret in a file that others read does not become one again.

use std::path::Path;

use crate::secrets::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};

/// What names of secrets have as a word.
const WORDS: [&str; 16] = [
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "dsn",
    "key",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pat",
    "secret",
    "token",
];
/// What tokens of well-known services begin with.
const BEGINNINGS: [&str; 22] = [
    "AIza",
    "AKIA",
    "ASIA",
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hf_",
    "lin_api_",
    "ntn_",
    "npm_",
    "pk_live_",
    "rk_live_",
    "secret_",
    "sk-",
    "sk_live_",
    "xapp-",
    "xoxb-",
    "xoxp-",
];
/// From here on a text without spaces that has letters and digits is taken for a token.
const TOKEN_BYTES_MIN: usize = 24;

/// Whether `text` can be a secret at all.
pub fn fits(text: &str) -> bool {
    (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&text.len())
}

/// Whether something of this name is mostly a secret.
pub fn is_named_so(name: &str) -> bool {
    let mut words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase);
    words.any(|word| {
        let singular = word.strip_suffix('s').unwrap_or(&word);
        let ends = ["token", "secret", "password", "apikey"];
        WORDS.contains(&&*word)
            || WORDS.contains(&singular)
            || ends.iter().any(|end| word.ends_with(end))
    })
}

/// Whether this text is one, whatever its name.
pub fn looks_so(text: &str) -> bool {
    BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning))
        || has_password(text)
}

/// Whether the value of a variable or a header of this name is one.
pub fn is_secret(name: &str, text: &str) -> bool {
    if looks_so(text) {
        return true;
    }
    if is_ordinary(name, text) {
        return false;
    }
    is_named_so(name) || is_random(text)
}

/// A place, an address, or a switch.
fn is_ordinary(name: &str, text: &str) -> bool {
    let begins = ["/", "./", "../", "~/"];
    let is_place = begins.iter().any(|begin| text.starts_with(begin));
    // One secret in 64 in base64 begins with a slash.
    is_place && (!is_named_so(name) || Path::new(text).exists())
        || text.starts_with("https://")
        || text.starts_with("http://")
        || text.parse::<f64>().is_ok()
        || matches!(text, "true" | "false" | "production" | "development")
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    user.split_once(':')
        .is_some_and(|(_, password)| !password.is_empty())
}

fn is_random(text: &str) -> bool {
    let of_tokens = |c: char| c.is_ascii_alphanumeric() || "-_+/=.:".contains(c);
    text.len() >= TOKEN_BYTES_MIN
        && text.chars().all(of_tokens)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_settings() {
        for (name, text) in [
            ("GITHUB_PERSONAL_ACCESS_TOKEN", "whatever1"),
            ("OPENAI_APIKEY", "short-one"),
            ("SLACK", "xoxb-12345678"),
            ("DATABASE_URL", "postgres://me:hunter2@db/x"),
            ("X", "4f3c2a1b0d9e8f7a6b5c4d3e2f1a"),
            ("x-api-key", "abcdefgh"),
        ] {
            assert!(is_secret(name, text), "{name}");
        }
        for (name, text) in [
            ("LOG_LEVEL", "debug"),
            ("HOME_DIR", "/home/me/notes-of-2026"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/hostname"),
            ("BASE_URL", "https://api.example.com/v1"),
            ("MONKEY", "banana-banana"),
            ("TOKEN_LIMIT", "100000000"),
            ("DATABASE_URL", "postgres://db/x"),
        ] {
            assert!(!is_secret(name, text), "{name}");
        }
    }
}
