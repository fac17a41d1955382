//! Who may use a host over the network: accounts, which the configuration describes, and tokens that show
//! whose account a request is of.

mod authority;
mod file;
mod lockout;
pub mod oauth;
mod token;

pub use authority::{Authority, Refusal};
pub use file::{ACCOUNT_TOKENS_MAX, IssuedToken, TokensFile};
pub use lockout::{FAILURES_FREE, LOCKOUT_MAX, Lockout};
pub use token::{NewToken, TokenError, TokenHash, TokenId, TokenText};

/// How many calls one account may have under way at once, unless its configuration says otherwise.
pub const CALLS_AT_ONCE_DEFAULT: u64 = 64;
/// How many calls one account may send in a minute, unless its configuration says otherwise.
pub const CALLS_PER_MINUTE_DEFAULT: u64 = 600_000;

/// What an account may do. What is not said here is as for everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The profile of its calls that name none, and the ceiling of the others; that of all where nothing is said.
    pub profile: Option<String>,
    /// The domains of its memory that its programs see; those of all where nothing is said.
    pub memory: Option<Vec<String>>,
    /// How many of its calls may be under way at once.
    pub calls_at_once: u64,
    /// How many calls it may send in a minute.
    pub calls_per_minute: u64,
    /// Whether it sees what the whole host does, and may grant what plugins ask for.
    pub admin: bool,
    /// Who has it among those that the issuer of OAuth tokens knows.
    pub subjects: Vec<String>,
}

/// Whose request was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The name of the account.
    pub account: String,
    /// The profile of an account that the configuration does not describe.
    pub profile: Option<String>,
    /// The profile in place of the account's own, where the token was given less. It is then no admin's either.
    pub narrowed: Option<String>,
}

impl From<IssuedToken> for Admitted {
    fn from(token: IssuedToken) -> Self {
        Self {
            account: token.account,
            profile: token.profile,
            narrowed: None,
        }
    }
}

impl Account {
    /// One that nothing is said of.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            profile: None,
            memory: None,
            calls_at_once: CALLS_AT_ONCE_DEFAULT,
            calls_per_minute: CALLS_PER_MINUTE_DEFAULT,
            admin: false,
            subjects: Vec::new(),
        }
    }
}

/// Whether an account may have this name. It becomes part of file names and of keys.
pub fn is_account_name(name: &str) -> bool {
    const NAME_BYTES_MAX: usize = 64;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(is_part)
}
