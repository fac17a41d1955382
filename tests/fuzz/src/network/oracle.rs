//! What is granted now, read a second time: by its text, and as simply as can be.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, MutexGuard};

use super::finding;

/// Where names lead. The first two are public: whoever grants a name grants them.
const ADDRESSES: &[&str] = &[
    "8.8.8.8",
    "2606:4700:4700::1111",
    "127.0.0.1",
    "10.0.0.5",
    "169.254.169.254",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00::1",
    "fe80::1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
];
const PUBLIC: usize = 2;

/// An entry of `allow_hosts`.
pub struct Grant {
    is_plain: bool,
    /// As it is printed; with `*.` at its beginning, all below it.
    host: String,
    port: u16,
    /// What stands behind the `@`.
    addresses: Option<String>,
}

impl Grant {
    /// Reads it as it is printed.
    pub fn read(entry: &str, addresses: Option<&str>) -> Self {
        let (is_plain, place) = match entry.strip_prefix("http://") {
            Some(place) => (true, place),
            None => (false, entry),
        };
        let (host, port) = place.rsplit_once(':').expect("an entry has a port");
        Self {
            is_plain,
            host: host.to_owned(),
            port: port.parse().expect("a port"),
            addresses: addresses.map(str::to_owned),
        }
    }

    fn names(&self, host: &str) -> bool {
        match self.host.strip_prefix("*.") {
            Some(above) => host.ends_with(&format!(".{above}")),
            None => self.host == host,
        }
    }

    /// Its address, where it has one in place of a name.
    fn address(&self) -> Option<IpAddr> {
        let text = self.host.trim_matches(['[', ']']);
        text.parse().ok()
    }

    /// Whether the name may lead there; `None` where ranges are granted, which are not read here.
    fn may_lead_to(&self, answer: IpAddr, is_public: bool) -> Option<bool> {
        let Some(addresses) = &self.addresses else {
            return Some(is_public);
        };
        let mut verdict = Some(false);
        for text in addresses.split(',') {
            match text.parse::<IpAddr>() {
                Ok(address) if answer == address => return Some(true),
                Ok(_) => {}
                Err(_) => verdict = None,
            }
        }
        verdict
    }
}

#[derive(Default)]
struct World {
    grants: Vec<Grant>,
    response: Vec<u8>,
    lookups: usize,
    /// What names led to that their grants let them lead to, with the port.
    answers: HashSet<(IpAddr, u16)>,
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

fn world() -> MutexGuard<'static, World> {
    WORLD.lock().expect("nobody panics here")
}

/// These are granted from now on.
pub fn begin(grants: Vec<Grant>, response: &[u8]) {
    *world() = World {
        grants,
        response: response.to_vec(),
        ..World::default()
    };
}

/// Where a name leads. Only those that are granted may be asked for: what is looked up is told.
pub fn resolve(name: &str) -> Option<Vec<IpAddr>> {
    let mut world = world();
    let World {
        grants,
        lookups,
        answers,
        ..
    } = &mut *world;
    if !grants.iter().any(|grant| grant.names(name)) {
        finding(&format!("the name {name:?} was looked up"));
    }
    *lookups += 1;
    let sum = name.bytes().map(usize::from).sum::<usize>() + *lookups;
    let mut found = Vec::new();
    for index in [sum % ADDRESSES.len(), sum / 3 % ADDRESSES.len()] {
        let answer = ADDRESSES[index].parse().expect("an address");
        found.push(answer);
        for grant in grants.iter().filter(|grant| grant.names(name)) {
            if grant.may_lead_to(answer, index < PUBLIC).unwrap_or(true) {
                answers.insert((answer, grant.port));
            }
        }
    }
    (sum % 5 != 0).then_some(found)
}

/// Whether anything that is granted leads there.
pub fn may_connect(address: IpAddr, port: u16) -> bool {
    let world = world();
    let by_address = world
        .grants
        .iter()
        .any(|grant| grant.port == port && grant.address() == Some(address));
    by_address || world.answers.contains(&(address, port))
}

/// Whether a request in the clear, or any over TLS where `host` is `None`, may be sent.
pub fn may_ask(host: Option<&str>) -> bool {
    let world = world();
    let Some(host) = host else {
        return world.grants.iter().any(|grant| !grant.is_plain);
    };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    let mut grants = world.grants.iter();
    grants.any(|grant| grant.is_plain && Some(grant.port) == port && grant.names(name))
}

/// What everybody answers.
pub fn response() -> Vec<u8> {
    world().response.clone()
}
