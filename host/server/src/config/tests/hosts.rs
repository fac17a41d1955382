//! Hosts that the configuration grants, and secrets that go to them.

use insta::assert_snapshot;

use super::*;
use crate::{limits::Asker, secrets::Secrets};

fn granted(configuration: &Configuration, profile: &str) -> Vec<String> {
    let profile = configuration.policy.profile(Some(profile), Asker::Operator);
    let hosts = profile.unwrap().hosts.iter();
    hosts.map(ToString::to_string).collect()
}

const TWO: &str = r#"
allow_hosts = ["API.example.com:443", { host = "db.internal:443", addresses = ["10.0.0.5", "fd00::/8"] }]
[profiles.permissive]
allow_hosts = ["http://*.example.com:80"]
[profiles.ci]
inherits = "permissive"
"#;

#[test]
fn profiles_have_the_hosts_of_all_and_their_own() {
    let all = ["api.example.com:443", "db.internal:443"];
    let more = [&all[..], &["http://*.example.com:80"]].concat();
    let two = load(TWO, &[], &[]).unwrap();
    assert_eq!(granted(&two, "default"), all);
    assert_eq!(granted(&two, "permissive"), more);
    assert_eq!(granted(&two, "ci"), more);
    // What is shown says the same again.
    let again = load(&two.as_text(), &[], &[]).unwrap();
    assert_eq!(granted(&again, "ci"), more);
    let default = |configuration: &Configuration| {
        let profile = configuration.policy.profile(None, Asker::Operator);
        profile.unwrap().hosts.clone()
    };
    assert_eq!(default(&again), default(&two), "with their addresses");
    let variable = ("VESICLE_ALLOW_HOSTS", "a.example:443, b.example:8443");
    let other = load(TWO, &[variable], &[]).unwrap();
    assert_eq!(
        granted(&other, "default"),
        ["a.example:443", "b.example:8443"]
    );
    let typed = Value::Hosts(vec![HostEntry::new("c.example:443")]);
    let typed = load(
        TWO,
        &[variable],
        &[flag("--allow-host", ALLOW_HOSTS, typed)],
    )
    .unwrap();
    assert_eq!(granted(&typed, "default"), ["c.example:443"]);
}

/// More hosts are more than the ceiling, though every limit is narrower.
#[test]
fn a_profile_with_more_hosts_is_wider() {
    let text = "profile = \"default\"\n[profiles.restrictive]\nallow_hosts = [\"a.example:443\"]";
    let policy = load(text, &[], &[]).unwrap().policy;
    let names = policy.open_to(Asker::Caller).map(|p| p.name.clone());
    assert_eq!(names.collect::<Vec<_>>(), ["default"]);
}

#[test]
fn entries_that_are_none_are_told_where_they_stand() {
    let wrong = |text: &str| load(text, &[], &[]).unwrap_err();
    assert_snapshot!(wrong("allow_hosts = [\"a.example:443\", \"b.example\"]"), @"");
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", addresses = [\"ten\"] }]"), @"");
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", adresses = [\"10.0.0.5\"] }]"), @"");
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", addresses = [] }]"), @"");
    assert_snapshot!(wrong("allow_hosts = \"a.example:443\""), @"");
    let variable = load("", &[("VESICLE_ALLOW_HOSTS", "a.example")], &[]).unwrap_err();
    assert_snapshot!(variable, @"");
}

#[test]
fn a_secret_is_for_one_host_and_has_a_place() {
    let wrong = |text: &str| load(text, &[], &[]).unwrap_err();
    assert_snapshot!(wrong("[secrets.api]\nhost = \"a.example:443\""), @"");
    assert_snapshot!(wrong("[secrets.api]\nenv = \"A\"\nheader = \"x-key\""), @"");
    let sent = |host: &str, more: &str| {
        let text = format!("[secrets.api]\nenv = \"A\"\nhost = \"{host}\"\n{more}");
        let configuration = load(&text, &[], &[]).unwrap();
        let secret = crate::secrets::Secret::new("api".to_owned(), "hunter22".to_owned()).unwrap();
        let secrets = Secrets::new(vec![secret]).unwrap();
        match configuration.transport(&secrets) {
            Ok(_) => "sent".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(sent("a.example:443", "prefix = \"Bearer \""), "sent");
    assert_eq!(sent("a.example:443", "header = \"x-key\""), "sent");
    assert_snapshot!(sent("*.a.example:443", ""), @"");
    assert_snapshot!(sent("a.example", ""), @"");
    assert_snapshot!(sent("a.example:443", "header = \"host\""), @"");
    assert_snapshot!(sent("a.example:443", "prefix = \"a\\nb\""), @"");
}

#[test]
fn authorities_that_cannot_be_read_are_told() {
    let configuration = load("[network]\nca_file = \"none.pem\"", &[], &[]).unwrap();
    let error = configuration
        .transport(&Secrets::default())
        .map(|_| ())
        .unwrap_err();
    assert_snapshot!(error, @"");
    assert!(load("[network]\nheader_bytes = 1000", &[], &[]).is_err());
    assert!(load("[network]\nresponse_bytes = 7340033", &[], &[]).is_err());
    assert!(
        load(
            "[network]\nresponse_bytes = 7340032\nrequests = \"unlimited\"",
            &[],
            &[]
        )
        .is_ok()
    );
}
