//! Keeps servers' lists of tools on disk, so that they are there at once the next time.
//!
//! A list belongs to a definition of a server: with other arguments it may be another. The file's name is a digest of
//! the definition without the values of variables and headers, since those are secrets and change.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::config::{ServerConfig, Transport};
use crate::connection::Listing;
use crate::connection::listing::DEFINITIONS_BYTES_MAX;
use crate::digest::Digest;
use crate::private;

/// The directory of lists. Failures are warnings: the servers have the lists too.
#[derive(Debug)]
pub struct Listings(Option<PathBuf>);

impl Listings {
    /// In this directory, or nowhere.
    pub fn open(directory: Option<&Path>) -> Self {
        let directory = directory.map(|directory| directory.join("tool-lists"));
        if let Some(path) = &directory
            && let Err(error) = private::make_directory(path)
        {
            tracing::warn!(path = %path.display(), %error, "lists of tools cannot be kept");
            return Self(None);
        }
        Self(directory)
    }

    /// The last list of this server.
    pub fn get(&self, server: &ServerConfig) -> Option<Listing> {
        let path = self.path(server)?;
        let listing = private::read(&path, 2 * DEFINITIONS_BYTES_MAX as u64).and_then(|bytes| {
            bytes
                .map(|bytes| serde_json::from_slice(&bytes))
                .transpose()
                .map_err(io::Error::from)
        });
        listing.unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "a kept list of tools cannot be read");
            None
        })
    }

    /// Keeps a list.
    pub fn put(&self, server: &ServerConfig, listing: &Listing) {
        let Some(path) = self.path(server) else {
            return;
        };
        let kept = serde_json::to_vec(listing)
            .map_err(io::Error::from)
            .and_then(|bytes| private::replace(&path, &bytes));
        if let Err(error) = kept {
            tracing::warn!(path = %path.display(), %error, "a list of tools cannot be kept");
        }
    }

    fn path(&self, server: &ServerConfig) -> Option<PathBuf> {
        let definition = match &server.transport {
            Transport::Stdio {
                command,
                args,
                env,
                cwd,
            } => {
                json!({"command": command, "args": args, "env": env.keys().collect::<Vec<_>>(), "cwd": cwd})
            }
            Transport::Http { url, headers, .. } => {
                json!({"url": url, "headers": headers.keys().collect::<Vec<_>>()})
            }
            Transport::Stream(_) => json!("stream"),
        };
        let digest = Digest::of("vesicle server", &json!([server.name, definition]));
        Some(self.0.as_ref()?.join(format!("{digest}.json")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ServerName, ServerPolicy};

    fn server(argument: &str, secret: &str) -> ServerConfig {
        ServerConfig {
            name: ServerName::new("s").unwrap(),
            transport: Transport::Stdio {
                command: "x".to_owned(),
                args: vec![argument.to_owned()],
                env: [("TOKEN".to_owned(), secret.to_owned())].into(),
                cwd: None,
            },
            policy: ServerPolicy::default(),
        }
    }

    #[test]
    fn a_list_belongs_to_a_definition_and_not_to_its_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let listings = Listings::open(Some(directory.path()));
        assert_eq!(listings.get(&server("a", "1")), None);
        let listing = Listing {
            title: Some("S".to_owned()),
            tools: vec![rmcp::model::Tool::new(
                "t",
                "d",
                std::sync::Arc::new(serde_json::Map::new()),
            )],
            ..Listing::default()
        };
        listings.put(&server("a", "1"), &listing);
        assert_eq!(listings.get(&server("a", "2")), Some(listing));
        assert_eq!(listings.get(&server("b", "1")), None);
        std::fs::write(listings.path(&server("a", "1")).unwrap(), "{").unwrap();
        assert_eq!(listings.get(&server("a", "1")), None);
        assert_eq!(Listings::open(None).get(&server("a", "1")), None);
    }
}
