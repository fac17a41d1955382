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
    assert_snapshot!(wrong("allow_hosts = [\"a.example:443\", \"b.example\"]"), @r#"
    `b.example` is no host that can be granted
     --> vesicle.toml:1:33
      |
    1 | allow_hosts = ["a.example:443", "b.example"]
      |                                 ^^^^^^^^^^^ a port is missing, such as `:443`
    "#);
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", addresses = [\"ten\"] }]"), @r#"
    `a.example:443` is no host that can be granted
     --> vesicle.toml:1:16
      |
    1 | allow_hosts = [{ host = "a.example:443", addresses = ["ten"] }]
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `ten` in its `addresses` is neither an address, such as 10.0.0.5, nor a range, such as 10.0.0.0/24
    "#);
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", adresses = [\"10.0.0.5\"] }]"), @r#"
    unknown key `adresses`
     --> vesicle.toml:1:42
      |
    1 | allow_hosts = [{ host = "a.example:443", adresses = ["10.0.0.5"] }]
      |                                          ^^^^^^^^ here go host, addresses
    "#);
    assert_snapshot!(wrong("allow_hosts = [{ host = \"a.example:443\", addresses = [] }]"), @r#"
    `allow_hosts` cannot hold { host = "a.example:443", addresses = [] }
     --> vesicle.toml:1:16
      |
    1 | allow_hosts = [{ host = "a.example:443", addresses = [] }]
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ give "api.example.com:443", or { host = "db.internal:443", addresses = ["10.0.0.5"] }
    "#);
    assert_snapshot!(wrong("allow_hosts = \"a.example:443\""), @r#"
    `allow_hosts` cannot be "a.example:443"
     --> vesicle.toml:1:15
      |
    1 | allow_hosts = "a.example:443"
      |               ^^^^^^^^^^^^^^^ give a list such as ["api.example.com:443"], or entries separated by commas outside of a file
    "#);
    let variable = load("", &[("VESICLE_ALLOW_HOSTS", "a.example")], &[]).unwrap_err();
    assert_snapshot!(variable, @"VESICLE_ALLOW_HOSTS: `a.example` is no host that can be granted; a port is missing, such as `:443`");
}

#[test]
fn a_secret_is_for_one_host_and_has_a_place() {
    let wrong = |text: &str| load(text, &[], &[]).unwrap_err();
    assert_snapshot!(wrong("[secrets.api]\nhost = \"a.example:443\""), @r#"
    the secret `api` goes to a host, and nothing says where it is
     --> vesicle.toml:2:8
      |
    2 | host = "a.example:443"
      |        ^^^^^^^^^^^^^^^ add `env` or `file`
    "#);
    assert_snapshot!(wrong("[secrets.api]\nenv = \"A\"\nheader = \"x-key\""), @r#"
    `header` says how the secret `api` goes to a host, and there is none
     --> vesicle.toml:3:10
      |
    3 | header = "x-key"
      |          ^^^^^^^ add `host`, such as "api.example.com:443"
    "#);
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
    assert_snapshot!(sent("*.a.example:443", ""), @r#"
    the secret `api` cannot be sent to this host: a secret goes to one host; name it without a `*`
     --> vesicle.toml:3:8
      |
    3 | host = "*.a.example:443"
      |        ^^^^^^^^^^^^^^^^^ see [secrets.NAME] in `vesicle config show --defaults`
    "#);
    assert_snapshot!(sent("a.example", ""), @r#"
    the secret `api` cannot be sent to this host: `a.example` is no host that can be granted: a port is missing, such as `:443`
     --> vesicle.toml:3:8
      |
    3 | host = "a.example"
      |        ^^^^^^^^^^^ give it as in `allow_hosts`, such as "api.example.com:443"
    "#);
    assert_snapshot!(sent("a.example:443", "header = \"host\""), @r#"
    the secret `api` cannot be sent to this host: no header of this name can be attached; take one such as `authorization`
     --> vesicle.toml:3:8
      |
    3 | host = "a.example:443"
      |        ^^^^^^^^^^^^^^^ see [secrets.NAME] in `vesicle config show --defaults`
    "#);
    assert_snapshot!(sent("a.example:443", "prefix = \"a\\nb\""), @r#"
    the secret `api` cannot be sent to this host: its value has characters that no header can have
     --> vesicle.toml:3:8
      |
    3 | host = "a.example:443"
      |        ^^^^^^^^^^^^^^^ see [secrets.NAME] in `vesicle config show --defaults`
    "#);
}

#[test]
fn authorities_that_cannot_be_read_are_told() {
    let configuration = load("[network]\nca_file = \"none.pem\"", &[], &[]).unwrap();
    let error = configuration
        .transport(&Secrets::default())
        .map(|_| ())
        .unwrap_err();
    assert_snapshot!(error, @r#"
    the authorities in `/etc/vesicle/none.pem` cannot be read: I/O error: No such file or directory (os error 2)
     --> vesicle.toml:2:11
      |
    2 | ca_file = "none.pem"
      |           ^^^^^^^^^^ name a file of certificates in PEM format
    "#);
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
