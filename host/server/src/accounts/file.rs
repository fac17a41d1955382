//! `tokens.toml`: the tokens that were issued, without their secrets. Commands write it, and a host that runs
//! sees each change.

use std::{path::Path, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};
use vesicle_plugins::{
    document::Section,
    operator::{OperatorError, OperatorFile},
};

use super::{TokenHash, TokenId, is_account_name};
use crate::config::is_profile_name;

/// How many tokens there may be.
pub const TOKENS_MAX: usize = 10_000;
/// How many tokens one account may have.
pub const ACCOUNT_TOKENS_MAX: usize = 100;

/// A token that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// What names it.
    pub id: TokenId,
    /// Whose it is.
    pub account: String,
    /// The profile of an account that the configuration does not describe.
    pub profile: Option<String>,
    /// What is kept of its secret.
    pub hash: TokenHash,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends; never where nothing is said.
    pub expires: Option<DateTime<Utc>>,
}

impl IssuedToken {
    /// Whether it has ended.
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.expires
            .is_some_and(|expires| SystemTime::from(expires) <= now)
    }
}

/// The tokens, as they stood in the file when it was read.
#[derive(Debug, Clone)]
pub struct TokensFile {
    file: OperatorFile,
    tokens: Vec<IssuedToken>,
}

impl TokensFile {
    /// Reads the file. Where there is none, there are no tokens.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn read(path: &Path) -> Result<Self, OperatorError> {
        let file = OperatorFile::new(path);
        let (_, tokens) = file.read(all)?;
        Ok(Self { file, tokens })
    }

    /// All tokens, those that have ended too.
    pub fn tokens(&self) -> &[IssuedToken] {
        &self.tokens
    }

    /// The token of this id.
    pub fn find(&self, id: &TokenId) -> Option<&IssuedToken> {
        self.tokens.iter().find(|token| token.id == *id)
    }

    /// Adds a token, on top of what others wrote meanwhile.
    ///
    /// # Errors
    /// See [`OperatorError`]; also when its account has [`ACCOUNT_TOKENS_MAX`] already.
    pub fn add(&mut self, token: &IssuedToken) -> Result<(), OperatorError> {
        self.tokens = self.file.change(all, |text| {
            let mut document: DocumentMut = text.parse()?;
            let tokens = document
                .entry("token")
                .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
            if let Some(tokens) = tokens.as_array_of_tables_mut() {
                tokens.push(table(token));
            }
            Ok(document.to_string())
        })?;
        Ok(())
    }

    /// Takes the tokens away that `is_meant` chooses, and says which they were.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn revoke(
        &mut self,
        is_meant: impl Fn(&IssuedToken) -> bool,
    ) -> Result<Vec<IssuedToken>, OperatorError> {
        let (gone, kept): (Vec<_>, Vec<_>) = self.tokens.iter().cloned().partition(&is_meant);
        if gone.is_empty() {
            return Ok(gone);
        }
        let ids: Vec<String> = gone.iter().map(|token| token.id.to_string()).collect();
        self.tokens = kept;
        self.tokens = self.file.change(all, |text| {
            let mut document: DocumentMut = text.parse()?;
            let tokens = document.get_mut("token");
            if let Some(tokens) = tokens.and_then(Item::as_array_of_tables_mut) {
                let id = |table: &Table| table.get("id").and_then(Item::as_str).map(str::to_owned);
                tokens.retain(|table| id(table).is_none_or(|id| !ids.contains(&id)));
            }
            Ok(document.to_string())
        })?;
        Ok(gone)
    }
}

fn all(root: &mut Section<'_, '_>) -> Option<Vec<IssuedToken>> {
    let name = |is_name: fn(&str) -> bool| {
        move |text: &str| match is_name(text) {
            true => Ok(text.to_owned()),
            false => Err("it has lower-case letters, digits and `_`, a letter first".to_owned()),
        }
    };
    let tokens = root.sections("token", TOKENS_MAX, |section| {
        let id = section.needed("id", "the token's id", |text| {
            TokenId::parse(text).ok_or_else(String::new)
        });
        let account = section.needed("account", "the name of an account", name(is_account_name));
        let profile = section.text("profile", "the name of a profile", name(is_profile_name));
        let hash = section.needed(
            "hash",
            "an Argon2id hash, such as \"$argon2id$…\"",
            |text| TokenHash::parse(text).ok_or_else(String::new),
        );
        let created = section.needed("created", TIME, time);
        let expires = section.text("expires", TIME, time);
        Some(IssuedToken {
            id: id?,
            account: account?,
            profile,
            hash: hash?,
            created: created?,
            expires,
        })
    });
    for (index, token) in tokens.iter().enumerate() {
        let before = tokens.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.id == token.id) {
            let what = format!("the token {} stands here twice", token.id);
            root.problem_at("token", what, "leave one of them out");
        }
        let of_account = before.iter().filter(|other| other.account == token.account);
        if of_account.count() == ACCOUNT_TOKENS_MAX {
            root.problem_at(
                "token",
                format!(
                    "`{}` has more than {ACCOUNT_TOKENS_MAX} tokens",
                    token.account
                ),
                "revoke some with `vesicle token revoke`",
            );
        }
    }
    Some(tokens)
}

const TIME: &str = "a time, such as \"2027-01-01T00:00:00Z\"";

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| String::new())
}

fn table(token: &IssuedToken) -> Table {
    let time = |time: DateTime<Utc>| value(time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut table = Table::new();
    table.insert("id", value(token.id.to_string()));
    table.insert("account", value(token.account.as_str()));
    if let Some(profile) = &token.profile {
        table.insert("profile", value(profile.as_str()));
    }
    table.insert("hash", value(token.hash.to_string()));
    table.insert("created", time(token.created));
    if let Some(expires) = token.expires {
        table.insert("expires", time(expires));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::NewToken;

    fn issued(account: &str) -> IssuedToken {
        let new = NewToken::make().unwrap();
        IssuedToken {
            id: new.text.id().clone(),
            account: account.to_owned(),
            profile: Some("restrictive".to_owned()),
            hash: new.hash,
            created: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            expires: DateTime::from_timestamp(1_900_000_000, 0),
        }
    }

    #[test]
    fn what_is_added_can_be_read_and_revoked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.toml");
        let mut file = TokensFile::read(&path).unwrap();
        assert_eq!(file.tokens(), []);
        let (one, other) = (issued("ci"), issued("desk"));
        file.add(&one).unwrap();
        // Another process, which read the file before that.
        TokensFile::read(&path).unwrap().add(&other).unwrap();
        let mut file = TokensFile::read(&path).unwrap();
        assert_eq!(file.tokens(), [one.clone(), other.clone()]);
        assert_eq!(file.find(&other.id), Some(&other));
        let gone = file.revoke(|token| token.account == "ci").unwrap();
        assert_eq!(gone, [one]);
        assert_eq!(TokensFile::read(&path).unwrap().tokens(), [other]);
    }

    #[test]
    fn a_token_is_over_when_its_time_comes() {
        let token = issued("ci");
        let expires = SystemTime::from(token.expires.unwrap());
        assert!(!token.is_over(expires - std::time::Duration::from_secs(1)));
        assert!(token.is_over(expires));
        let for_ever = IssuedToken {
            expires: None,
            ..token
        };
        assert!(!for_ever.is_over(expires));
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_and_nothing_of_it_holds() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.toml");
        let token = issued("ci");
        let mut file = TokensFile::read(&path).unwrap();
        file.add(&token).unwrap();
        let right = std::fs::read_to_string(&path).unwrap();
        for (wrong, told) in [
            (
                right.replace("account = \"ci\"", "account = \"../ci\""),
                "account",
            ),
            (right.replace("$argon2id$", "$argon2i$"), "hash"),
            (right.replace("created", "made"), "made"),
            (format!("{right}\n{right}"), "twice"),
        ] {
            std::fs::write(&path, &wrong).unwrap();
            let error = TokensFile::read(&path).unwrap_err().to_string();
            assert!(error.contains(told), "{told}: {error}");
        }
    }

    #[test]
    fn an_account_has_so_many_tokens_at_most() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.toml");
        let mut file = TokensFile::read(&path).unwrap();
        let mut token = issued("ci");
        for number in 0..ACCOUNT_TOKENS_MAX {
            token.id = TokenId::parse(&format!("{number:016x}")).unwrap();
            file.add(&token).unwrap();
        }
        token.id = TokenId::parse("ffffffffffffffff").unwrap();
        let error = file.add(&token).unwrap_err().to_string();
        assert!(error.contains("more than 100 tokens"), "{error}");
        token.account = "desk".to_owned();
        file.add(&token).unwrap();
    }
}
