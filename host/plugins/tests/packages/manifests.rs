//! `plugin.toml`, read and written.

use proptest::prelude::*;
use vesicle_plugins::digest::Digest;
use vesicle_plugins::manifest::{
    Contents, DESCRIPTION_BYTES_MAX, MANIFEST_BYTES_MAX, Manifest, Offers, Provenance, Reuse,
    SCHEMA_BYTES_MAX, TEXT_BYTES_MAX, TOOLS_MAX, Tool, VERSION_BYTES_MAX,
};
use vesicle_plugins::permissions::{
    Access, AskedPreopen, ENTRIES_MAX, HostPattern, Limits, Memory, Pattern, Permissions,
    ToolPattern,
};

use crate::support::{contents, manifest, name};

/// A manifest as a person writes it.
const WRITTEN: &str = r#"# Slugs for titles.
name    = "slugify"
version = '1.2.3-rc.1+5'
description = """
Makes slugs.
Of titles."""
world = "local:slugify/slugify@0.1.0"
digest = "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
source = "https://example.com/slugify"
source_digest = "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
recipe = "vesicle plugin build slugify.ts"   # no edits

[permissions]
hosts = ["API.example.com:443", "*.cdn.example:443"]
env = ["LANG"]
tools = ["github.get_*", "jira"]
state = true
preopen = [{ guest = "/data" }, { guest = "/out", access = "read-write" }]
memory = { domains = ["web-*"], record = true }
limits.memory_mb = 64

[plugin]
reuse = "session"

[provenance]
by = "a person"
at = 2026-11-21T12:00:00Z

[[tool]]
name = "slug"
input = { type = "object", properties.text.type = "string", required = ["text"] }
output = '{"type": "string"}'
"#;

fn errors(text: &str) -> String {
    Manifest::parse("plugin.toml", text)
        .unwrap_err()
        .to_string()
}

/// `WRITTEN` with a time that is a text, as it has to be, and a source of it.
fn right() -> String {
    WRITTEN.replace(
        "at = 2026-11-21T12:00:00Z",
        "at = \"2026-11-21T12:00:00Z\"\nfrom = \"slugify.ts\"",
    )
}

#[test]
fn what_people_write_is_read() {
    let text = right();
    let manifest = Manifest::parse("plugin.toml", &text).unwrap();
    assert_eq!(
        manifest.text(),
        text,
        "an unchanged manifest is the same text"
    );
    insta::assert_snapshot!(Manifest::new(manifest.contents()).unwrap().text());
}

#[test]
fn every_mistake_is_told_at_its_place() {
    let mistaken = WRITTEN
        .replace("'1.2.3-rc.1+5'", "'v1'")
        .replace("description = ", "descripton = ")
        .replace("state = true", "state = \"yes\"")
        .replace("\"LANG\"", "\"LANG\", \"A=B\", \"LANG\"")
        .replace("github.get_*", "github.{get,list}_*")
        .replace("API.example.com:443", "api.example.com")
        .replace(
            "limits.memory_mb = 64",
            "limits.memory = 64\nlimits.host_calls = 0",
        )
        .replace("[\"web-*\"]", "[]")
        .replace(
            "{ guest = \"/data\" }",
            "{ guest = \"data\", acess = \"read\" }",
        )
        .replace("reuse = \"session\"", "reuse = \"always\"")
        .replace("name = \"slug\"", "name = \"slug me\"");
    insta::assert_snapshot!(errors(&mistaken));
}

#[test]
fn what_is_missing_or_no_manifest_is_told() {
    insta::assert_snapshot!(
        [
            "",
            "name = 'a",
            "tool = 1",
            "[[tool]]\n[provenance]\n[permissions.memory]"
        ]
        .map(errors)
        .join("\n\n---\n\n")
    );
}

#[test]
fn two_tools_or_directories_of_one_name_are_refused() {
    let again = format!("{}\n[[tool]]\nname = \"slug\"\ninput = {{}}", right());
    assert!(errors(&again).contains("two tools are called `slug`"));
    let again = right().replace("guest = \"/out\"", "guest = \"/data\"");
    assert!(errors(&again).contains("`/data` is asked for twice"));
}

#[test]
fn every_length_has_its_edge() {
    let base = contents("a", "1", b"");
    let check = |what: &str, fits: Contents, does_not: Contents| {
        if let Err(error) = Manifest::new(&fits) {
            panic!("{what}: {error}");
        }
        assert!(Manifest::new(&does_not).is_err(), "{what}");
    };
    let with = |change: &dyn Fn(&mut Contents)| {
        let mut changed = base.clone();
        change(&mut changed);
        changed
    };
    let schema = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    let tools = |count: usize| {
        (0..count)
            .map(|index| Tool {
                name: format!("t{index}"),
                ..base.tools[0].clone()
            })
            .collect()
    };
    let env = |count: usize| (0..count).map(|index| format!("V{index}")).collect();
    for more in [0, 1] {
        let fit = |max: usize| max + more;
        let made = [
            (
                "version",
                with(&|c| c.version = "1".repeat(fit(VERSION_BYTES_MAX))),
            ),
            (
                "description",
                with(&|c| c.description = "d".repeat(fit(DESCRIPTION_BYTES_MAX))),
            ),
            (
                "source",
                with(&|c| c.source = Some("s".repeat(fit(TEXT_BYTES_MAX)))),
            ),
            (
                "schema",
                with(&|c| c.tools[0].input = schema(fit(SCHEMA_BYTES_MAX))),
            ),
            ("tools", with(&|c| c.tools = tools(fit(TOOLS_MAX)))),
            ("env", with(&|c| c.permissions.env = env(fit(ENTRIES_MAX)))),
        ];
        for (what, contents) in made {
            assert_eq!(Manifest::new(&contents).is_ok(), more == 0, "{what}");
        }
    }
    let padded = |length: usize| {
        let text = Manifest::new(&base).unwrap().text().to_owned();
        format!("{text}#{}", " ".repeat(length - text.len() - 1))
    };
    assert!(Manifest::parse("a", &padded(MANIFEST_BYTES_MAX)).is_ok());
    assert!(Manifest::parse("a", &padded(MANIFEST_BYTES_MAX + 1)).is_err());
    check(
        "control characters",
        with(&|c| c.description = "a\nb".to_owned()),
        with(&|c| c.description = "a\x1b[2J".to_owned()),
    );
}

#[test]
fn an_identity_is_what_is_said_and_not_how_or_when() {
    let one = manifest("a", "1", b"x");
    let spaced = Manifest::parse("b.toml", &one.text().replace(" = ", "=")).unwrap();
    let mut later = one.contents().clone();
    later.provenance = Some(Provenance {
        by: "another".to_owned(),
        at: "2027-01-01T00:00:00+01:00".to_owned(),
        from: "elsewhere".to_owned(),
    });
    let later = Manifest::new(&later).unwrap();
    assert_eq!([spaced.identity(), later.identity()], [one.identity(); 2]);
    assert_ne!(one.text_digest(), later.text_digest());
    assert_ne!(manifest("a", "2", b"x").identity(), one.identity());
    assert_ne!(manifest("a", "1", b"y").identity(), one.identity());
}

fn text() -> impl Strategy<Value = String> {
    "[ -~\u{e4}\u{1f600}\"'\\\\]{0,40}"
}

prop_compose! {
    fn permissions()(
        hosts in prop::collection::btree_set("[a-z]{1,5}\\.example:443", 0..3),
        env in prop::collection::btree_set("[A-Z_]{1,8}", 0..3),
        tools in prop::collection::btree_set("[a-z]{1,5}\\.[a-z]{0,3}\\*[a-z]{0,3}", 0..3),
        guests in prop::collection::btree_set("(/[a-z\"' ]{1,5}x){1,2}", 0..3),
        write: bool, state: bool, questions: bool, record: bool,
        domains in prop::collection::btree_set("[a-z]{1,5}\\*?", 0..3),
        limit in prop::option::of(1_u64..1 << 40),
    ) -> Permissions {
        let access = if write { Access::ReadWrite } else { Access::Read };
        let mut limits = Limits::default();
        limit.map(|value| limits.set("host_calls", value));
        Permissions {
            preopens: guests.into_iter().map(|guest| AskedPreopen { guest, access }).collect(),
            hosts: hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect(),
            env: env.into_iter().collect(),
            tools: tools.iter().map(|tool| ToolPattern::parse(tool).unwrap()).collect(),
            memory: Memory {
                record: record && !domains.is_empty(),
                domains: domains.iter().map(|domain| Pattern::parse(domain).unwrap()).collect(),
            },
            state,
            questions,
            limits,
        }
    }
}

prop_compose! {
    fn said()(
        plugin in "[a-z]{4,9}", version in "[0-9][a-z0-9.+-]{0,9}", description in text(),
        texts in prop::collection::vec(prop::option::of(text()), 3),
        tool_texts in prop::collection::vec(text(), 0..3),
        permissions in permissions(), is_session: bool, has_digest: bool, has_provenance: bool,
    ) -> Contents {
        let digest = Digest::of(description.as_bytes());
        let tool = |(index, text): (usize, String)| Tool {
            name: format!("tool{index}"),
            input: serde_json::json!({ "title": text }).to_string(),
            signature: text.contains('b').then(|| "run: func(a: s32)\n\t-> string".to_owned()),
            error: text.contains('c').then(|| "{}".to_owned()),
            output: text.contains('a').then(|| "{ \"b\" : [] }".to_owned()),
            description: text,
        };
        Contents {
            name: name(&plugin),
            version,
            world: texts[0].clone(),
            source: texts[1].clone(),
            recipe: texts[2].clone(),
            digest,
            source_digest: has_digest.then_some(digest),
            offers: Offers { prompts: has_digest, resources: has_provenance },
            tools: tool_texts.into_iter().enumerate().map(tool).collect(),
            reuse: if is_session { Reuse::Session } else { Reuse::Call },
            permissions,
            provenance: has_provenance.then(|| Provenance {
                by: description.clone(),
                at: "2026-11-21T12:00:00Z".to_owned(),
                from: String::new(),
            }),
            description,
        }
    }
}

proptest! {
    /// What is written is read as the same, in the one form that it has.
    #[test]
    fn a_manifest_says_what_it_was_made_of(said in said()) {
        let manifest = Manifest::new(&said).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(manifest.contents(), &said);
        let again = Manifest::parse("again", manifest.text()).unwrap();
        let rewritten = Manifest::new(again.contents()).unwrap();
        prop_assert_eq!(again.text(), rewritten.text());
    }

    /// No change of a byte makes the reader fail in another way than by an error, nor the identity stay where
    /// what is said changed.
    #[test]
    fn a_changed_byte_is_told_or_another_manifest(at in 0_usize..4_000, byte in 0_u8..128) {
        let text = right();
        let known = Manifest::parse("a", &text).unwrap();
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(other) = Manifest::parse("a", &changed) {
            let said = |manifest: &Manifest| Contents { provenance: None, ..manifest.contents().clone() };
            prop_assert_eq!(other.identity() == known.identity(), said(&other) == said(&known));
        }
    }
}
