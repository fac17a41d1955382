//! One entry of `allow_hosts`: a host, a port, how it is spoken to, and where it may lie.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

use super::address;
use super::target::{Scheme, Target, normal};

/// A host that programs may send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    scheme: Scheme,
    name: Name,
    port: u16,
    /// Where the name may lead, if that is said; otherwise to public addresses.
    addresses: Vec<IpNet>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// This name and no other.
    Exactly(String),
    /// The names below this one.
    Below(String),
    /// An address, which is never looked up.
    Address(IpAddr),
}

/// Why an entry grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is no host that can be granted: {why}")]
pub struct HostError {
    /// What was written.
    pub entry: String,
    /// What is wrong with it, and what is right.
    pub why: String,
}

impl AllowedHost {
    /// Reads `api.example.com:443`, `*.example.com:443`, `1.2.3.4:443` or `[::1]:443`, each with
    /// `http://` before it where requests go out in the clear.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(entry: &str) -> Result<Self, HostError> {
        let wrong = |why: &str| HostError {
            entry: entry.to_owned(),
            why: why.to_owned(),
        };
        let (scheme, place) = match entry.split_once("://") {
            None => (Scheme::Https, entry),
            Some(("https", place)) => (Scheme::Https, place),
            Some(("http", place)) => (Scheme::Http, place),
            Some(_) => {
                return Err(wrong(
                    "only http:// may stand before it, for requests in the clear",
                ));
            }
        };
        if place.contains(['/', '?', '#', '\\']) {
            return Err(wrong(
                "a path cannot be granted; leave out what follows the port",
            ));
        }
        if place.contains('@') {
            return Err(wrong(
                "a user cannot be granted; leave out what stands before the `@`",
            ));
        }
        let (host, port) = match place.rsplit_once(':') {
            // `[::1]` ends in a colon's part as well.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => return Err(wrong("a port is missing, such as `:443`")),
        };
        let port = match port.parse::<u16>() {
            // As it is printed: neither a sign nor zeros before it.
            Ok(number) if number > 0 && number.to_string() == port => number,
            _ => {
                return Err(wrong(
                    "the port is a number from 1 to 65535, such as `:443`",
                ));
            }
        };
        Ok(Self {
            scheme,
            name: name(host).map_err(|why| wrong(&why))?,
            port,
            addresses: vec![],
        })
    }

    /// The same, where its name may lead to these addresses or ranges and to no others.
    ///
    /// # Errors
    /// One is no address, or the entry has no name that leads anywhere.
    pub fn at<'a>(
        mut self,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, HostError> {
        let entry = self.to_string();
        let wrong = |why: String| HostError {
            entry: entry.clone(),
            why,
        };
        if let Name::Address(_) = self.name {
            return Err(wrong(
                "an address leads nowhere else; leave out `addresses`".to_owned(),
            ));
        }
        for text in addresses {
            let range = text.parse::<IpNet>().map(|range| range.trunc());
            let range = range.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let range = range.map_err(|_| {
                wrong(format!("`{text}` in its `addresses` is neither an address, such as 10.0.0.5, nor a range, such as 10.0.0.0/24"))
            })?;
            self.addresses.push(range);
        }
        match self.addresses.is_empty() {
            true => Err(wrong(
                "its `addresses` are empty; name one, or leave them out".to_owned(),
            )),
            false => Ok(self),
        }
    }

    /// Whether a request may be sent there at all.
    pub(super) fn allows(&self, target: &Target) -> bool {
        if (self.scheme, self.port) != (target.scheme, target.port) {
            return false;
        }
        match (&self.name, &target.host) {
            (Name::Exactly(name), Host::Domain(asked)) => name == asked,
            (Name::Below(above), Host::Domain(asked)) => is_below(asked, above),
            (Name::Address(address), Host::Ipv4(asked)) => *address == IpAddr::V4(*asked),
            (Name::Address(address), Host::Ipv6(asked)) => *address == IpAddr::V6(*asked),
            _ => false,
        }
    }

    /// Whether the connection may go to this address; why not, where it may not.
    pub(super) fn allows_address(&self, address: IpAddr) -> Result<(), &'static str> {
        if let Name::Address(granted) = self.name {
            return match granted == address {
                true => Ok(()),
                false => Err("another address"),
            };
        }
        if !self.addresses.is_empty() {
            return match address::granted(&self.addresses, address) {
                true => Ok(()),
                false => Err("not among those that are granted for it"),
            };
        }
        address::refused(address).map_or(Ok(()), Err)
    }

    /// Whether it is one host, which a secret can be for.
    pub fn is_one(&self) -> bool {
        !matches!(self.name, Name::Below(_))
    }
}

fn is_below(asked: &str, above: &str) -> bool {
    let labels = asked
        .strip_suffix(above)
        .and_then(|rest| rest.strip_suffix('.'));
    labels.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
}

fn name(host: &str) -> Result<Name, String> {
    let (below, text) = match host.strip_prefix("*.") {
        Some(text) => (true, text),
        None => (false, host),
    };
    if text.contains('*') {
        return Err("a `*` stands alone at the beginning, as in `*.example.com:443`".to_owned());
    }
    let parsed = Host::parse(text).map_err(|error| format!("{error}"))?;
    match parsed {
        Host::Domain(name) => {
            let name = normal(&name).to_owned();
            if name.split('.').any(str::is_empty) {
                return Err("a part of its name is empty".to_owned());
            }
            Ok(match below {
                true => Name::Below(name),
                false => Name::Exactly(name),
            })
        }
        Host::Ipv4(_) | Host::Ipv6(_) if below => {
            Err("nothing is below an address; leave out the `*.`".to_owned())
        }
        // `2130706433` means 127.0.0.1, which whoever wrote it should see.
        Host::Ipv4(address) if address.to_string() != text => {
            Err(format!("it means the address {address}; write that"))
        }
        Host::Ipv4(address) => Ok(Name::Address(address.into())),
        Host::Ipv6(address) => Ok(Name::Address(address.into())),
    }
}

impl fmt::Display for AllowedHost {
    /// The entry, without its addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        match &self.name {
            Name::Exactly(name) => f.write_str(name)?,
            Name::Below(name) => write!(f, "*.{name}")?,
            Name::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Name::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        write!(f, ":{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(entry: &str, url: &str) -> bool {
        let host = AllowedHost::parse(entry).unwrap();
        Target::parse(url).is_ok_and(|target| host.allows(&target))
    }

    #[test]
    fn entries_have_one_form() {
        for (entry, form) in [
            ("api.example.com:443", "api.example.com:443"),
            ("https://API.example.com.:443", "api.example.com:443"),
            (
                "http://b\u{fc}cher.example:80",
                "http://xn--bcher-kva.example:80",
            ),
            ("*.Internal.example:8443", "*.internal.example:8443"),
            ("1.2.3.4:80", "1.2.3.4:80"),
            ("[0:0::1]:443", "[::1]:443"),
        ] {
            assert_eq!(AllowedHost::parse(entry).unwrap().to_string(), form);
        }
    }

    #[test]
    fn what_is_no_entry_is_told_with_what_is_right() {
        let told: Vec<String> = [
            "",
            "api.example.com",
            "[::1]",
            "api.example.com:",
            "api.example.com:0",
            "api.example.com:65536",
            "api.example.com:+443",
            "api.example.com:0443",
            "api.example.com:https",
            "ftp://api.example.com:21",
            "api.example.com:443/v1",
            "user@api.example.com:443",
            "*:443",
            "*.*.example.com:443",
            "api.*.com:443",
            "*.10.0.0.1:443",
            "2130706433:80",
            "0x7f.1:80",
            "a..example:443",
            ".example:443",
            "a b:443",
            "::1:443",
        ]
        .into_iter()
        .map(|entry| AllowedHost::parse(entry).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        `` is no host that can be granted: a port is missing, such as `:443`
        `api.example.com` is no host that can be granted: a port is missing, such as `:443`
        `[::1]` is no host that can be granted: a port is missing, such as `:443`
        `api.example.com:` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `api.example.com:0` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `api.example.com:65536` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `api.example.com:+443` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `api.example.com:0443` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `api.example.com:https` is no host that can be granted: the port is a number from 1 to 65535, such as `:443`
        `ftp://api.example.com:21` is no host that can be granted: only http:// may stand before it, for requests in the clear
        `api.example.com:443/v1` is no host that can be granted: a path cannot be granted; leave out what follows the port
        `user@api.example.com:443` is no host that can be granted: a user cannot be granted; leave out what stands before the `@`
        `*:443` is no host that can be granted: a `*` stands alone at the beginning, as in `*.example.com:443`
        `*.*.example.com:443` is no host that can be granted: a `*` stands alone at the beginning, as in `*.example.com:443`
        `api.*.com:443` is no host that can be granted: a `*` stands alone at the beginning, as in `*.example.com:443`
        `*.10.0.0.1:443` is no host that can be granted: nothing is below an address; leave out the `*.`
        `2130706433:80` is no host that can be granted: it means the address 127.0.0.1; write that
        `0x7f.1:80` is no host that can be granted: it means the address 127.0.0.1; write that
        `a..example:443` is no host that can be granted: a part of its name is empty
        `.example:443` is no host that can be granted: a part of its name is empty
        `a b:443` is no host that can be granted: invalid international domain name
        `::1:443` is no host that can be granted: invalid international domain name
        "#);
    }

    #[test]
    fn an_entry_is_for_its_host_its_port_and_its_scheme() {
        let entry = "api.example.com:443";
        for url in ["https://api.example.com/x", "https://API.EXAMPLE.COM.:443"] {
            assert!(allows(entry, url), "{url}");
        }
        for url in [
            "http://api.example.com:443/",
            "https://api.example.com:8443/",
            "https://example.com/",
            "https://a.api.example.com/",
            "https://xapi.example.com/",
            "https://api.example.com.evil.example/",
            "https://api.example.com@evil.example/",
            "https://api.example.com../",
        ] {
            assert!(!allows(entry, url), "{url}");
        }
        assert!(allows("http://a.example:80", "http://a.example/"));
        assert!(!allows("http://a.example:80", "https://a.example:80/"));
    }

    #[test]
    fn a_star_is_for_names_below_and_never_for_an_address() {
        let entry = "*.example.com:443";
        for url in ["https://a.example.com/", "https://a.b.example.com./"] {
            assert!(allows(entry, url), "{url}");
        }
        for url in [
            "https://example.com/",
            "https://.example.com/",
            "https://a..example.com/",
            "https://xexample.com/",
            "https://1.2.3.4/",
        ] {
            assert!(!allows(entry, url), "{url}");
        }
    }

    #[test]
    fn an_address_is_granted_in_its_own_form() {
        assert!(allows("127.0.0.1:80", "https://127.0.0.1:80/"));
        assert!(allows("http://127.0.0.1:80", "http://2130706433/"));
        assert!(!allows("http://127.0.0.1:80", "http://[::ffff:127.0.0.1]/"));
        assert!(!allows("http://127.0.0.1:80", "http://localhost/"));
    }

    #[test]
    fn a_name_leads_to_public_addresses_or_to_those_that_are_said() {
        let plain = AllowedHost::parse("a.example:443").unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(plain.allows_address(ip("1.1.1.1")), Ok(()));
        assert_eq!(plain.allows_address(ip("10.0.0.5")), Err("private"));
        let pinned = plain.clone().at(["10.0.0.5", "fd00::7/8"]).unwrap();
        assert_eq!(pinned.allows_address(ip("10.0.0.5")), Ok(()));
        assert_eq!(pinned.allows_address(ip("fd99::1")), Ok(()));
        for other in ["10.0.0.6", "1.1.1.1", "::ffff:10.0.0.5"] {
            assert!(pinned.allows_address(ip(other)).is_err(), "{other}");
        }
        for wrong in [vec![], vec!["ten"], vec!["10.0.0.0/33"]] {
            assert!(plain.clone().at(wrong).is_err());
        }
        let address = AllowedHost::parse("10.0.0.5:443").unwrap();
        assert_eq!(address.allows_address(ip("10.0.0.5")), Ok(()));
        assert!(address.at(["10.0.0.5"]).is_err());
    }

    proptest! {
        /// What an entry is printed as means the same entry.
        #[test]
        fn what_is_printed_reads_as_the_same(entry in "(http://)?(\\*\\.)?[a-z0-9.-]{1,20}:[0-9]{1,5}") {
            if let Ok(host) = AllowedHost::parse(&entry) {
                prop_assert_eq!(AllowedHost::parse(&host.to_string()), Ok(host));
            }
        }

        /// No text makes either reader fail in any other way than by an error.
        #[test]
        fn any_text_is_an_entry_or_an_error(entry in ".{0,60}", url in ".{0,60}") {
            if let (Ok(host), Ok(target)) = (AllowedHost::parse(&entry), Target::parse(&url)) {
                host.allows(&target);
            }
        }

        /// Whatever stands before, between and after, a request leaves for the granted host or not at all.
        #[test]
        fn a_match_is_a_match_of_the_whole_name(before in "[a-z@.:/#?\\\\-]{0,6}", after in "[a-z@.:/#?\\\\-]{0,6}") {
            let url = format!("https://{before}good.example{after}");
            if let Ok(target) = Target::parse(&url) {
                let host = AllowedHost::parse("good.example:443").unwrap();
                let is_good = target.host == Host::Domain("good.example".to_owned()) && target.port == 443;
                prop_assert_eq!(host.allows(&target), is_good);
            }
        }
    }
}
