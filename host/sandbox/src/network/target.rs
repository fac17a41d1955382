//! Where a request goes, read from its URL by the rules that browsers have. What a guest says is a
//! URL is an allegation until then: `http://2130706433/` is 127.0.0.1, and the host of
//! `https://a@b/` is `b`.

use std::fmt;

use url::{Host, Url};

use super::NetworkError;

/// The longest URL that a request may have, in bytes.
pub const URL_BYTES_MAX: usize = 8 << 10;

/// How a host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Over TLS.
    Https,
    /// In the clear.
    Http,
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// The place that a URL names, in its one normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub scheme: Scheme,
    /// A name in lower case and ASCII, without the dot at its end; or an address.
    pub host: Host<String>,
    /// Given, or the scheme's.
    pub port: u16,
    url: Url,
}

impl Target {
    /// Reads an absolute URL.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        if text.len() > URL_BYTES_MAX {
            return Err(NetworkError::Url(format!(
                "a URL of {} bytes is longer than the {URL_BYTES_MAX} that a request may have",
                text.len()
            )));
        }
        let url = Url::parse(text)
            .map_err(|error| NetworkError::Url(format!("`{}`: {error}", shown(text))))?;
        Self::new(url)
    }

    /// The place that `location`, an answer of this one, leads to.
    pub fn join(&self, location: &str) -> Result<Self, NetworkError> {
        if location.len() > URL_BYTES_MAX {
            return Err(NetworkError::Url(format!(
                "the host redirects to a URL of {} bytes, which is longer than the {URL_BYTES_MAX} that a request may have",
                location.len()
            )));
        }
        let mut url = self.url.join(location).map_err(|error| {
            NetworkError::Url(format!(
                "the host redirects to `{}`: {error}",
                shown(location)
            ))
        })?;
        if url.fragment().is_none() {
            url.set_fragment(self.url.fragment());
        }
        Self::new(url)
    }

    fn new(url: Url) -> Result<Self, NetworkError> {
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            other => {
                return Err(NetworkError::Url(format!(
                    "`{other}:` is no way to a host from here; use https"
                )));
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NetworkError::Url(
                "a URL with a user or a password before an `@` is not sent; use the authorization header".to_owned(),
            ));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => Host::Domain(normal(name).to_owned()),
            Some(Host::Ipv4(address)) => Host::Ipv4(address),
            Some(Host::Ipv6(address)) => Host::Ipv6(address),
            None => return Err(NetworkError::Url("the URL names no host".to_owned())),
        };
        let port = url.port().unwrap_or(scheme.port());
        Ok(Self {
            scheme,
            host,
            port,
            url,
        })
    }

    /// The whole URL.
    pub fn href(&self) -> &str {
        self.url.as_str()
    }

    /// What the request line has: path and query.
    pub fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The `Host` header: without a port where it is the scheme's own.
    pub fn authority(&self) -> String {
        match self.port == self.scheme.port() {
            true => self.host.to_string(),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether both are one origin, to which credentials for the one may go as well.
    pub fn is_origin_of(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// The entry of `allow_hosts` that would grant it.
    pub fn entry(&self) -> String {
        match self.scheme {
            Scheme::Https => self.to_string(),
            Scheme::Http => format!("http://{self}"),
        }
    }
}

impl fmt::Display for Target {
    /// `host:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A name that ends in a dot is the same name.
pub fn normal(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// As much of a URL as an error shows.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> String {
        match Target::parse(url) {
            Ok(target) => target.entry(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn one_place_has_one_form() {
        for (url, entry) in [
            ("https://api.example.com", "api.example.com:443"),
            ("https://API.Example.COM.:443/x?y#z", "api.example.com:443"),
            ("https://b\u{fc}cher.example/", "xn--bcher-kva.example:443"),
            ("https://\u{ff41}pi.example/", "api.example:443"),
            ("http://a.example:8080/", "http://a.example:8080"),
            ("http://2130706433/", "http://127.0.0.1:80"),
            ("http://0x7f.1/", "http://127.0.0.1:80"),
            ("http://0177.0.0.1/", "http://127.0.0.1:80"),
            ("http://127.1/", "http://127.0.0.1:80"),
            ("http://\u{2460}27.0.0.1/", "http://127.0.0.1:80"),
            ("http://[::ffff:7f00:1]/", "http://[::ffff:7f00:1]:80"),
            ("https:\\\\evil.example\\@good.example/", "evil.example:443"),
            ("https://good.example#@evil.example/", "good.example:443"),
            ("https://a\t.exa\nmple/", "a.example:443"),
        ] {
            assert_eq!(place(url), entry, "{url}");
        }
    }

    #[test]
    fn what_is_no_place_is_told() {
        for url in [
            "https://allowed.example@evil.example/",
            "https://:secret@evil.example/",
            "file:///etc/passwd",
            "wss://a.example/",
            "https://",
            "https://a b/",
            "https://a%00b/",
            "http://1.2.3.4.5/",
            "http://256.256.256.256/",
            "//a.example/",
            "https://[fe80::1%25eth0]/",
            "https://a.example:65536/",
        ] {
            assert!(Target::parse(url).is_err(), "{url} is {}", place(url));
        }
        insta::assert_snapshot!(place("https://allowed.example@evil.example/"), @"a URL with a user or a password before an `@` is not sent; use the authorization header");
        insta::assert_snapshot!(place("data:,x"), @"`data:` is no way to a host from here; use https");
    }

    #[test]
    fn urls_end_at_their_longest() {
        let of = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert!(Target::parse(&of(URL_BYTES_MAX)).is_ok());
        assert!(Target::parse(&of(URL_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_redirect_is_read_where_it_was_told() {
        let from = Target::parse("https://a.example/x/y?z#part").unwrap();
        let to = |location: &str| from.join(location).map(|to| to.href().to_owned());
        assert_eq!(to("../w").unwrap(), "https://a.example/w#part");
        assert_eq!(
            to("//b.example/#other").unwrap(),
            "https://b.example/#other"
        );
        assert!(to("javascript:alert(1)").is_err());
        assert!(to("https://u@b.example").is_err());
        assert!(to(&"x".repeat(URL_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let target = |url: &str| Target::parse(url).unwrap();
        let origin = target("https://a.example/x");
        assert!(origin.is_origin_of(&target("https://A.example.:443/y")));
        for other in [
            "http://a.example",
            "https://a.example:444",
            "https://b.a.example",
        ] {
            assert!(!origin.is_origin_of(&target(other)), "{other}");
        }
    }
}
