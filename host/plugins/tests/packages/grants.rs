//! `grants.toml`, the operator's own file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use vesicle_plugins::digest::Digest;
use vesicle_plugins::grants::{
    GRANTS_MAX, Grant, Granted, GrantedHost, GrantedPreopen, GrantsFile, Rights, Standing,
};
use vesicle_plugins::operator::OPERATOR_FILE_BYTES_MAX;
use vesicle_plugins::permissions::{
    Access, AskedPreopen, HostPattern, Limits, Memory, Pattern, Permissions, ToolPattern,
};

use crate::support::name;

fn asked() -> Permissions {
    let mut limits = Limits::default();
    limits.set("memory_mb", 128);
    Permissions {
        preopens: ["/data", "/out"]
            .map(|guest| AskedPreopen {
                guest: guest.to_owned(),
                access: Access::ReadWrite,
            })
            .to_vec(),
        hosts: ["api.example.com:443", "*.cdn.example:443"]
            .map(|host| HostPattern::parse(host).unwrap())
            .to_vec(),
        env: vec!["LANG".to_owned(), "TOKEN".to_owned()],
        tools: ["github.*", "jira.get_*"]
            .map(|tool| ToolPattern::parse(tool).unwrap())
            .to_vec(),
        memory: Memory {
            domains: vec![Pattern::parse("*").unwrap()],
            record: true,
        },
        state: true,
        questions: true,
        limits,
    }
}

fn grant(digest: Digest) -> Grant {
    let mut limits = Limits::default();
    limits.set("memory_mb", 64);
    limits.set("wall_time_ms", 9_000);
    Grant {
        plugin: name("csv-query"),
        digest,
        granted: Granted {
            preopens: vec![GrantedPreopen {
                host: PathBuf::from("/srv/\"data\""),
                guest: "/data".to_owned(),
                access: Access::Read,
                quota_mb: Some(10),
                quota_files: None,
            }],
            hosts: vec![
                GrantedHost {
                    host: HostPattern::parse("*.example.com:443").unwrap(),
                    addresses: vec!["10.0.0.0/24".to_owned()],
                },
                GrantedHost {
                    host: HostPattern::parse("a.cdn.example:443").unwrap(),
                    addresses: vec![],
                },
            ],
            env: vec!["LANG".to_owned()],
            tools: ["*.get_*", "jira.*"]
                .map(|tool| ToolPattern::parse(tool).unwrap())
                .to_vec(),
            memory: Memory {
                domains: vec![Pattern::parse("web-*").unwrap()],
                record: false,
            },
            state: true,
            questions: true,
            limits,
        },
    }
}

fn table(rights: &Rights) -> String {
    let rows = rights.rows.iter().map(|row| {
        format!(
            "{}: asked {:?}, granted {:?}, effective {:?}, missing {:?}",
            row.kind, row.asked, row.granted, row.effective, row.missing
        )
    });
    format!(
        "{}\nmissing: {}",
        rows.collect::<Vec<_>>().join("\n"),
        rights.missing()
    )
}

#[test]
fn asked_granted_and_effective_stand_side_by_side() {
    let digest = Digest::of(b"");
    let rights = Rights::new(&asked(), Standing::Granted(grant(digest)));
    insta::assert_snapshot!(table(&rights));
    assert!(!rights.is_complete());
    assert_eq!(rights.effective.limit("memory_mb", 256), 64);
    assert_eq!(rights.effective.limit("wall_time_ms", 5_000), 5_000);
    assert!(Rights::new(&Permissions::default(), Standing::Never).is_complete());
}

#[test]
fn a_changed_component_has_no_grant() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.toml");
    let mut file = GrantsFile::read(&path).unwrap();
    let [known, other] = [Digest::of(b"known"), Digest::of(b"other")];
    file.grant(&grant(known)).unwrap();
    let plugin = name("csv-query");
    assert_eq!(
        file.standing(&plugin, known),
        Standing::Granted(grant(known))
    );
    assert_eq!(
        file.standing(&plugin, other),
        Standing::Changed(grant(known))
    );
    assert_eq!(file.standing(&name("another"), known), Standing::Never);
    for standing in [file.standing(&plugin, other), Standing::Never] {
        let rights = Rights::new(&asked(), standing);
        assert!(
            rights
                .rows
                .iter()
                .all(|row| row.effective.is_empty() && row.granted.is_empty())
        );
        assert_eq!(
            rights.effective.limit("memory_mb", 100),
            100,
            "a limit that is not granted is the profile's"
        );
    }
}

#[test]
fn what_is_granted_is_read_again_as_it_was_and_comments_stay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("etc/grants.toml");
    let mut file = GrantsFile::read(&path).unwrap();
    file.grant(&grant(Digest::of(b"one"))).unwrap();
    let told = fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!(told);
    let by_hand = format!(
        "# Mine.\n{told}\n# Asked for by the web team.\n[[grant]]\nplugin = \"other\" # them\ndigest = \"{}\"\nstate = true\n",
        Digest::of(b"two")
    );
    fs::write(&path, &by_hand).unwrap();
    let mut file = GrantsFile::read(&path).unwrap();
    assert_eq!(file.grants()[0], grant(Digest::of(b"one")));
    let mut wider = grant(Digest::of(b"three"));
    wider.granted.env.push("TOKEN".to_owned());
    file.grant(&wider).unwrap();
    assert_eq!(GrantsFile::read(&path).unwrap(), file);
    assert_eq!(file.grants().len(), 2);
    assert_eq!(file.grants()[0], wider);
    let changed = fs::read_to_string(&path).unwrap();
    for kept in [
        "# Mine.",
        "# Asked for by the web team.",
        "plugin = \"other\" # them",
    ] {
        assert!(changed.contains(kept), "{changed}");
    }
    assert!(file.revoke(&name("csv-query")).unwrap());
    assert!(!file.revoke(&name("csv-query")).unwrap());
    let left = fs::read_to_string(&path).unwrap();
    assert!(
        left.contains("plugin = \"other\" # them") && !left.contains("csv-query"),
        "{left}"
    );
}

#[test]
fn what_another_process_granted_meanwhile_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.toml");
    let mut one = GrantsFile::read(&path).unwrap();
    let mut other = GrantsFile::read(&path).unwrap();
    let of = |plugin: &str| Grant {
        plugin: name(plugin),
        ..grant(Digest::of(b""))
    };
    one.grant(&of("one")).unwrap();
    other.grant(&of("other")).unwrap();
    assert_eq!(GrantsFile::read(&path).unwrap().grants().len(), 2);
    assert_eq!(other.grants().len(), 2);
}

#[test]
fn a_file_that_is_wrong_grants_nothing_and_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.toml");
    let digest = Digest::of(b"");
    let wrong = format!(
        "[[grant]]\nplugin = \"a\"\ndigest = \"{digest}\"\nhost = [\"a.example:443\"]\nhosts = [{{ host = \"1.2.3.4:443\", addresses = [\"10.0.0.1\"] }}]\n\
         preopen = [{{ host = \"srv\", guest = \"/data\" }}]\n\n[[grant]]\nplugin = \"../a\"\nmemory = {{ record = true }}\n"
    );
    fs::write(&path, &wrong).unwrap();
    let told = GrantsFile::read(&path).unwrap_err().to_string();
    insta::assert_snapshot!(told.replace(path.to_str().unwrap(), "grants.toml"));
    let twice = format!("[[grant]]\nplugin = \"a\"\ndigest = \"{digest}\"\n").repeat(2);
    fs::write(&path, &twice).unwrap();
    assert!(
        GrantsFile::read(&path)
            .unwrap_err()
            .to_string()
            .contains("`a` has two grants")
    );
    fs::write(&path, "").unwrap();
    let mut file = GrantsFile::read(&path).unwrap();
    fs::write(&path, &twice).unwrap();
    assert!(file.grant(&grant(digest)).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), twice);
    fs::write(&path, "").unwrap();
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o666);
    assert!(
        GrantsFile::read(&path)
            .unwrap_err()
            .to_string()
            .contains("chmod o-w")
    );
    mode(0o644);
    assert!(GrantsFile::read(&path).is_ok());
    fs::write(&path, b"\xff").unwrap();
    assert!(
        GrantsFile::read(&path)
            .unwrap_err()
            .to_string()
            .contains("it is not UTF-8")
    );
}

#[test]
fn what_is_granted_as_asked_holds_but_for_directories() {
    let granted = Granted::as_asked(&asked());
    let grant = Grant {
        granted,
        ..grant(Digest::of(b""))
    };
    let rights = Rights::new(&asked(), Standing::Granted(grant));
    assert_eq!(
        rights.missing(),
        "preopen /data (read-write), /out (read-write)"
    );
}

#[test]
fn a_file_has_so_many_grants_and_so_many_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.toml");
    let digest = Digest::of(b"");
    let grants = |count: usize| {
        let grant = |index| format!("[[grant]]\nplugin = \"p{index}x\"\ndigest = \"{digest}\"\n");
        (0..count).map(grant).collect::<String>()
    };
    for (count, is_read) in [(GRANTS_MAX, true), (GRANTS_MAX + 1, false)] {
        fs::write(&path, grants(count)).unwrap();
        assert_eq!(GrantsFile::read(&path).is_ok(), is_read, "{count}");
    }
    for (length, is_read) in [
        (OPERATOR_FILE_BYTES_MAX, true),
        (OPERATOR_FILE_BYTES_MAX + 1, false),
    ] {
        fs::write(&path, "#".repeat(length as usize)).unwrap();
        assert_eq!(GrantsFile::read(&path).is_ok(), is_read, "{length}");
    }
}
