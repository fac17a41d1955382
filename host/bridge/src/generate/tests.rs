use std::{fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::json;

use super::*;
use crate::tokens;

fn tool(name: &str) -> Tool {
    serde_json::from_value(json!({"name": name, "description": "Does a thing.\nIn detail */.", "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}}})).unwrap()
}

/// Generates one server `s` with these tools.
fn run(directory: &Path, tools: &[&str], dry_run: bool) -> Result<Report, GenerateError> {
    let tools: Vec<Tool> = tools.iter().map(|name| tool(name)).collect();
    let server = Server {
        name: "s",
        tools: tools.iter().map(|tool| (tool, None)).collect(),
    };
    generate(&[server], directory, Language::TypeScript, dry_run)
}

/// All files below `directory`, by their paths in it.
fn tree(directory: &Path) -> Vec<String> {
    let mut found = vec![];
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            match path.is_dir() && !path.is_symlink() {
                true => open.push(path),
                false => found.push(path.strip_prefix(directory).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_are_written_once_and_removed_when_they_are_stale() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("deep/api");
    let all = [
        "SKILL.md",
        "servers/index.ts",
        "servers/s/a.ts",
        "servers/s/b.ts",
        "servers/s/index.ts",
    ];
    let planned = run(&out, &["a", "b"], true).unwrap();
    assert_eq!(planned.written, all);
    assert!(!out.exists());
    let report = run(&out, &["a", "b"], false).unwrap();
    assert_eq!(report, planned);
    assert_eq!(
        tree(&out),
        [&[".vesicle-generated.json"], all.as_slice()].concat()
    );
    assert_eq!(run(&out, &["a", "b"], false).unwrap().unchanged, all);
    let report = run(&out, &["a"], false).unwrap();
    assert_eq!(report.removed, ["servers/s/b.ts"]);
    assert!(!out.join("servers/s/b.ts").exists());
    assert_eq!(report.written, ["SKILL.md", "servers/s/index.ts"]);
    let report = generate(&[], &out, Language::TypeScript, false).unwrap();
    assert_eq!(report.removed, ["servers/s/a.ts", "servers/s/index.ts"]);
    assert!(!out.join("servers/s").exists());
}

#[test]
fn what_is_not_ours_stays() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    run(out, &["a", "b"], false).unwrap();
    fs::write(out.join("servers/s/b.ts"), "mine now").unwrap();
    fs::write(out.join("servers/s/c.ts"), "mine").unwrap();
    let report = run(out, &["a"], false).unwrap();
    assert_eq!(
        (report.removed.as_slice(), report.kept.as_slice()),
        (&[][..], &["servers/s/b.ts".to_owned()][..])
    );
    let refused = run(out, &["c"], false).unwrap_err();
    assert!(
        matches!(&refused, GenerateError::NotOurs { path } if path == "servers/s/c.ts"),
        "{refused}"
    );
    assert_eq!(
        fs::read_to_string(out.join("servers/s/c.ts")).unwrap(),
        "mine"
    );
    assert!(out.join("servers/s/a.ts").exists());
}

#[test]
fn links_lead_nowhere() {
    for link in [
        "servers",
        "servers/s",
        "servers/s/a.ts",
        "SKILL.md",
        ".vesicle-generated.json",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (out, outside) = (
            directory.path().join("out"),
            directory.path().join("outside"),
        );
        fs::create_dir_all(out.join(link).parent().unwrap()).unwrap();
        match link.contains('.') {
            true => fs::write(&outside, "theirs").unwrap(),
            false => fs::create_dir(&outside).unwrap(),
        }
        symlink(&outside, out.join(link)).unwrap();
        let refused = run(&out, &["a"], false).unwrap_err();
        assert!(
            matches!(refused, GenerateError::NotADirectory { .. }),
            "{link}: {refused}"
        );
        let left = if outside.is_dir() {
            tree(&outside)
        } else {
            vec![fs::read_to_string(&outside).unwrap()]
        };
        assert_eq!(
            left,
            if link.contains('.') {
                vec!["theirs"]
            } else {
                vec![]
            },
            "{link}"
        );
    }
}

#[test]
fn a_forged_manifest_removes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    run(&out, &["a"], false).unwrap();
    fs::write(directory.path().join("theirs"), "x").unwrap();
    fs::write(out.join("notes.md"), "x").unwrap();
    let digest = manifest::digest(b"x");
    let forged = json!({"files": {"../theirs": digest, "notes.md": digest, "servers/../notes.md": digest, "/etc/hostname": digest}});
    fs::write(out.join(".vesicle-generated.json"), forged.to_string()).unwrap();
    assert_eq!(run(&out, &["a"], false).unwrap().removed, [""; 0]);
    assert!(directory.path().join("theirs").exists() && out.join("notes.md").exists());
}

#[test]
fn hostile_names_stay_inside() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let names = [
        "../../x",
        "/tmp/x",
        "nul",
        "Get",
        "get",
        "a\nb",
        "index",
        "__proto__",
        "default",
        "*/ evil(); /*",
    ];
    let tools: Vec<Tool> = names.iter().map(|name| tool(name)).collect();
    let of = |name| Server {
        name,
        tools: tools.iter().map(|tool| (tool, None)).collect(),
    };
    for language in [Language::TypeScript, Language::Rust] {
        let report = generate(
            &[of("../up"), of(".."), of("con"), of("A"), of("a")],
            &out,
            language,
            false,
        )
        .unwrap();
        assert!(
            report.written.iter().all(|path| paths::is_ours(path)),
            "{report:?}"
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_pipe_does_not_stop_us() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("SKILL.md");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    assert!(run(directory.path(), &["a"], false).is_err());
}

#[test]
fn the_skill_is_short_whatever_is_connected() {
    let one = tool("a");
    for name in [
        "github",
        "日本語のサーバー",
        "a-very-long-name-of-a-server-that-somebody-has-given-it",
    ] {
        let names: Vec<String> = (0..1_000).map(|n| format!("{name}{n}")).collect();
        let servers: Vec<Server<'_>> = names
            .iter()
            .map(|name| Server {
                name,
                tools: vec![(&one, None)],
            })
            .collect();
        let text = skill(&servers);
        assert!(
            tokens::count(&text) < 500,
            "{}: {text}",
            tokens::count(&text)
        );
        assert!(text.contains(" more: `ls servers`"));
    }
    insta::assert_snapshot!(skill(&[Server {
        name: "github",
        tools: vec![(&one, None)]
    }]));
}
