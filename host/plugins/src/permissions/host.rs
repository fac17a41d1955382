//! Hosts that requests go to. The sandbox reads them, so that there is no second reader to disagree with it.

use std::fmt;

use vesicle_sandbox::AllowedHost;

/// A host, or all names below one, with scheme and port: `api.example.com:443`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPattern(String);

impl HostPattern {
    /// Reads an entry as `allow_hosts` has it.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        match AllowedHost::parse(text) {
            Ok(host) => Ok(Self(host.to_string())),
            Err(error) => Err(error.why),
        }
    }

    /// Its text in the one form that it has.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its name can be granted at these addresses and ranges; an empty list says nothing.
    ///
    /// # Errors
    /// Says why not.
    pub fn at(&self, addresses: &[String]) -> Result<(), String> {
        if addresses.is_empty() {
            return Ok(());
        }
        let host = AllowedHost::parse(&self.0).map_err(|error| error.why)?;
        match host.at(addresses.iter().map(String::as_str)) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.why),
        }
    }

    /// Whether it stands for every host that `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        let (scheme, name, port) = self.parts();
        let (other_scheme, other_name, other_port) = other.parts();
        if (scheme, port) != (other_scheme, other_port) {
            return false;
        }
        match name.strip_prefix('*') {
            None => name == other_name,
            // What is below `*.a.b` is below `*.b`; `b` itself is not.
            Some(end) => other_name.ends_with(end),
        }
    }

    /// What both stand for: the narrower, as two of them are apart or one is within the other.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            return Some(other.clone());
        }
        other.covers(self).then(|| self.clone())
    }

    fn parts(&self) -> (bool, &str, &str) {
        let (plain, rest) = match self.0.strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (name, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
        (plain, name, port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(one: &str, other: &str) -> Option<String> {
        let [one, other] = [one, other].map(|text| HostPattern::parse(text).unwrap());
        let both = one.intersect(&other);
        assert_eq!(both, other.intersect(&one));
        both.map(|host| host.0)
    }

    #[test]
    fn two_entries_have_the_narrower_in_common_or_nothing() {
        for (one, other, common) in [
            ("a.example:443", "A.example.:443", Some("a.example:443")),
            ("a.example:443", "*.example:443", Some("a.example:443")),
            ("*.a.example:443", "*.example:443", Some("*.a.example:443")),
            ("*.example:443", "*.example:443", Some("*.example:443")),
            ("[::1]:443", "[0::1]:443", Some("[::1]:443")),
            ("a.example:443", "a.example:444", None),
            ("a.example:443", "http://a.example:443", None),
            ("example:443", "*.example:443", None),
            ("xexample:443", "*.example:443", None),
            ("*.xa.example:443", "*.a.example:443", None),
            ("a.example:443", "b.example:443", None),
            ("*.a.example:443", "*.b.example:443", None),
            ("127.0.0.1:443", "localhost:443", None),
        ] {
            assert_eq!(both(one, other).as_deref(), common, "{one} {other}");
        }
    }
}
