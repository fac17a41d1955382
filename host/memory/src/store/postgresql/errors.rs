//! What errors of the server, and of the way to it, mean for whoever uses the memory. None of them has the password.

use std::error::Error as _;

use deadpool::managed::{PoolError, TimeoutType};
use tokio_postgres::error::{DbError, SqlState};

use super::{
    BUSY_TIMEOUT, CONNECT_TIMEOUT, CONNECTIONS_MAX, CONNECTIONS_SHARE_MAX, PostgresUrl,
    STATEMENT_TIMEOUT,
};
use crate::Error;

/// No connection could be had.
pub fn link_failed(url: &PostgresUrl, error: &PoolError<tokio_postgres::Error>) -> Error {
    match error {
        PoolError::Backend(error) => server_failed(url, error),
        PoolError::Timeout(TimeoutType::Wait) => Error::Unavailable(format!(
            "all {CONNECTIONS_MAX} connections to PostgreSQL were in use for {} s; send it again",
            BUSY_TIMEOUT.as_secs()
        )),
        PoolError::Timeout(_) => away(
            url,
            &format!("it did not answer within {} s", CONNECT_TIMEOUT.as_secs()),
        ),
        other => away(url, &other.to_string()),
    }
}

/// Whoever asks has as many connections as it may have, and none became free.
pub fn share_is_used_up() -> Error {
    Error::Unavailable(format!(
        "all {CONNECTIONS_SHARE_MAX} connections to PostgreSQL that one memory may have were in use for {} s; send it again",
        BUSY_TIMEOUT.as_secs()
    ))
}

/// A statement failed, or the connection beneath it.
pub fn server_failed(url: &PostgresUrl, error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(said) => said_by_server(url, said),
        None => {
            let cause = error.source().map(ToString::to_string);
            unreached(url, &cause.unwrap_or_else(|| error.to_string()))
        }
    }
}

/// The error, or that the connection is gone, which says more than what it led to.
pub fn closed_or(url: &PostgresUrl, is_closed: bool, error: impl FnOnce() -> Error) -> Error {
    match error() {
        Error::Store(cause) if is_closed => away(url, &cause),
        error => error,
    }
}

/// The server took a statement and says nothing.
pub fn unanswered(url: &PostgresUrl) -> Error {
    away(url, "it does not answer")
}

fn said_by_server(url: &PostgresUrl, said: &DbError) -> Error {
    let (user, database) = (url.user(), url.database());
    let message = said.message();
    let code = said.code();
    if [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    ]
    .contains(code)
    {
        return Error::Unavailable(format!(
            "PostgreSQL does not let the user {user} in ({message}); look at the user and the password in `memory.url`, and at the \
             server's pg_hba.conf"
        ));
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return Error::Unavailable(format!(
            "PostgreSQL has no database {database}; make it with `createdb {database}`, or name another in `memory.url`"
        ));
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return Error::Unavailable(format!(
            "PostgreSQL does not allow this to the user {user} ({message}); give it CREATE on the database {database}, or the schema \
             vesicle_memory"
        ));
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return Error::Unavailable(format!(
            "the database at {url} cannot be written ({message}); name the primary server in `memory.url`"
        ));
    }
    if [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
    {
        let seconds = BUSY_TIMEOUT.as_secs();
        return Error::Busy { seconds };
    }
    if *code == SqlState::QUERY_CANCELED {
        return Error::Unavailable(format!(
            "PostgreSQL broke off a statement after {} s; send it again, or ask for less",
            STATEMENT_TIMEOUT.as_secs()
        ));
    }
    if *code == SqlState::DISK_FULL {
        return Error::Full;
    }
    if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) {
        return Error::Damaged(message.to_owned());
    }
    // 08: the connection; 53: what the server has is used up; 57P: it stops, starts or recovers.
    if ["08", "53", "57P"]
        .iter()
        .any(|class| code.code().starts_with(class))
    {
        return away(url, message);
    }
    Error::Store(format!("{message} ({})", code.code()))
}

fn unreached(url: &PostgresUrl, cause: &str) -> Error {
    if cause.to_lowercase().contains("certificate") {
        return Error::Unavailable(format!(
            "the certificate of PostgreSQL at {url} is not trusted ({cause}); name its issuer's with sslrootcert=FILE in `memory.url`, or \
             write sslmode=disable where nobody can listen"
        ));
    }
    if cause.contains("password missing") {
        return Error::Unavailable(format!(
            "PostgreSQL wants a password of the user {}; write it in `memory.url`",
            url.user()
        ));
    }
    away(url, cause)
}

fn away(url: &PostgresUrl, cause: &str) -> Error {
    Error::Unavailable(format!(
        "PostgreSQL at {url} is not there now ({cause}); what was not acknowledged may be sent again, and nothing has to be restarted \
         once it is back"
    ))
}
