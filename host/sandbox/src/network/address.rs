//! Which addresses a name may not lead to. A name is granted for what the world knows by it; one that
//! leads into the operator's own network, by intent or by a changed record, would make the host knock
//! where the program cannot.
//!
//! IPv4 has a list of what is not public. IPv6 has it the other way round: only 2000::/3 is given out
//! at all, and of that a few ranges are not public or hold an IPv4 address, which would be a second
//! way to each of the first list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Ranges of IPv4 that are not public (IANA's registry of special-purpose addresses), and one
/// address that only looks public.
const V4: [(&str, &str); 16] = [
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier's customers"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local, where clouds keep metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "reserved for 6to4 relays"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("168.63.129.16/32", "a cloud's metadata"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved or broadcast"),
];

/// Ranges of IPv6: those outside of 2000::/3 have their names for the message, and those within it
/// are taken out of it. The first that holds an address counts.
const V6: [(&str, &str); 19] = [
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "IPv4 in IPv6"),
    ("::/96", "IPv4 in IPv6"),
    ("64:ff9b::/96", "IPv4 behind NAT64"),
    ("64:ff9b:1::/48", "IPv4 behind NAT64"),
    ("100::/64", "discarded"),
    ("2001::/32", "IPv4 behind Teredo"),
    ("2001:2::/48", "for benchmarks"),
    ("2001:db8::/32", "for documentation"),
    ("2001::/23", "reserved for protocols"),
    ("2002::/16", "IPv4 behind 6to4"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "reserved for segment routing"),
    ("fd00:ec2::254/128", "a cloud's metadata"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
];

static REFUSED_V4: LazyLock<Vec<(Ipv4Net, &str)>> = LazyLock::new(|| parse(&V4));
static REFUSED_V6: LazyLock<Vec<(Ipv6Net, &str)>> = LazyLock::new(|| parse(&V6));
static GLOBAL_V6: LazyLock<Option<Ipv6Net>> = LazyLock::new(|| "2000::/3".parse().ok());

/// A test holds the lists to have no range that cannot be read.
fn parse<N: std::str::FromStr>(
    ranges: &'static [(&'static str, &'static str)],
) -> Vec<(N, &'static str)> {
    ranges
        .iter()
        .filter_map(|(range, what)| Some((range.parse().ok()?, *what)))
        .collect()
}

/// Why an address is refused unless it is granted as one; `None` for a public one.
pub fn refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refused_v4(address),
        IpAddr::V6(address) => refused_v6(address),
    }
}

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    let mut ranges = REFUSED_V4.iter();
    ranges
        .find(|(range, _)| range.contains(&address))
        .map(|(_, what)| *what)
}

fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    let mut ranges = REFUSED_V6.iter();
    if let Some((_, what)) = ranges.find(|(range, _)| range.contains(&address)) {
        return Some(what);
    }
    match GLOBAL_V6.is_some_and(|global| global.contains(&address)) {
        true => None,
        false => Some("not given out"),
    }
}

/// Whether a granted range holds an address, form and all: an IPv4 address inside of an IPv6 one is
/// another address.
pub fn granted(ranges: &[IpNet], address: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_refused(address: &str) -> bool {
        refused(address.parse().unwrap()).is_some()
    }

    #[test]
    fn every_range_of_the_lists_can_be_read() {
        assert_eq!(REFUSED_V4.len(), V4.len());
        assert_eq!(REFUSED_V6.len(), V6.len());
        assert!(GLOBAL_V6.is_some());
    }

    #[test]
    fn every_range_is_refused_at_both_its_ends() {
        for (range, what) in REFUSED_V4.iter() {
            assert!(refused_v4(range.network()).is_some(), "{range} {what}");
            assert!(refused_v4(range.broadcast()).is_some(), "{range} {what}");
        }
        for (range, what) in REFUSED_V6.iter() {
            assert!(refused_v6(range.network()).is_some(), "{range} {what}");
            assert!(refused_v6(range.broadcast()).is_some(), "{range} {what}");
        }
    }

    #[test]
    fn public_addresses_beside_the_ranges_are_not() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.114.0",
            "223.255.255.255",
            "2000::",
            "2001:200::",
            "2003::",
            "2606:4700:4700::1111",
            "3ffe::1",
            "3fff:1000::",
        ] {
            assert!(!is_refused(address), "{address}");
        }
    }

    #[test]
    fn what_attackers_ask_for_is_refused_in_every_form() {
        for address in [
            "169.254.169.254",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "255.255.255.255",
            "::",
            "fe80::1",
            "4000::1",
        ] {
            assert!(is_refused(address), "{address}");
        }
    }

    #[test]
    fn a_grant_of_an_address_is_one_of_its_form() {
        let ranges = ["127.0.0.1/32".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let is_granted = |address: &str| granted(&ranges, address.parse().unwrap());
        assert!(is_granted("127.0.0.1"));
        assert!(is_granted("fd12::1"));
        for other in ["127.0.0.2", "::ffff:127.0.0.1", "::127.0.0.1", "fc00::1"] {
            assert!(!is_granted(other), "{other}");
        }
    }

    proptest! {
        /// No form that holds an IPv4 address is a way to one.
        #[test]
        fn ipv4_within_ipv6_is_always_refused(bits: u32, rest: u64) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b] = [(bits >> 16) as u16, bits as u16];
            let r = |shift: u32| (rest >> shift) as u16;
            for address in [
                v4.to_ipv6_mapped(),
                v4.to_ipv6_compatible(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
                Ipv6Addr::new(0x64, 0xff9b, 1, r(0), r(16), r(32), a, b),
                Ipv6Addr::new(0x2002, a, b, r(0), r(16), r(32), r(48), 1),
                Ipv6Addr::new(0x2001, 0, r(0), r(16), r(32), r(48), !a, !b),
            ] {
                prop_assert!(refused(address.into()).is_some(), "{}", address);
            }
        }

        /// The standard library's own words for addresses agree as far as they go.
        #[test]
        fn what_the_standard_library_calls_special_is_refused(bits: u32, six: u128) {
            let v4 = Ipv4Addr::from_bits(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_multicast() || v4.is_unspecified()
            {
                prop_assert!(refused(v4.into()).is_some(), "{}", v4);
            }
            let v6 = Ipv6Addr::from_bits(six);
            if v6.is_loopback() || v6.is_multicast() || v6.is_unspecified()
                || v6.is_unique_local() || v6.is_unicast_link_local()
            {
                prop_assert!(refused(v6.into()).is_some(), "{}", v6);
            }
        }
    }
}
