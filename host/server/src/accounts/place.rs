//! Where tokens are kept: in a file of this machine, or in the database that hosts share.

use std::{fmt, path::PathBuf};

use vesicle_memory::database::PostgresUrl;
use vesicle_plugins::operator::OperatorError;

use super::{ACCOUNT_TOKENS_MAX, IssuedToken, TokenId, TokensFile, table};
use crate::shared::Shared;

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// In a file.
    File(PathBuf),
    /// In the database of the memory.
    Database(PostgresUrl),
}

impl fmt::Display for TokenPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Database(url) => url.fmt(f),
        }
    }
}

/// Why tokens are not known, or were not changed.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file is wrong, or cannot be read or written.
    #[error(transparent)]
    File(#[from] OperatorError),
    /// The database does not do what it should.
    #[error(transparent)]
    Database(#[from] vesicle_memory::Error),
    /// What stands in the database is no token.
    #[error("the token {0} in the database is damaged; revoke it with `vesicle token revoke {0}`")]
    Damaged(String),
    /// The database has not answered since the host was started.
    #[error("the database with the tokens has not answered yet")]
    Unasked,
    /// The database has not answered for too long to go by what was last known.
    #[error("the database with the tokens has not answered for {seconds} s")]
    Stale {
        /// How long.
        seconds: u64,
    },
    /// The account has enough.
    #[error(
        "`{0}` has {ACCOUNT_TOKENS_MAX} tokens, and that is the most; revoke some with `vesicle token revoke`"
    )]
    AccountFull(String),
    /// There are enough.
    #[error("there are {0} tokens, and that is the most; revoke some with `vesicle token revoke`")]
    Full(usize),
}

impl TokenPlace {
    /// All tokens, those that have ended too.
    ///
    /// # Errors
    /// See [`TokensError`].
    pub fn read(&self) -> Result<Tokens, TokensError> {
        match self {
            Self::File(path) => Ok(Tokens(TokensFile::read(path)?.tokens().to_vec())),
            Self::Database(url) => Ok(table::all(&Shared::new(url))?.1),
        }
    }

    /// Adds a token.
    ///
    /// # Errors
    /// See [`TokensError`].
    pub fn add(&self, token: &IssuedToken) -> Result<(), TokensError> {
        match self {
            Self::File(path) => Ok(TokensFile::read(path)?.add(token)?),
            Self::Database(url) => table::add(&Shared::new(url), token),
        }
    }

    /// Takes the tokens away that `is_meant` chooses by their id and account, and gives their ids.
    ///
    /// # Errors
    /// See [`TokensError`].
    pub fn revoke(
        &self,
        is_meant: impl Fn(&str, &str) -> bool,
    ) -> Result<Vec<String>, TokensError> {
        match self {
            Self::File(path) => {
                let is_meant =
                    |token: &IssuedToken| is_meant(&token.id.to_string(), &token.account);
                let gone = TokensFile::read(path)?.revoke(is_meant)?;
                Ok(gone.iter().map(|token| token.id.to_string()).collect())
            }
            Self::Database(url) => table::revoke(&Shared::new(url), is_meant),
        }
    }
}

/// Tokens as they stood when they were read.
#[derive(Debug, Clone, Default)]
pub struct Tokens(pub(super) Vec<IssuedToken>);

impl Tokens {
    /// All of them, those that have ended too.
    pub fn tokens(&self) -> &[IssuedToken] {
        &self.0
    }

    /// The token of this id.
    pub fn find(&self, id: &TokenId) -> Option<&IssuedToken> {
        self.0.iter().find(|token| token.id == *id)
    }
}
