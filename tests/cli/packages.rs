//! What packages are made of: every file is there, and what they install works.

use std::fs;

use crate::{
    command,
    config::Place,
    support::{VESICLE, in_repository},
    vesicle,
};

#[test]
fn every_file_of_the_debian_package_is_in_the_repository_or_is_made() {
    let manifest = in_repository("host/server/Cargo.toml");
    let text = fs::read_to_string(manifest).expect("a manifest");
    let (_, deb) = text
        .split_once("[package.metadata.deb]")
        .expect("a section");
    let rows = deb
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[\""));
    let sources: Vec<&str> = rows.filter_map(|row| row.split('"').next()).collect();
    assert!(sources.len() >= 8, "{sources:?}");
    for source in sources {
        let is_made = source.starts_with("target/release/");
        assert!(
            is_made || in_repository("host/server").join(source).exists(),
            "{source}"
        );
    }
    let unit = fs::read_to_string(in_repository("packaging/vesicle.service")).expect("a unit");
    for line in [
        "ExecStart=/usr/bin/vesicle serve --config /etc/vesicle/vesicle.toml",
        "ProtectSystem=strict",
        "User=vesicle",
    ] {
        assert!(unit.lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn the_services_configuration_is_one() {
    let file = in_repository("packaging/vesicle.toml");
    let file = file.to_str().expect("a UTF-8 path");
    let shown = vesicle(&["config", "show", "--config", file]);
    assert_eq!(shown.code(), Some(0), "{shown}");
    for part in [
        "\"127.0.0.1:8787\"",
        "\"/var/lib/vesicle\"",
        "\"/var/cache/vesicle\"",
    ] {
        assert!(shown.stdout().contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_release_without_its_tools_says_which_are_missing() {
    let place = Place::empty();
    let script = in_repository("packaging/release.sh");
    // A PATH with what the script needs, and neither of the tools.
    for program in ["cargo", "sed", "head", "rustc", "dirname", "sh"] {
        let found = command("sh", &["-c", &format!("command -v {program}")]).output();
        let found = String::from_utf8(found.expect("sh runs").stdout).expect("text");
        std::os::unix::fs::symlink(found.trim(), place.0.path().join(program)).expect("a link");
    }
    let finished = command("sh", &[script.to_str().expect("a UTF-8 path")])
        .env("PATH", place.0.path())
        .env("DIST", place.0.path().join("dist"))
        .output();
    let finished = crate::Finished(finished.expect("sh runs"));
    assert_eq!(finished.code(), Some(1), "{finished}");
    assert!(
        finished
            .stderr()
            .contains("cargo install --locked cargo-deb"),
        "{finished}"
    );
    assert!(!place.0.path().join("dist").exists());
    assert!(std::path::Path::new(VESICLE).exists());
}
