//! Signatures, keys and whom the operator trusts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vesicle_plugins::manifest::{Contents, Manifest};
use vesicle_plugins::permissions::Pattern;
use vesicle_plugins::signatures::{
    KEYS_MAX, KeyError, PublicKey, Signature, SignatureError, SigningKey, TrustFile, TrustedKey,
    Verdict,
};

use crate::support::{component, contents, install, manifest, name, store};

fn key(directory: &Path, file: &str) -> SigningKey {
    SigningKey::create(&directory.join(file)).unwrap()
}

fn trusted(public: PublicKey) -> TrustedKey {
    TrustedKey {
        name: "release".to_owned(),
        public,
        expires: None,
        plugins: vec![],
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

#[test]
fn a_signature_by_a_trusted_key_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let key = key(directory.path(), "key.pem");
    let (_directory, store) = store();
    install(&store, "a", "1", "one").unwrap();
    let manifest = store.load(&name("a")).unwrap().manifest;
    store
        .sign(&name("a"), &key.sign(&manifest).to_string())
        .unwrap();
    let mut trust = TrustFile::read(&directory.path().join("trusted.toml")).unwrap();
    trust.trust(&trusted(key.public())).unwrap();
    let loaded = store.load(&name("a")).unwrap();
    let verdict = trust.check(&loaded.manifest, loaded.signature.as_deref(), true, now());
    assert_eq!(verdict, Ok(Verdict::Trusted(trusted(key.public()))));
    // Where it was added from, and when, is not the signer's to say.
    let elsewhere = Manifest::new(&Contents {
        provenance: None,
        ..manifest.contents().clone()
    })
    .unwrap();
    assert!(
        trust
            .check(&elsewhere, loaded.signature.as_deref(), true, now())
            .is_ok()
    );
}

#[test]
fn a_changed_byte_of_anything_is_refused_also_where_no_signature_is_required() {
    let directory = tempfile::tempdir().unwrap();
    let key = key(directory.path(), "key.pem");
    let mut trust = TrustFile::read(&directory.path().join("trusted.toml")).unwrap();
    trust.trust(&trusted(key.public())).unwrap();
    let known = manifest("a", "1", &component("one"));
    let signature = key.sign(&known).to_string();
    for required in [true, false] {
        let changes: [fn(&mut Contents); 5] = [
            |said| said.version = "2".to_owned(),
            |said| said.description.push(' '),
            |said| said.digest = vesicle_plugins::digest::Digest::of(b"other"),
            |said| said.permissions.state = true,
            |said| said.tools[0].input = "{}".to_owned(),
        ];
        for change in changes {
            let mut said = contents("a", "1", &component("one"));
            change(&mut said);
            let other = Manifest::new(&said).unwrap();
            let refused = trust.check(&other, Some(&signature), required, now());
            assert_eq!(refused, Err(SignatureError::Wrong(key.public())));
        }
        for at in 0..signature.len() {
            let mut bytes = signature.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            let refused = trust.check(&known, Some(&changed), required, now());
            // A line that ends otherwise says the same.
            let is_same =
                Signature::parse("a", &changed).is_ok_and(|parsed| parsed.to_string() == signature);
            assert!(is_same || refused.is_err(), "{at}: {changed}");
        }
    }
}

#[test]
fn keys_that_are_unknown_over_removed_or_for_others_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let [known, other] = ["known.pem", "other.pem"].map(|file| key(directory.path(), file));
    let path = directory.path().join("trusted.toml");
    let mut trust = TrustFile::read(&path).unwrap();
    let plugin = manifest("a", "1", &component("one"));
    let by = |key: &SigningKey| key.sign(&plugin).to_string();
    let check =
        |trust: &TrustFile, key: &SigningKey| trust.check(&plugin, Some(&by(key)), true, now());
    trust.trust(&trusted(known.public())).unwrap();
    assert!(check(&trust, &known).is_ok());
    assert_eq!(
        check(&trust, &other),
        Err(SignatureError::Untrusted(other.public()))
    );
    assert_eq!(
        trust.check(&plugin, None, true, now()),
        Err(SignatureError::Unsigned)
    );
    assert_eq!(
        trust.check(&plugin, None, false, now()),
        Ok(Verdict::Unsigned)
    );
    let unknown = SignatureError::Untrusted(other.public());
    let not_required = trust.check(&plugin, Some(&by(&other)), false, now());
    assert_eq!(not_required, Ok(Verdict::Untrusted(unknown)));

    // 2027-01-15T08:00:00Z is now.
    for (expires, is_over) in [
        ("2027-01-15T08:00:01Z", false),
        ("2027-01-15T09:00:01+01:00", false),
        ("2027-01-15T08:00:00Z", true),
        ("2000-01-01T00:00:00Z", true),
    ] {
        let until = TrustedKey {
            expires: Some(expires.to_owned()),
            ..trusted(known.public())
        };
        trust.trust(&until).unwrap();
        let is_expired = matches!(check(&trust, &known), Err(SignatureError::Expired { .. }));
        assert_eq!(is_expired, is_over, "{expires}");
    }
    for (pattern, is_for_it) in [("a*", true), ("b-*", false)] {
        let plugins = vec![Pattern::parse(pattern).unwrap()];
        trust
            .trust(&TrustedKey {
                plugins,
                ..trusted(known.public())
            })
            .unwrap();
        assert_eq!(check(&trust, &known).is_ok(), is_for_it, "{pattern}");
    }
    assert_eq!(TrustFile::read(&path).unwrap(), trust);
    assert_eq!(trust.keys().len(), 1);
    assert!(trust.distrust(known.public()).unwrap());
    assert!(!trust.distrust(known.public()).unwrap());
    assert_eq!(
        check(&trust, &known),
        Err(SignatureError::Untrusted(known.public()))
    );
}

#[test]
fn a_file_of_keys_that_is_wrong_trusts_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trusted.toml");
    let public = key(directory.path(), "key.pem").public();
    let entry = format!("[[key]]\nname = \"a\"\npublic = \"{public}\"\n");
    for wrong in [
        entry.repeat(2),
        entry.replace("public = ", "key = "),
        entry.replace("ed25519:", "rsa:"),
        format!("{entry}expires = \"tomorrow\"\n"),
        format!("{entry}plugins = [\"a*b*\"]\n"),
        entry.replace("[[key]]", "[[keys]]"),
    ] {
        fs::write(&path, &wrong).unwrap();
        assert!(TrustFile::read(&path).is_err(), "{wrong}");
    }
    let many = |count: usize| {
        let digits = |index: usize| format!("{index:042}0=");
        let keys = (0..count).map(|index| {
            format!(
                "[[key]]\nname = \"a\"\npublic = \"ed25519:{}\"\n",
                digits(index)
            )
        });
        keys.collect::<String>()
    };
    for (count, is_read) in [(KEYS_MAX, true), (KEYS_MAX + 1, false)] {
        fs::write(&path, many(count)).unwrap();
        assert_eq!(TrustFile::read(&path).is_ok(), is_read, "{count}");
    }
}

#[test]
fn a_private_key_is_ours_alone_and_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    let made = SigningKey::create(&path).unwrap();
    assert_eq!(SigningKey::read(&path).unwrap().public(), made.public());
    assert!(matches!(
        SigningKey::create(&path),
        Err(KeyError::Io { .. })
    ));
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    mode(0o640);
    assert!(matches!(SigningKey::read(&path), Err(KeyError::Open(_))));
    mode(0o600);
    fs::write(&path, "gibberish").unwrap();
    assert!(matches!(SigningKey::read(&path), Err(KeyError::NoKey(_))));
    assert!(matches!(
        SigningKey::read(directory.path()),
        Err(KeyError::Io { .. })
    ));
}

/// Made by `openssl genpkey -algorithm ed25519`, and the public key by `openssl pkey -pubout`.
#[test]
fn keys_of_openssl_work() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key.pem");
    SigningKey::create(&path).unwrap();
    fs::write(
        &path,
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    // RFC 8032, 7.1, test 1.
    let key = SigningKey::read(&path).unwrap();
    assert_eq!(
        key.public().to_string(),
        "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    );
    let plugin = manifest("a", "1", &component("one"));
    let signature = key.sign(&plugin);
    assert_eq!(signature.check(&plugin), Ok(()));
    assert_eq!(Signature::parse("a", &signature.to_string()), Ok(signature));
}
