//! Headers: which ones a program may set, and how long they may be together.
//!
//! What frames a message on its connection is the host's to say: a program that says it as well could
//! make a proxy on the way see two requests where the host sent one. That its names and values hold no
//! line ends is the type's own promise.

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

use super::limits::HEADERS_MAX;
use super::{NetworkError, NetworkLimits};
use crate::network::error::LimitName;

/// What only the host sets.
const OURS: [HeaderName; 11] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
];
const OURS_WITHOUT_CONSTANT: [&str; 3] = ["http2-settings", "keep-alive", "proxy-connection"];

/// Who asks, where the program does not say.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("vesicle/", env!("CARGO_PKG_VERSION")));

/// Whether only the host sets it.
pub fn is_ours(name: &HeaderName) -> bool {
    OURS.contains(name) || OURS_WITHOUT_CONSTANT.contains(&name.as_str())
}

/// Reads what a program gives; values are Latin-1, as on the web.
pub fn read(given: &[(String, String)]) -> Result<HeaderMap, NetworkError> {
    let wrong = |name: &str, why: &str| {
        let name: String = name.chars().take(64).collect();
        NetworkError::Request(format!("the header {name:?} {why}"))
    };
    if given.len() > HEADERS_MAX {
        return Err(NetworkError::Request(format!(
            "a request has {} headers, and at most {HEADERS_MAX} are sent",
            given.len()
        )));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong(name, "has a name that no header can have"))?;
        if is_ours(&parsed) {
            return Err(wrong(name, "is the host's to set; leave it out"));
        }
        let value = latin1(value).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        let value = value.ok_or_else(|| {
            wrong(
                name,
                "has a value that no header can have: line ends, or characters beyond U+00FF",
            )
        })?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// The value as a program sees it.
pub fn text(value: &HeaderValue) -> String {
    value
        .as_bytes()
        .iter()
        .map(|byte| char::from(*byte))
        .collect()
}

/// Adds what is sent where the program says nothing.
pub fn complete(headers: &mut HeaderMap) {
    let defaults = [
        (header::ACCEPT, HeaderValue::from_static("*/*")),
        (
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        ),
        (header::USER_AGENT, AGENT),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(value);
    }
}

/// How long they are: names, values, and for each line a colon, a space and its end.
pub fn bytes(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

/// Whether they are short enough.
pub fn check(headers: &HeaderMap, whose: &str, limits: &NetworkLimits) -> Result<(), NetworkError> {
    let bytes = bytes(headers);
    match bytes > limits.header_bytes {
        true => Err(too_long(
            &format!("{whose} headers of {bytes} bytes, more"),
            limits,
        )),
        false => Ok(()),
    }
}

/// The bound of headers is met.
pub fn too_long(what: &str, limits: &NetworkLimits) -> NetworkError {
    NetworkError::Limit {
        name: LimitName::HeaderBytes,
        what: what.to_owned(),
        most: limits.header_bytes as u64,
        advice: "use fewer or shorter ones",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_one(name: &str, value: &str) -> Result<HeaderMap, NetworkError> {
        read(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_frames_a_message_is_the_hosts() {
        for name in [
            "Host",
            "content-length",
            "Transfer-Encoding",
            "connection",
            "upgrade",
            "te",
            "expect",
            "Keep-Alive",
            "Proxy-Connection",
            "proxy-authorization",
        ] {
            let error = read_one(name, "1").unwrap_err().to_string();
            assert!(error.contains("is the host's to set"), "{name}: {error}");
        }
    }

    #[test]
    fn lines_end_only_where_the_host_ends_them() {
        for (name, value) in [
            ("x", "a\r\nhost: evil"),
            ("x", "a\nb"),
            ("x", "a\rb"),
            ("x", "a\0b"),
            ("x\r\nhost", "evil"),
            ("x:", "a"),
            ("x y", "a"),
            ("", "a"),
            ("x", "\u{10d}"),
        ] {
            assert!(read_one(name, value).is_err(), "{name:?}: {value:?}");
        }
        let kept = read_one("x", "caf\u{e9}\t!").unwrap();
        assert_eq!(kept["x"].as_bytes(), b"caf\xe9\t!");
        assert_eq!(text(&kept["x"]), "caf\u{e9}\t!");
    }

    #[test]
    fn their_number_and_their_length_have_edges() {
        let many = |count: usize| read(&vec![("x".to_owned(), "y".to_owned()); count]);
        assert!(many(HEADERS_MAX).is_ok());
        assert!(many(HEADERS_MAX + 1).is_err());
        let limits = NetworkLimits::default();
        let long = |bytes: usize| read_one("x", &"y".repeat(bytes - 5)).unwrap();
        assert!(check(&long(limits.header_bytes), "", &limits).is_ok());
        assert!(check(&long(limits.header_bytes + 1), "", &limits).is_err());
    }

    proptest! {
        /// Whatever a program gives, no line begins but where a header begins.
        #[test]
        fn no_value_holds_a_line_end(name in ".{0,12}", value in "(.|\r|\n|\0){0,40}") {
            if let Ok(headers) = read_one(&name, &value) {
                for (name, value) in &headers {
                    prop_assert!(!is_ours(name));
                    prop_assert!(!value.as_bytes().iter().any(|byte| b"\r\n\0".contains(byte)));
                }
            }
        }
    }
}
