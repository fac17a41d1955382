//! Where a PostgreSQL memory is, as `memory.url` says it.

use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::pool::SharedPool;
use super::{CONNECT_TIMEOUT, KEEPALIVE_IDLE, UNANSWERED_MAX};
use crate::{Error, Result};

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const PORT: u16 = 5432;
/// The schema of a memory that is nobody's in particular.
const SCHEMA: &str = "vesicle_memory";

/// The address of a PostgreSQL database, with what is needed to enter. It is shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    // Large, and passed around with what is small.
    pub(super) config: Box<Config>,
    /// Certificates of those whose word is taken for who the server is; the system's without.
    pub(super) root_certificates: Option<PathBuf>,
    /// The schema that the tables are in.
    pub(super) schema: String,
    /// Clones share their connections, also those that are for another schema.
    pub(super) pool: SharedPool,
    place: String,
}

impl PostgresUrl {
    /// Whether a URL is meant for PostgreSQL.
    pub fn is_one(url: &str) -> bool {
        SCHEMES.iter().any(|scheme| url.starts_with(scheme))
    }

    /// The same database, for a memory of its own that only this account sees: in a schema of its own. The name has small
    /// letters, digits and `_`, which is the caller's to see to.
    pub fn of_account(&self, account: &str) -> Self {
        Self {
            schema: format!("{SCHEMA}_{account}"),
            ..self.clone()
        }
    }

    /// The same database, for tables that are no memory's, in a schema of their own. The name is a plain one, which is the
    /// caller's to see to.
    pub fn of_schema(&self, schema: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            ..self.clone()
        }
    }

    /// Whether a certificate may be asked for: not through a socket of this machine.
    pub(super) fn may_use_tls(&self) -> bool {
        let mut hosts = self.config.get_hosts().iter();
        self.config.get_ssl_mode() != SslMode::Disable
            && hosts.any(|host| matches!(host, Host::Tcp(_)))
    }

    pub(super) fn user(&self) -> &str {
        self.config.get_user().unwrap_or("of the system")
    }

    pub(super) fn database(&self) -> &str {
        let named = self.config.get_dbname();
        named.unwrap_or_else(|| self.user())
    }
}

impl FromStr for PostgresUrl {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        if !Self::is_one(url) {
            return Err(malformed());
        }
        let (address, options) = url.split_once('?').unwrap_or((url, ""));
        let mut root_certificates = None;
        let mut kept = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').ok_or_else(malformed)?;
            match (key, value) {
                ("sslrootcert", path) => {
                    let path = percent_encoding::percent_decode_str(path).decode_utf8();
                    root_certificates =
                        Some(PathBuf::from(path.map_err(|_| malformed())?.as_ref()));
                }
                // Whenever TLS is used, the certificate and the name on it are looked at.
                ("sslmode", "verify-ca" | "verify-full") => {
                    kept.push("sslmode=require".to_owned());
                }
                _ => kept.push(option.to_owned()),
            }
        }
        // What the parser says may hold parts of a password that was not encoded.
        let mut config: Config = format!("{address}?{}", kept.join("&"))
            .parse()
            .map_err(|_| malformed())?;
        if config.get_application_name().is_none() {
            config.application_name("vesicle");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.keepalives_idle(KEEPALIVE_IDLE);
        config.tcp_user_timeout(UNANSWERED_MAX);
        if config.get_hosts().is_empty() {
            config.host("localhost");
        }
        let place = place(&config);
        Ok(Self {
            config: Box::new(config),
            root_certificates,
            schema: SCHEMA.to_owned(),
            pool: SharedPool::default(),
            place,
        })
    }
}

/// Where it is, without the password.
impl std::fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)
    }
}

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresUrl({})", self.place)
    }
}

fn place(config: &Config) -> String {
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let ports = config.get_ports();
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    let user = config.get_user().map(|user| format!("{user}@"));
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres://{}{hosts}/{database}", user.unwrap_or_default())
}

fn malformed() -> Error {
    Error::Invalid(
        "the memory's URL is none of PostgreSQL; write postgres://user:password@host:5432/database, with %-codes for characters in names \
         and the password such as @ : / ? # %, and after ? the options of libpq such as sslmode=require or sslrootcert=/path/ca.pem"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<PostgresUrl> {
        url.parse()
    }

    #[test]
    fn the_password_is_never_shown() {
        let url =
            parse("postgresql://ann:s3cret%40@db.example:6543/work?sslmode=verify-full").unwrap();
        assert_eq!(url.config.get_password(), Some(b"s3cret@".as_slice()));
        assert_eq!(url.to_string(), "postgres://ann@db.example:6543/work");
        assert_eq!(
            format!("{url:?}"),
            "PostgresUrl(postgres://ann@db.example:6543/work)"
        );
        assert_eq!(url.config.get_ssl_mode(), SslMode::Require);
        for wrong in [
            "postgres://ann:s3cret?s3cret@db/work",
            "postgres://ann:s3cret@db:port/work",
            "postgres://ann:s3cret@db/work?s3cret=1",
            "mysql://ann:s3cret@db/work",
        ] {
            let error = parse(wrong).unwrap_err().to_string();
            assert!(
                !error.contains("s3cret") && error.contains("postgres://"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_socket_of_this_machine_needs_no_certificates() {
        let socket = parse("postgres:///work?host=/run/postgresql&user=ann").unwrap();
        assert!(!socket.may_use_tls());
        assert_eq!(
            socket.to_string(),
            "postgres://ann@/run/postgresql:5432/work"
        );
        assert!(parse("postgres://ann@db/work").unwrap().may_use_tls());
        assert!(
            !parse("postgres://ann@db/work?sslmode=disable")
                .unwrap()
                .may_use_tls()
        );
        let own = parse("postgres://ann@db/work?sslrootcert=/etc/a%20b.pem").unwrap();
        assert_eq!(own.root_certificates, Some(PathBuf::from("/etc/a b.pem")));
    }
}
