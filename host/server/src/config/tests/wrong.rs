//! What is said of configurations that are wrong.

use insta::assert_snapshot;

use super::{Value, flag, load, text};

fn refused(text: &str) -> String {
    load(text, &[], &[]).unwrap_err()
}

fn refused_variable(name: &str, value: &str) -> String {
    load("", &[(name, value)], &[]).unwrap_err()
}

#[test]
fn keys_that_there_are_not() {
    assert_snapshot!(refused("[profiles.default]\nmemory = 64"), @r"
        unknown key `memory`
         --> vesicle.toml:2:1
          |
        2 | memory = 64
          | ^^^^^^ did you mean `memory_mb`?
        ");
    assert_snapshot!(refused("memory_mb = 64"), @r"
        unknown key `memory_mb`
         --> vesicle.toml:1:1
          |
        1 | memory_mb = 64
          | ^^^^^^^^^ it belongs under [profiles.NAME]
        ");
    assert_snapshot!(refused("format = \"json\""), @r#"
        unknown key `format`
         --> vesicle.toml:1:1
          |
        1 | format = "json"
          | ^^^^^^ it belongs under [log]
        "#);
    assert_snapshot!(refused("[log]\nzzz = 1"), @r"
        unknown key `zzz`
         --> vesicle.toml:2:1
          |
        2 | zzz = 1
          | ^^^ here go format
        ");
    assert_snapshot!(refused("[sandbx]\ncache = true"), @r"
        unknown key `sandbx`
         --> vesicle.toml:1:2
          |
        1 | [sandbx]
          |  ^^^^^^ did you mean `sandbox`?
        ");
    assert_snapshot!(refused("\"sandbox.cache\" = true"), @r#"
        unknown key `sandbox.cache`
         --> vesicle.toml:1:1
          |
        1 | "sandbox.cache" = true
          | ^^^^^^^^^^^^^^^ did you mean `sandbox`?
        "#);
    assert_snapshot!(refused("[profiles.My-CI]\nmemory_mb = 64"), @r"
        `My-CI` cannot be the name of a profile
         --> vesicle.toml:1:11
          |
        1 | [profiles.My-CI]
          |           ^^^^^ use small letters, digits and `_`, a letter first
        ");
    assert_snapshot!(refused("[profiles.permisive]\nmemory_mb = 64"), @r#"
        `permisive` is no built-in profile, and does not say what it inherits
         --> vesicle.toml:1:11
          |
        1 | [profiles.permisive]
          |           ^^^^^^^^^ did you mean `permissive`? A new profile needs `inherits = "default"`
        "#);
    assert_snapshot!(refused("[profiles.x]"), @r#"
        `x` is no built-in profile, and does not say what it inherits
         --> vesicle.toml:1:11
          |
        1 | [profiles.x]
          |           ^ add `inherits = "default"`
        "#);
}

#[test]
fn values_that_do_not_fit() {
    assert_snapshot!(refused("profile = 5"), @r"
        `profile` cannot be 5
         --> vesicle.toml:1:11
          |
        1 | profile = 5
          |           ^ give the name of a profile
        ");
    assert_snapshot!(refused("[profiles.default]\nmemory_mb = 257"), @r"
        `profiles.default.memory_mb` cannot be 257
         --> vesicle.toml:2:13
          |
        2 | memory_mb = 257
          |             ^^^ give a whole number of MB from 8 to 256
        ");
    assert_snapshot!(refused("[profiles.default]\nwall_time_ms = -1"), @r"
        `profiles.default.wall_time_ms` cannot be -1
         --> vesicle.toml:2:16
          |
        2 | wall_time_ms = -1
          |                ^^ give a whole number of milliseconds from 1 to 3600000
        ");
    assert_snapshot!(refused("[profiles.default]\nwall_time_ms = \"5s\""), @r#"
        `profiles.default.wall_time_ms` cannot be "5s"
         --> vesicle.toml:2:16
          |
        2 | wall_time_ms = "5s"
          |                ^^^^ give a whole number of milliseconds from 1 to 3600000
        "#);
    assert_snapshot!(refused("[sandbox]\ncache = \"no\""), @r#"
        `sandbox.cache` cannot be "no"
         --> vesicle.toml:2:9
          |
        2 | cache = "no"
          |         ^^^^ give `true` or `false`
        "#);
    assert_snapshot!(refused("[sandbox]\ncache_dir = \"\""), @r#"
        `sandbox.cache_dir` cannot be ""
         --> vesicle.toml:2:13
          |
        2 | cache_dir = ""
          |             ^^ give a path
        "#);
    assert_snapshot!(refused("[log]\nformat = \"xml\""), @r#"
        `log.format` cannot be "xml"
         --> vesicle.toml:2:10
          |
        2 | format = "xml"
          |          ^^^^^ give "text" or "json"
        "#);
    assert_snapshot!(refused("[serve]\nprofiles = [\"default\", 5]"), @r#"
        `serve.profiles` cannot be ["default", 5]
         --> vesicle.toml:2:12
          |
        2 | profiles = ["default", 5]
          |            ^^^^^^^^^^^^^^ give a list of names of profiles
        "#);
    assert_snapshot!(refused("sandbox = 5"), @r"
        `sandbox` is a section, not a value
         --> vesicle.toml:1:11
          |
        1 | sandbox = 5
          |           ^ write [sandbox], and its keys below
        ");
    assert_snapshot!(refused("[[profiles]]\nname = \"ci\""), @r"
        `profiles` is a section, not a value
         --> vesicle.toml:1:1
          |
        1 | [[profiles]]
          | ^^^^^^^^^^^^ write [profiles], and its keys below
        ");
    assert_snapshot!(refused("[serve]\nprofiles = [\n  \"default\",\n  5,\n]"), @r#"
        `serve.profiles` cannot be this
         --> vesicle.toml:2:12
          |
        2 |   profiles = [
          |  ____________^
        3 | |   "default",
        4 | |   5,
        5 | | ]
          | |_^ give a list of names of profiles
        "#);
}

#[test]
fn text_that_is_not_toml() {
    assert_snapshot!(refused("profile = default"), @r"
        this is not TOML
         --> vesicle.toml:1:11
          |
        1 | profile = default
          |           ^^^^^^^ string values must be quoted, expected literal string
        ");
    assert_snapshot!(refused("profile = \"default\"\nprofile = \"ci\""), @r#"
        this is not TOML
         --> vesicle.toml:2:1
          |
        2 | profile = "ci"
          | ^^^^^^^ duplicate key
        "#);
    assert_snapshot!(refused("[log"), @r"
        this is not TOML
         --> vesicle.toml:1:5
          |
        1 | [log
          |     ^ unclosed table, expected `]`
        ");
}

#[test]
fn profiles_that_do_not_hang_together() {
    assert_snapshot!(refused("profile = \"permisive\""), @r#"
        there is no profile `permisive`
         --> vesicle.toml:1:11
          |
        1 | profile = "permisive"
          |           ^^^^^^^^^^^ did you mean `permissive`?
        "#);
    assert_snapshot!(refused("[serve]\nprofiles = [\"zzz\"]"), @r#"
        there is no profile `zzz`
         --> vesicle.toml:2:12
          |
        2 | profiles = ["zzz"]
          |            ^^^^^^^ take one of restrictive, default, permissive
        "#);
    assert_snapshot!(refused("[profiles.a]\ninherits = \"zzz\"\n[profiles.b]\ninherits = \"a\""), @r#"
        there is no profile `zzz`
         --> vesicle.toml:2:12
          |
        2 | inherits = "zzz"
          |            ^^^^^ take one of restrictive, default, permissive, a, b
        "#);
    assert_snapshot!(refused("[profiles.a]\ninherits = \"b\"\n[profiles.b]\ninherits = \"a\"\n[profiles.c]\ninherits = \"a\""), @r#"
        the profile `a` inherits itself
         --> vesicle.toml:2:12
          |
        2 | inherits = "b"
          |            ^^^ a → b → a: let one of them inherit a built-in one

        error: the profile `b` inherits itself
         --> vesicle.toml:4:12
          |
        4 | inherits = "a"
          |            ^^^ b → a → b: let one of them inherit a built-in one
        "#);
    assert_snapshot!(refused("[profiles.a]\ninherits = \"a\""), @r#"
        the profile `a` inherits itself
         --> vesicle.toml:2:12
          |
        2 | inherits = "a"
          |            ^^^ a → a: let one of them inherit a built-in one
        "#);
    assert_snapshot!(refused("[profiles.default]\ninherits = \"restrictive\""), @r#"
        the profile `default` is built in and inherits nothing
         --> vesicle.toml:2:12
          |
        2 | inherits = "restrictive"
          |            ^^^^^^^^^^^^^ set its limits, or make a profile of another name
        "#);
}

#[test]
fn variables_that_are_wrong() {
    assert_snapshot!(refused_variable("VESICLE_FOO", "1"), @"VESICLE_FOO: no key has this environment variable; unset it, or see `vesicle config show --defaults` for those there are");
    assert_snapshot!(refused_variable("VESICLE_LOGFORMAT", "json"), @"VESICLE_LOGFORMAT: no key has this environment variable; did you mean VESICLE_LOG_FORMAT?");
    assert_snapshot!(refused_variable("VESICLE_PROFILES_CI_WALL_TIME", "5"), @"VESICLE_PROFILES_CI_WALL_TIME: no key has this environment variable; did you mean VESICLE_PROFILES_CI_WALL_TIME_MS?");
    assert_snapshot!(refused_variable("VESICLE_PROFILES_DEFAULT_WALL_TIME_MS", "5s"), @"VESICLE_PROFILES_DEFAULT_WALL_TIME_MS: `profiles.default.wall_time_ms` cannot be `5s`; give a whole number of milliseconds from 1 to 3600000");
    assert_snapshot!(refused_variable("VESICLE_PROFILES_CI_WALL_TIME_MS", "5"), @"VESICLE_PROFILES_CI_WALL_TIME_MS: `ci` is no built-in profile, and does not say what it inherits; add VESICLE_PROFILES_CI_INHERITS=default");
    assert_snapshot!(refused_variable("VESICLE_PROFILES_ci_WALL_TIME_MS", "5"), @"VESICLE_PROFILES_ci_WALL_TIME_MS: no key has this environment variable; did you mean VESICLE_PROFILES_CI_WALL_TIME_MS?");
    assert_snapshot!(refused_variable("VESICLE_PROFILE", "fast"), @"VESICLE_PROFILE: there is no profile `fast`; take one of restrictive, default, permissive");
    assert_snapshot!(load("", &[("VESICLE_CACHE_DIR", "a"), ("VESICLE_SANDBOX_CACHE_DIR", "b")], &[]).unwrap_err(), @"VESICLE_SANDBOX_CACHE_DIR: `sandbox.cache_dir` is set twice, also as VESICLE_CACHE_DIR; unset one of them");
}

#[test]
fn options_that_are_wrong() {
    let typed = |name, key, value| load("", &[], &[flag(name, key, value)]).unwrap_err();
    assert_snapshot!(typed("--profile", "profile", text("fast")), @"--profile: there is no profile `fast`; take one of restrictive, default, permissive");
    assert_snapshot!(typed("--concurrency", "sandbox.concurrency_max", Value::Integer(0)), @"--concurrency: it cannot be 0; give a whole number of executions from 1 to 4294967295");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    assert_snapshot!(load("b = 1\n[log]\na = 2", &[("VESICLE_C", "3")], &[]).unwrap_err(), @r"
        unknown key `b`
         --> vesicle.toml:1:1
          |
        1 | b = 1
          | ^ here go profile, data_dir, preopen, allow_hosts, sandbox, serve, tools, source_check, network, state, memory, plugins, http, auth, audit, log, telemetry, profiles, secrets, servers, accounts

        error: unknown key `a`
         --> vesicle.toml:3:1
          |
        3 | a = 2
          | ^ here go format

        error: VESICLE_C: no key has this environment variable; did you mean VESICLE_CONFIG?
        ");
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_shown() {
    for text in [
        "[secrets]\nkey = \"hunter22\"",
        "[secrets]\nkey = [\"hunter22\"]",
        "[secrets]\nkey = { value = \"hunter22\" }",
        "[secrets]\nkey = { env = [\"hunter22\"] }",
        "[secrets.key]\nfiel = \"hunter22\"",
        "[secrets]\nKey = \"hunter22\"",
        "secrets = \"hunter22\"",
    ] {
        let told = load(text, &[], &[]).unwrap_err();
        assert!(!told.contains("hunter22"), "{told}");
        assert!(told.starts_with("vesicle.toml:"), "{told}");
    }
    assert_snapshot!(load("[secrets]\nkey = \"hunter22\"", &[], &[]).unwrap_err(), @r#"vesicle.toml:2: the secret `key` stands in the file; a secret is never written here: give { env = "VARIABLE" } or { file = "path" }, and change the secret, which may have been read"#);
    assert_snapshot!(load("", &[("VESICLE_SECRETS_KEY_ENV", "A"), ("VESICLE_SECRETS_KEY_FILE", "b")], &[]).unwrap_err(), @"VESICLE_SECRETS_KEY_FILE: the secret `key` has both `env` and `file`; keep one of them");
}

#[test]
fn a_secret_that_is_not_there_or_too_short() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    let told = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let read = load("", &[("VESICLE_SECRETS_KEY_FILE", path)], &[]).unwrap();
        read.secrets()
            .map(|secrets| secrets.value("key").unwrap().to_owned())
            .map_err(|error| error.to_string())
    };
    assert_eq!(told("12345678\n"), Ok("12345678".to_owned()));
    assert_snapshot!(told("1234567\n").unwrap_err(), @"VESICLE_SECRETS_KEY_FILE: the secret `key` cannot be used: it is 7 bytes long, and a secret has at least 8: a shorter one would be found in texts that have nothing to do with it; put it there, or take this line out");
    let absent = load("", &[("VESICLE_SECRETS_KEY_ENV", "NO_SUCH_VARIABLE")], &[]).unwrap();
    assert_snapshot!(absent.secrets().unwrap_err(), @"VESICLE_SECRETS_KEY_ENV: the secret `key` cannot be used: the variable NO_SUCH_VARIABLE: environment variable not found; put it there, or take this line out");
}
