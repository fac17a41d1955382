//! Directories that the configuration grants.

use super::*;
use crate::limits::Asker;

fn granted(configuration: &Configuration, profile: &str) -> Vec<String> {
    let profile = configuration.policy.profile(Some(profile), Asker::Operator);
    let files = &profile.unwrap().files;
    let told = files
        .directories()
        .iter()
        .map(|directory| format!("{} {:?}", directory.guest(), directory.access()));
    told.collect()
}

const TWO: &str = r#"
[[preopen]]
host = "/"
guest = "/all"
[[profiles.permissive.preopen]]
host = "/tmp"
guest = "/out"
access = "read-write"
quota_mb = 1
"#;

#[test]
fn profiles_have_the_directories_of_all_and_their_own() {
    let two = load(TWO, &[], &[]).unwrap();
    assert_eq!(granted(&two, "default"), ["/all Read"]);
    assert_eq!(granted(&two, "permissive"), ["/all Read", "/out ReadWrite"]);
    let variable = ("VESICLE_PREOPEN", "/:/x, /tmp:/y:rw");
    let other = load(TWO, &[variable], &[]).unwrap();
    assert_eq!(granted(&other, "default"), ["/x Read", "/y ReadWrite"]);
    // What is shown says the same again.
    let again = load(&two.as_text(), &[], &[]).unwrap();
    assert_eq!(granted(&again, "permissive"), granted(&two, "permissive"));
}

/// More directories are more than the ceiling, though every limit is narrower.
#[test]
fn a_profile_with_more_directories_is_wider() {
    let file = "[[profiles.restrictive.preopen]]\nhost = \"/\"\nguest = \"/all\"";
    let names = |profile: &str| {
        let text = format!("profile = \"{profile}\"\n{file}");
        let policy = load(&text, &[], &[]).unwrap().policy;
        let names = policy.open_to(Asker::Caller).map(|p| p.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("default"), ["default"]);
    assert_eq!(names("restrictive"), ["restrictive"]);
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let wrong = |file: &str| load(file, &[], &[]).unwrap_err().to_string();
    for (file, told) in [
        ("preopen = 1", "`preopen` cannot be 1"),
        ("[[preopen]]\nguest = \"/x\"", "has no `host`"),
        ("[[preopen]]\nhost = \"/\"", "has no `guest`"),
        ("[[preopen]]\nhots = \"/\"", "did you mean `host`?"),
        (
            "[[preopen]]\nhost = \"/\"\nguest = \"x\"",
            "cannot be a directory's name",
        ),
        (
            "[[preopen]]\nhost = \"/none\"\nguest = \"/x\"",
            "cannot open the directory",
        ),
        (
            "[[preopen]]\nhost = \"/proc\"\nguest = \"/x\"",
            "shows the system itself",
        ),
        (
            "[[preopen]]\nhost = \"/\"\nguest = \"/x\"\naccess = \"write\"",
            "`access` of `preopen` cannot be",
        ),
        (
            "[[preopen]]\nhost = \"/\"\nguest = \"/x\"\nquota_mb = -1",
            "`quota_mb` of `preopen` cannot be -1",
        ),
    ] {
        let text = wrong(file);
        assert!(text.contains(told), "{file}: {text}");
    }
}
