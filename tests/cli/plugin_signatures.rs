//! Who vouches for a plugin, at the command line.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;

use crate::{
    Finished,
    config::{Place, refused},
    plugins::{NUMBERS, done, json_of, numbers, plugin, write},
};

#[test]
fn where_signatures_are_required_only_those_of_trusted_keys_do() {
    let place = Place::with("data_dir = \"data\"\n[plugins]\nrequire_signature = true\n");
    write(&place, "numbers.wasm", NUMBERS);
    done(&place, &["add", "numbers.wasm"]);
    let call = &["call", "numbers.add", r#"{"a": 1, "b": 2}"#];
    let told = |finished: Finished| {
        assert_eq!(finished.code(), Some(1), "{finished}");
        finished.stderr().to_owned()
    };
    assert_snapshot!(told(plugin(&place, call)), @"error: plugin `numbers` is not used: the plugin is not signed, and `require_signature` is set; sign it with `vesicle plugin sign`");
    assert_eq!(plugin(&place, &["verify"]).code(), Some(1));
    let signed = json_of(
        &place,
        &["sign", "numbers", "--key", "key.pem", "--new-key"],
    );
    let key = signed["key"].as_str().expect("a key");
    assert!(told(plugin(&place, call)).contains("which is not trusted"));
    assert!(refused(&plugin(&place, &["trust", key])).contains("with --name"));
    done(&place, &["trust", key, "--name", "me"]);
    assert_eq!(done(&place, call), "3");
    assert_eq!(json_of(&place, &["verify"])["sound"], json!(true));
    assert_eq!(done(&place, &["trust"]), format!("{key}  me"));
    done(&place, &["trust", key, "--name", "me", "--plugin", "web-*"]);
    assert!(told(plugin(&place, call)).contains("trusted for other plugins"));
    done(&place, &["trust", key, "--remove"]);
    assert!(told(plugin(&place, call)).contains("which is not trusted"));
}

#[test]
fn a_manifest_brings_its_signature_along_and_has_to_be_right() {
    let from = numbers();
    done(&from, &["add", "numbers.wasm", "--ask", "state"]);
    let signed = json_of(&from, &["sign", "numbers", "--key", "key.pem", "--new-key"]);
    let place = Place::with("data_dir = \"data\"\n[plugins]\nrequire_signature = true\n");
    write(&place, "numbers.wasm", NUMBERS);
    let stored = from.0.path().join("data/plugins/plugins/numbers");
    for entry in fs::read_dir(stored).unwrap() {
        let path = entry.unwrap().path();
        let to = match path.extension().and_then(|extension| extension.to_str()) {
            Some("sig") => "plugin.sig",
            _ if path.ends_with("versions.toml") => continue,
            _ => "plugin.toml",
        };
        place.write(to, &fs::read_to_string(path).unwrap());
    }
    let key = signed["key"].as_str().expect("a key");
    done(&place, &["trust", key, "--name", "them"]);
    let add = ["add", "numbers.wasm", "--manifest", "plugin.toml"];
    let added = json_of(&place, &[&add[..], &["--signature", "plugin.sig"]].concat());
    assert_eq!(added["missing"], json!("state"));
    let call = ["call", "numbers.add", r#"{"a": 1, "b": 2}"#];
    assert_eq!(done(&place, &call), "3");

    let text = fs::read_to_string(place.0.path().join("plugin.toml")).unwrap();
    place.write("plugin.toml", &text.replace("\"divide\"", "\"divine\""));
    let lies = plugin(&place, &add);
    assert_eq!(lies.code(), Some(1));
    assert_snapshot!(lies.stderr(), @"error: `numbers.wasm` is not added: the manifest is not one of this component: the manifest has a tool `divine`, and the component has none of that name; the component has a tool `divide`, which the manifest leaves out");
    write(
        &place,
        "numbers.wasm",
        &NUMBERS.replace("i32.add", "i32.sub"),
    );
    let other = plugin(&place, &add);
    assert!(
        other.stderr().contains("and this one is blake3:"),
        "{other}"
    );
}
