//! Each kind over all cases that it has, and patterns over generated ones.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::permissions::Access;

fn asked(access: Access) -> AskedPreopen {
    AskedPreopen {
        guest: "/data".to_owned(),
        access,
    }
}

fn granted(guest: &str, access: Access) -> GrantedPreopen {
    GrantedPreopen {
        host: PathBuf::from("/srv"),
        guest: guest.to_owned(),
        access,
        quota_mb: Some(7),
        quota_files: None,
    }
}

#[test]
fn directories_get_the_weaker_access_and_the_grants_place() {
    use Access::{Read, ReadWrite};
    for (ask, grant, gets, is_missing) in [
        (Some(Read), Some(Read), Some(Read), false),
        (Some(Read), Some(ReadWrite), Some(Read), false),
        (Some(ReadWrite), Some(Read), Some(Read), true),
        (Some(ReadWrite), Some(ReadWrite), Some(ReadWrite), false),
        (Some(Read), None, None, true),
        (None, Some(ReadWrite), None, false),
        (None, None, None, false),
    ] {
        let asks: Vec<_> = ask.map(asked).into_iter().collect();
        let grants: Vec<_> = grant
            .map(|access| granted("/data", access))
            .into_iter()
            .collect();
        let share = preopens(&asks, &grants);
        let wanted: Vec<_> = gets
            .map(|access| granted("/data", access))
            .into_iter()
            .collect();
        assert_eq!(share.effective, wanted, "{ask:?} {grant:?}");
        assert_eq!(!share.missing.is_empty(), is_missing, "{ask:?} {grant:?}");
    }
    let elsewhere = preopens(&[asked(Read)], &[granted("/data/sub", Read)]);
    assert_eq!((elsewhere.effective.len(), elsewhere.missing.len()), (0, 1));
}

#[test]
fn hosts_get_the_narrower_entry_and_the_grants_addresses() {
    let host = |text: &str| HostPattern::parse(text).unwrap();
    let grant = |text: &str, addresses: &[&str]| GrantedHost {
        host: host(text),
        addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
    };
    for (asks, grants, effective, missing) in [
        (vec!["a.example:443"], vec![], vec![], vec!["a.example:443"]),
        (vec![], vec![grant("a.example:443", &[])], vec![], vec![]),
        (
            vec!["a.example:443"],
            vec![grant("*.example:443", &["10.0.0.5"])],
            vec![grant("a.example:443", &["10.0.0.5"])],
            vec![],
        ),
        (
            vec!["*.example:443"],
            vec![grant("a.example:443", &[])],
            vec![grant("a.example:443", &[])],
            vec!["*.example:443"],
        ),
        (
            vec!["a.example:443"],
            vec![
                grant("http://a.example:443", &[]),
                grant("a.example:8443", &[]),
            ],
            vec![],
            vec!["a.example:443"],
        ),
    ] {
        let asks: Vec<_> = asks.into_iter().map(host).collect();
        let share = hosts(&asks, &grants);
        assert_eq!(share.effective, effective);
        assert_eq!(
            share.missing,
            missing.into_iter().map(host).collect::<Vec<_>>()
        );
    }
}

#[test]
fn variables_are_those_in_both() {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let share = env(&names(&["A", "B"]), &names(&["B", "C", "a"]));
    assert_eq!(
        (share.effective, share.missing),
        (names(&["B"]), names(&["A"]))
    );
}

#[test]
fn state_and_recording_need_both() {
    let memory_of = |record| Memory {
        domains: vec![Pattern::parse("*").unwrap()],
        record,
    };
    for (ask, grant, gets) in [
        (false, false, false),
        (false, true, false),
        (true, false, false),
        (true, true, true),
    ] {
        let share = flag("state", ask, grant);
        assert_eq!(
            (share.effective, share.missing.is_empty()),
            (gets, !ask || grant)
        );
        let share = memory(&memory_of(ask), &memory_of(grant));
        assert_eq!(
            (share.effective.record, share.missing.is_empty()),
            (gets, !ask || grant)
        );
        // Without a domain there is nothing to record in.
        assert!(
            !memory(
                &memory_of(ask),
                &Memory {
                    domains: vec![],
                    record: grant
                }
            )
            .effective
            .record
        );
    }
}

#[test]
fn domains_are_those_in_both() {
    let memory_of = |domains: &[&str]| Memory {
        domains: domains
            .iter()
            .map(|text| Pattern::parse(text).unwrap())
            .collect(),
        record: false,
    };
    let told = |asked: &[&str], granted: &[&str]| {
        let share = memory(&memory_of(asked), &memory_of(granted));
        let domains: Vec<_> = share
            .effective
            .domains
            .iter()
            .map(Pattern::to_string)
            .collect();
        (domains.join(" "), share.missing.join(" "))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(told(&["web-*"], &["*"]), pair("web-*", ""));
    assert_eq!(told(&["*"], &["web-*", "ci"]), pair("web-* ci", "*"));
    assert_eq!(told(&["web", "ci"], &["web"]), pair("web", "ci"));
    assert_eq!(told(&["web"], &[]), pair("", "web"));
    assert_eq!(told(&[], &["*"]), pair("", ""));
}

fn patterns() -> impl Strategy<Value = Vec<ToolPattern>> {
    let one = "[ab]{0,2}\\*?[ab]{0,2}\\.[ab]{0,2}\\*?[ab]{0,2}";
    prop::collection::vec(one, 0..4).prop_map(|texts| {
        texts
            .iter()
            .filter_map(|text| ToolPattern::parse(text).ok())
            .collect()
    })
}

proptest! {
    /// No list of patterns makes a tool callable that was not both asked for and granted, and none that was is lost.
    #[test]
    fn tools_are_exactly_those_in_both(asks in patterns(), grants in patterns(), server in "[ab]{0,4}", tool in "[ab]{0,4}") {
        let is_in = |patterns: &[ToolPattern]| patterns.iter().any(|one| one.matches(&server, &tool));
        let share = tools(&asks, &grants);
        prop_assert_eq!(is_in(&share.effective), is_in(&asks) && is_in(&grants));
        // What is not told as missing holds wholly.
        let held: Vec<_> = asks.iter().filter(|ask| !share.missing.contains(ask)).cloned().collect();
        prop_assert!(!is_in(&held) || is_in(&share.effective));
    }
}
