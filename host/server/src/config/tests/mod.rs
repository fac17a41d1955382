//! Whole configurations: which source wins, and what follows from it.

mod hosts;
mod oauth;
mod preopens;
mod wrong;

use std::{ffi::OsString, path::PathBuf};

use insta::assert_snapshot;
use vesicle_sandbox::{Limits, RuleAction, SourcePolicy, ViolationType};

use super::{file::ConfigFile, *};
use crate::limits::{Asker, LimitsError};

fn load(text: &str, variables: &[(&str, &str)], flags: &[Flag]) -> Result<Configuration, String> {
    let file = ConfigFile {
        name: "vesicle.toml".to_owned(),
        directory: PathBuf::from("/etc/vesicle"),
        text: text.to_owned(),
    };
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Configuration::of(Some(file), variables, flags).map_err(|error| error.to_string())
}

fn loaded(text: &str) -> Configuration {
    load(text, &[], &[]).unwrap()
}

fn flag(name: &'static str, key: &'static str, value: Value) -> Flag {
    Flag { name, key, value }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// The line that `config show` prints for this key, without its padding.
fn shown(configuration: &Configuration, key: &str) -> String {
    let all = configuration.as_text();
    let line = all
        .lines()
        .find(|line| line.starts_with(&format!("{key} =")));
    line.unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn limits(configuration: &Configuration, profile: &str) -> Limits {
    let found = configuration.policy.profile(Some(profile), Asker::Operator);
    found.unwrap().limits
}

fn offered(configuration: &Configuration) -> Vec<&str> {
    let profiles = configuration.policy.open_to(Asker::Caller);
    profiles.map(|profile| profile.name.as_str()).collect()
}

#[test]
fn without_a_word_the_defaults_hold() {
    let configuration = Configuration::of(None, [], &[]).unwrap();
    assert_eq!(*configuration.policy, Policy::default());
    let sandbox = configuration.sandbox();
    assert_eq!(
        sandbox.concurrency_max,
        vesicle_sandbox::Config::default().concurrency_max
    );
    assert_eq!(configuration.log_format, LogFormat::Text);
    assert!(
        configuration
            .rows
            .iter()
            .all(|row| matches!(row.origin, Origin::Default))
    );
}

#[test]
fn flag_over_environment_over_file_over_default() {
    let file = "[log]\nformat = \"json\"\n[sandbox]\nconcurrency_max = 2";
    let variable = ("VESICLE_SANDBOX_CONCURRENCY_MAX", "3");
    let typed = flag(
        "--concurrency",
        "sandbox.concurrency_max",
        Value::Integer(4),
    );

    let count = |configuration: &Configuration| shown(configuration, "sandbox.concurrency_max");
    let default = load("", &[], &[]).unwrap();
    assert_eq!(count(&default), "sandbox.concurrency_max = 1000 # default");
    let of_file = load(file, &[], &[]).unwrap();
    assert_eq!(
        count(&of_file),
        "sandbox.concurrency_max = 2 # vesicle.toml:4"
    );
    let of_variable = load(file, &[variable], &[]).unwrap();
    assert_eq!(
        count(&of_variable),
        "sandbox.concurrency_max = 3 # VESICLE_SANDBOX_CONCURRENCY_MAX"
    );
    let of_flag = load(file, &[variable], &[typed]).unwrap();
    assert_eq!(
        count(&of_flag),
        "sandbox.concurrency_max = 4 # --concurrency"
    );
    assert_eq!(of_flag.sandbox().concurrency_max, 4);
    // What the stronger ones do not say stays.
    assert_eq!(of_flag.log_format, LogFormat::Json);
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    let all = Configuration::of(None, [], &[]).unwrap();
    for row in &all.rows {
        let value = match &row.value {
            Value::List(names) => names.join(","),
            Value::Text(text) => text.clone(),
            Value::Preopens(_) => "/:/all".to_owned(),
            Value::Hosts(_) => "api.example.com:443".to_owned(),
            other => other.to_string().trim_matches('"').to_owned(),
        };
        let variable = keys::variable(&row.key);
        let set = load("", &[(&variable, &value)], &[]).unwrap();
        assert!(
            shown(&set, &row.key).contains(&format!("# {variable}")),
            "{variable}"
        );
    }
}

#[test]
fn the_printed_defaults_are_the_defaults() {
    let written = loaded(&defaults());
    let unwritten = Configuration::of(None, [], &[]).unwrap();
    assert_eq!(written.policy, unwritten.policy);
    for (written, unwritten) in written.rows.iter().zip(&unwritten.rows) {
        assert_eq!(written.key, unwritten.key);
        assert_eq!(written.value, unwritten.value);
        // What differs from user to user is only described.
        let in_file = matches!(written.origin, Origin::File(..));
        assert_eq!(
            in_file,
            !written.key.ends_with("_dir")
                && ![
                    "audit.dir",
                    "auth.tokens",
                    "memory.file",
                    "plugins.dir",
                    "plugins.grants",
                    "plugins.trusted_keys",
                    "state.file"
                ]
                .contains(&written.key.as_str()),
            "{}",
            written.key
        );
    }
    assert_snapshot!("defaults", defaults());
}

#[test]
fn what_is_shown_says_the_same_again() {
    let first = loaded(
        "profile = \"b\"\n[profiles.b]\ninherits = \"a\"\nmemory_mb = 32\n[profiles.a]\ninherits = \"default\"\nwall_time_ms = 1\n[sandbox]\ncache_dir = \"a \\\" b\"",
    );
    let second = loaded(&first.as_text());
    assert_eq!(first.policy, second.policy);
    assert_eq!(first.sandbox().cache_dir, second.sandbox().cache_dir);
}

#[test]
fn rules_of_the_source_check_are_set_one_by_one() {
    let file = "[source_check]\neval = \"warn\"\nnetwork = \"warn\"";
    let variable = ("VESICLE_SOURCE_CHECK_NETWORK", "off");
    let policy = load(file, &[variable], &[]).unwrap().policy.source();
    let expected = SourcePolicy::default()
        .with(ViolationType::Eval, RuleAction::Warn)
        .with(ViolationType::Network, RuleAction::Off);
    assert_eq!(policy, expected);
    for (_, action) in RuleAction::ALL {
        let text = |(name, _): (&str, ViolationType)| {
            let (action, _) = RuleAction::ALL
                .into_iter()
                .find(|(_, a)| *a == action)
                .unwrap();
            format!("{name} = \"{action}\"\n")
        };
        let file: String = ViolationType::ALL.map(text).concat();
        let policy = loaded(&format!("[source_check]\n{file}")).policy.source();
        for (name, rule) in ViolationType::ALL {
            assert_eq!(policy.action(rule), action, "{name}");
        }
    }
    assert_snapshot!(load("[source_check]\neval = \"no\"\nevil = \"off\"", &[], &[]).unwrap_err());
}

#[test]
fn profiles_change_and_inherit() {
    let configuration = loaded(
        "[profiles.default]\nwall_time_ms = 4000\n[profiles.ci]\ninherits = \"slow\"\nmemory_mb = 200\n[profiles.slow]\ninherits = \"default\"\nwall_time_ms = 60000",
    );
    assert_eq!(
        limits(&configuration, "default").wall_time.as_millis(),
        4_000
    );
    assert_eq!(limits(&configuration, "default").memory_bytes, 128 << 20);
    assert_eq!(limits(&configuration, "ci").wall_time.as_millis(), 60_000);
    assert_eq!(limits(&configuration, "ci").memory_bytes, 200 << 20);
    assert_eq!(limits(&configuration, "slow").memory_bytes, 128 << 20);
    assert_snapshot!(shown(&configuration, "profiles.slow.memory_mb"), @"profiles.slow.memory_mb = 128 # default (profiles.default.memory_mb)");
    assert_snapshot!(shown(&configuration, "profiles.ci.wall_time_ms"), @"profiles.ci.wall_time_ms = 60000 # vesicle.toml:8 (profiles.slow.wall_time_ms)");
    assert_snapshot!(shown(&configuration, "profiles.ci.inherits"), @r#"profiles.ci.inherits = "slow" # vesicle.toml:4"#);
}

#[test]
fn a_profile_can_be_made_of_variables() {
    let variables = [
        ("VESICLE_PROFILES_MY_CI_INHERITS", "restrictive"),
        ("VESICLE_PROFILES_MY_CI_WALL_TIME_MS", "20"),
        ("VESICLE_PROFILE", "my_ci"),
    ];
    let configuration = load("", &variables, &[]).unwrap();
    assert_eq!(configuration.policy.default_profile().name, "my_ci");
    assert_eq!(
        configuration
            .policy
            .default_profile()
            .limits
            .wall_time
            .as_millis(),
        20
    );
}

#[test]
fn a_default_profile_is_the_ceiling_of_callers() {
    assert_eq!(
        offered(&loaded("")),
        ["restrictive", "default", "permissive"]
    );
    let strict = loaded("profile = \"restrictive\"");
    assert_eq!(offered(&strict), ["restrictive"]);
    assert_snapshot!(shown(&strict, "serve.profiles"), @r#"serve.profiles = ["restrictive"] # vesicle.toml:1 (profile)"#);
    // One limit that is wider is enough to be too wide.
    let own = "profile = \"own\"\n[profiles.own]\ninherits = \"default\"\nmemory_mb = 32\n[profiles.tiny]\ninherits = \"own\"\nwall_time_ms = 5";
    assert_eq!(offered(&loaded(own)), ["own", "tiny"]);
    let typed = [flag("--profile", "profile", text("restrictive"))];
    assert_eq!(offered(&load("", &[], &typed).unwrap()), ["restrictive"]);
}

#[test]
fn a_list_of_profiles_is_what_callers_may_ask_for() {
    let listed = loaded("profile = \"restrictive\"\n[serve]\nprofiles = [\"permissive\"]");
    assert_eq!(offered(&listed), ["restrictive", "permissive"]);
    let refused = listed.policy.profile(Some("default"), Asker::Caller);
    assert!(matches!(refused, Err(LimitsError::NotOffered { .. })));
    assert!(
        listed
            .policy
            .profile(Some("default"), Asker::Operator)
            .is_ok()
    );
    assert_eq!(offered(&loaded("serve.profiles = []")), ["default"]);
}

#[test]
fn paths_count_from_the_file_and_the_cache_can_be_off() {
    let dir = |configuration: Configuration| configuration.sandbox().cache_dir;
    let relative = loaded("[sandbox]\ncache_dir = \"cache\"");
    assert_eq!(dir(relative), Some(PathBuf::from("/etc/vesicle/cache")));
    let absolute = loaded("[sandbox]\ncache_dir = \"/cache\"");
    assert_eq!(dir(absolute), Some(PathBuf::from("/cache")));
    let variable = load("", &[("VESICLE_CACHE_DIR", "cache")], &[]);
    assert_eq!(dir(variable.unwrap()), Some(PathBuf::from("cache")));
    let off = loaded("[sandbox]\ncache = false\ncache_dir = \"/cache\"");
    assert_eq!(dir(off), None);
}

#[test]
fn the_audit_log_lies_in_the_data_directory_unless_it_has_a_place() {
    let dir = |text: &str| loaded(text).audit_dir().unwrap().to_owned();
    assert_eq!(dir("data_dir = \"/d\""), PathBuf::from("/d/audit"));
    assert_eq!(
        dir("data_dir = \"/d\"\n[audit]\ndir = \"a\""),
        PathBuf::from("/etc/vesicle/a")
    );
    let follows = loaded("data_dir = \"/d\"");
    assert_snapshot!(shown(&follows, "audit.dir"), @r#"audit.dir = "/d/audit" # vesicle.toml:1 (data_dir)"#);
}

#[test]
fn whose_executions_are_audited() {
    let audited = |text: &str| {
        let configuration = loaded(&format!("data_dir = \"/d\"\n{text}"));
        [Runner::Run, Runner::Serve].map(|runner| configuration.audit(runner).unwrap().is_some())
    };
    assert_eq!(audited(""), [false, true]);
    assert_eq!(audited("audit.enabled = \"always\""), [true, true]);
    assert_eq!(audited("audit.enabled = \"never\""), [false, false]);
    let all = loaded(
        "data_dir = \"/d\"\n[audit]\nrotate_mb = 1\nkeep_files = \"unlimited\"\nsync = true\npayloads = true\non_failure = \"refuse\"",
    );
    let settings = all.audit(Runner::Serve).unwrap().unwrap().clone();
    assert_eq!(
        settings,
        crate::audit::Settings {
            dir: PathBuf::from("/d/audit"),
            rotation: crate::audit::Rotation {
                file_bytes_max: 1 << 20,
                files_max: u64::MAX
            },
            sync: true,
            on_failure: crate::audit::OnFailure::Refuse,
            payloads: true,
        }
    );
}

#[test]
fn a_new_file_says_what_holds_without_it_and_every_key_can_be_set_in_it() {
    let text = starter(Starter::default());
    let written = loaded(&text);
    let unwritten = Configuration::of(None, [], &[]).unwrap();
    assert_eq!(written.policy, unwritten.policy);
    let set = written
        .rows
        .iter()
        .filter(|row| matches!(row.origin, Origin::File(..)));
    let set: Vec<&str> = set.map(|row| &*row.key).collect();
    assert_eq!(
        set,
        [
            "serve.tools",
            "memory.enabled",
            "memory.programs",
            "plugins.save",
            "audit.enabled"
        ]
    );
    for (written, unwritten) in written.rows.iter().zip(&unwritten.rows) {
        assert_eq!(written.value, unwritten.value, "{}", written.key);
    }
    // Taking a `#` away makes the line that `config show --defaults` has.
    let all = defaults();
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().skip_while(|line| !line.is_empty());
        lines
            .map(|line| line.trim_start_matches("# ").to_owned())
            .collect()
    };
    assert_eq!(lines(&text), lines(&all));
}
