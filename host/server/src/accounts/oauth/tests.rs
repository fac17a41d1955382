//! Tokens that are wrong in each way, and an issuer that comes and goes.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{Request, Response, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use parking_lot::Mutex;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, json};

use super::{
    check::{LEEWAY_S, TOKEN_BYTES_MAX},
    issuer::ANSWER_BYTES_MAX,
    keys::KeySet,
    *,
};

const ISSUER: &str = "https://auth.example";
const RESOURCE: &str = "https://mcp.example/mcp";

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key of an issuer.
struct Key {
    id: &'static str,
    pair: Pair,
}

impl Key {
    fn p256(id: &'static str) -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let pair = Pair::P256(pair);
        Self { id, pair }
    }

    fn ed25519(id: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap());
        Self { id, pair }
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    fn published(&self) -> Value {
        match &self.pair {
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig", "x": coded(x), "y": coded(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": self.id, "alg": "EdDSA", "x": coded(pair.public_key().as_ref())})
            }
        }
    }

    fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn sign_bytes(&self, message: &str) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
                signature.unwrap().as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm(), "kid": self.id, "typ": "at+jwt"});
        self.sign_with(&header, claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.sign_bytes(&message);
        format!("{message}.{}", coded(&signature))
    }
}

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| coded(json.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs()
}

/// The claims of a token that is right, with these in place of its own.
fn claims(changed: Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": RESOURCE, "exp": now() + 600, "sub": "jane", "scope": "mcp:all"});
    let Value::Object(changed) = changed else {
        unreachable!()
    };
    for (claim, value) in changed {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(&claim)),
            value => claims[claim] = value,
        }
    }
    claims
}

fn config(issuer: &str) -> OAuthConfig {
    OAuthConfig {
        issuer: issuer.to_owned(),
        jwks: None,
        resource: Some(RESOURCE.to_owned()),
        audiences: vec![],
        algorithms: ALGORITHMS.map(|(_, algorithm)| algorithm).to_vec(),
        scopes: vec![],
        profiles: vec![],
        account_claim: "sub".to_owned(),
        subjects: BTreeMap::from([
            ("jane".to_owned(), "people".to_owned()),
            ("john".to_owned(), "people".to_owned()),
            ("robot".to_owned(), "ci".to_owned()),
        ]),
        ca_file: None,
    }
}

fn set(keys: &[&Key]) -> KeySet {
    let keys: Vec<Value> = keys.iter().map(|key| key.published()).collect();
    KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn checks() -> Checks {
    crypto::install();
    let algorithms = ALGORITHMS.map(|(_, algorithm)| algorithm);
    Checks::new(ISSUER, &[RESOURCE.to_owned()], &algorithms)
}

#[test]
fn right_tokens_hold() {
    let (p256, ed25519) = (Key::p256("a"), Key::ed25519("b"));
    let (checks, keys) = (checks(), set(&[&p256, &ed25519]));
    for key in [&p256, &ed25519] {
        for changed in [
            json!({}),
            json!({"aud": ["https://other.example", RESOURCE]}),
            json!({"nbf": now() + LEEWAY_S - 5}),
            json!({"exp": now() - LEEWAY_S + 5}),
        ] {
            let checked = checks.check(&key.sign(&claims(changed.clone())), &keys);
            assert!(checked.is_ok(), "{changed} {checked:?}");
        }
        for header in [
            json!({"alg": key.algorithm()}),
            json!({"alg": key.algorithm(), "kid": key.id, "typ": "JWT"}),
            json!({"alg": key.algorithm(), "kid": key.id, "typ": "application/at+jwt"}),
        ] {
            let token = key.sign_with(&header, &claims(json!({})));
            assert!(checks.check(&token, &keys).is_ok(), "{header}");
        }
    }
}

#[test]
fn what_a_token_claims_must_be_right() {
    let key = Key::p256("a");
    let (checks, keys) = (checks(), set(&[&key]));
    for changed in [
        json!({"iss": "https://other.example"}),
        json!({"iss": format!("{ISSUER}/")}),
        json!({"iss": [ISSUER, "https://other.example"]}),
        json!({"iss": null}),
        json!({"aud": "https://other.example/mcp"}),
        json!({"aud": "https://mcp.example"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"cnf": {"jkt": "x"}}),
    ] {
        let checked = checks.check(&key.sign(&claims(changed.clone())), &keys);
        let fault = checked.unwrap_err();
        assert!(matches!(fault, Fault::Wrong(_)), "{changed} {fault:?}");
    }
    for changed in [
        json!({"exp": now() - LEEWAY_S - 2}),
        json!({"nbf": now() + LEEWAY_S + 30}),
    ] {
        let checked = checks.check(&key.sign(&claims(changed.clone())), &keys);
        assert_eq!(checked.unwrap_err(), Fault::Untimely, "{changed}");
    }
}

#[test]
fn a_signature_must_be_the_issuers_by_an_algorithm_that_is_taken() {
    let (key, other, ed25519) = (Key::p256("a"), Key::p256("a"), Key::ed25519("b"));
    let (checks, keys) = (checks(), set(&[&key, &ed25519]));
    let right = claims(json!({}));
    let refused = |token: &str| checks.check(token, &keys).unwrap_err();

    let forged = refused(&other.sign(&right));
    assert_eq!(forged, Fault::Wrong("InvalidSignature".to_owned()));
    let token = key.sign(&right);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let changed = coded(claims(json!({"sub": "robot"})).to_string().as_bytes());
    for token in [
        format!("{header}.{changed}.{signature}"),
        format!("{signed}."),
        signed.to_owned(),
        format!("{token}.{signature}"),
        format!("{token}A"),
        String::new(),
        "..".to_owned(),
        "é.é.é".to_owned(),
    ] {
        assert!(matches!(refused(&token), Fault::Wrong(_)), "{token}");
    }

    // No signature, and one with what everybody knows for a secret.
    for alg in ["none", "None", "NONE"] {
        let message = message(&json!({"alg": alg, "kid": "a"}), &right);
        assert!(matches!(refused(&format!("{message}.")), Fault::Wrong(_)));
    }
    let message = message(&json!({"alg": "HS256", "kid": "a"}), &right);
    let published = key.published().to_string();
    for secret in [key.public_bytes(), published.into_bytes()] {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let signature = hmac::sign(&secret, message.as_bytes());
        let token = format!("{message}.{}", coded(signature.as_ref()));
        let why = "HS256 is not among `auth.algorithms`".to_owned();
        assert_eq!(refused(&token), Fault::Wrong(why));
    }

    // A key of one kind with the algorithm of another, and keys that are not the issuer's.
    for header in [
        json!({"alg": "EdDSA", "kid": "a"}),
        json!({"alg": "RS256", "kid": "a"}),
        json!({"alg": "ES256", "kid": "b"}),
        json!({"alg": "ES256", "kid": "c"}),
        json!({"alg": "ES256", "kid": "c", "jwk": other.published()}),
    ] {
        let token = other.sign_with(&header, &right);
        assert_eq!(refused(&token), Fault::UnknownKey, "{header}");
    }

    let only = Checks::new(ISSUER, &[RESOURCE.to_owned()], &[Algorithm::EdDSA]);
    let why = "ES256 is not among `auth.algorithms`".to_owned();
    let refused = only.check(&key.sign(&right), &keys).unwrap_err();
    assert_eq!(refused, Fault::Wrong(why));
    assert!(only.check(&ed25519.sign(&right), &keys).is_ok());
}

#[test]
fn tokens_for_other_purposes_are_not_taken() {
    let key = Key::p256("a");
    let (checks, keys) = (checks(), set(&[&key]));
    for header in [
        json!({"alg": "ES256", "kid": "a", "typ": "logout+jwt"}),
        json!({"alg": "ES256", "kid": "a", "typ": "dpop+jwt"}),
        json!({"alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false}),
    ] {
        let fault = checks.check(&key.sign_with(&header, &claims(json!({}))), &keys);
        assert!(matches!(fault.unwrap_err(), Fault::Wrong(_)), "{header}");
    }
}

#[test]
fn a_token_may_be_so_long() {
    let key = Key::ed25519("a");
    let (checks, keys) = (checks(), set(&[&key]));
    let padded = |bytes: usize| key.sign(&claims(json!({"padding": "x".repeat(bytes)})));
    // Three characters for each four.
    let room = (TOKEN_BYTES_MAX - padded(0).len()) / 4 * 3;
    let longest = padded(room);
    assert!(longest.len() > TOKEN_BYTES_MAX - 4, "{}", longest.len());
    assert!(checks.check(&longest, &keys).is_ok());
    let fault = checks.check(&padded(room + 4), &keys).unwrap_err();
    let why = format!("it is longer than {TOKEN_BYTES_MAX} bytes");
    assert_eq!(fault, Fault::Wrong(why));
}

#[test]
fn a_token_is_of_the_account_that_has_its_subject() {
    let server = ResourceServer::new(config(ISSUER), RESOURCE).unwrap();
    let owner = |server: &ResourceServer, changed: Value| {
        let Value::Object(map) = claims(changed) else {
            unreachable!()
        };
        server.owner(&Claims(map))
    };
    let account = |account: &str, narrowed: Option<&str>| {
        Ok(Admitted {
            account: account.to_owned(),
            profile: None,
            narrowed: narrowed.map(str::to_owned),
        })
    };
    assert_eq!(owner(&server, json!({})), account("people", None));
    assert_eq!(owner(&server, json!({"sub": "robot"})), account("ci", None));
    // The name of an account is nobody's subject.
    for sub in [
        json!("ci"),
        json!("people"),
        json!("Jane"),
        json!(""),
        json!(null),
        json!(7),
    ] {
        let refused = owner(&server, json!({"sub": sub}));
        assert!(matches!(refused, Err(Rejected::Nobody(_))), "{sub}");
    }

    let mut by_group = config(ISSUER);
    by_group.account_claim = "groups".to_owned();
    let by_group = ResourceServer::new(by_group, RESOURCE).unwrap();
    let of = |groups: Value| owner(&by_group, json!({"groups": groups}));
    assert_eq!(
        of(json!(["others", "jane", "john"])),
        account("people", None)
    );
    assert!(matches!(
        of(json!(["jane", "robot"])),
        Err(Rejected::Nobody(_))
    ));
    assert!(matches!(of(json!([])), Err(Rejected::Nobody(_))));

    let mut scoped = config(ISSUER);
    scoped.scopes = vec!["mcp".to_owned()];
    let gives = |scope: &str, profile: &str| ScopeProfile {
        scope: scope.to_owned(),
        of_accounts: BTreeMap::from([("people".to_owned(), profile.to_owned())]),
    };
    scoped.profiles = vec![gives("mcp:all", "default"), gives("mcp:few", "restrictive")];
    let scoped = ResourceServer::new(scoped, RESOURCE).unwrap();
    let of = |scope: &str| owner(&scoped, json!({"scope": scope}));
    assert_eq!(of("mcp mcp:few"), account("people", Some("restrictive")));
    assert_eq!(
        of("mcp:few mcp:all mcp"),
        account("people", Some("default"))
    );
    for scope in ["mcp", "mcp:all", "", "MCP mcp:all", "mcpmcp:all"] {
        assert_eq!(of(scope), Err(Rejected::Scope), "{scope}");
    }
    assert_eq!(scoped.wanted_scopes(), ["mcp", "mcp:few"]);
    assert_eq!(
        scoped.metadata()["scopes_supported"],
        json!(["mcp", "mcp:all", "mcp:few"])
    );
}

#[test]
fn clients_are_told_where_the_metadata_of_the_resource_is() {
    for (resource, url) in [
        (
            "https://a.example/mcp",
            "https://a.example/.well-known/oauth-protected-resource/mcp",
        ),
        (
            "https://a.example:8443",
            "https://a.example:8443/.well-known/oauth-protected-resource",
        ),
        (
            "https://a.example/x/mcp",
            "https://a.example/.well-known/oauth-protected-resource/x/mcp",
        ),
    ] {
        let mut config = config(ISSUER);
        config.resource = Some(resource.to_owned());
        let server = ResourceServer::new(config, "http://127.0.0.1:1/mcp").unwrap();
        assert_eq!(server.metadata_url(), url);
        assert_eq!(server.metadata()["resource"], resource);
    }
}

/// An issuer on this machine, whose answers can be changed.
struct Local {
    url: String,
    answers: Arc<Mutex<Map<String, Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Local {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<Map<String, Value>>> = Arc::default();
        let asked = Arc::new(AtomicUsize::new(0));
        let (known, count) = (answers.clone(), asked.clone());
        let answer = service_fn(move |request: Request<Incoming>| {
            let found = known.lock().get(request.uri().path()).cloned();
            if found.as_ref().is_some_and(|found| found["keys"].is_array()) {
                count.fetch_add(1, Ordering::SeqCst);
            }
            let mut answer = Response::new(String::new());
            match found {
                Some(found) => *answer.body_mut() = found.to_string(),
                None => *answer.status_mut() = StatusCode::NOT_FOUND,
            }
            async { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let stream = TokioIo::new(stream);
                    let _ = builder.serve_connection(stream, answer).await;
                });
            }
        });
        Self {
            url,
            answers,
            asked,
        }
    }

    fn answer(&self, path: &str, answer: Value) {
        self.answers.lock().insert(path.to_owned(), answer);
    }

    fn publish(&self, keys: &[&Key]) {
        let metadata = json!({"issuer": self.url, "jwks_uri": format!("{}/keys", self.url)});
        self.answer("/.well-known/openid-configuration", metadata);
        let keys: Vec<Value> = keys.iter().map(|key| key.published()).collect();
        self.answer("/keys", json!({ "keys": keys }));
    }

    fn server(&self, pace: Pace) -> ResourceServer {
        ResourceServer::paced(config(&self.url), RESOURCE, pace).unwrap()
    }

    fn token(&self, key: &Key) -> String {
        key.sign(&claims(json!({"iss": self.url})))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Where nothing happens by time.
const STILL: Pace = Pace {
    fresh: Duration::from_secs(3_600),
    kept: Duration::from_secs(3_600),
    between: Duration::from_secs(3_600),
};

#[tokio::test]
async fn keys_are_found_and_kept() {
    let (issuer, key) = (Local::start().await, Key::p256("a"));
    issuer.publish(&[&key]);
    let server = issuer.server(STILL);
    let token = issuer.token(&key);
    let (one, other) = tokio::join!(server.admit(&token), server.admit(&token));
    assert_eq!(
        (one.unwrap().account, other.unwrap().account),
        ("people".to_owned(), "people".to_owned())
    );
    assert!(server.admit(&token).await.is_ok());
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_looked_for_but_not_each_time() {
    let issuer = Local::start().await;
    let (old, new, forged) = (Key::p256("a"), Key::ed25519("b"), Key::p256("c"));
    issuer.publish(&[&old]);
    let server = issuer.server(Pace {
        between: Duration::ZERO,
        ..STILL
    });
    assert!(server.admit(&issuer.token(&old)).await.is_ok());
    issuer.publish(&[&new]);
    assert!(server.admit(&issuer.token(&new)).await.is_ok());
    assert_eq!(issuer.asked(), 2);
    // The old one was taken back.
    let refused = server.admit(&issuer.token(&old)).await.unwrap_err();
    assert!(matches!(refused, Rejected::Wrong(_)), "{refused:?}");

    let server = issuer.server(STILL);
    assert!(server.admit(&issuer.token(&new)).await.is_ok());
    let asked = issuer.asked();
    for _ in 0..20 {
        let refused = server.admit(&issuer.token(&forged)).await.unwrap_err();
        assert_eq!(
            refused,
            Rejected::Wrong("the issuer has no such key".to_owned())
        );
    }
    assert_eq!(issuer.asked(), asked, "not before its time");
}

#[tokio::test]
async fn old_keys_count_while_the_issuer_is_away_but_not_for_ever() {
    let (issuer, key) = (Local::start().await, Key::p256("a"));
    issuer.publish(&[&key]);
    let kept = Duration::from_millis(300);
    let server = issuer.server(Pace {
        fresh: Duration::ZERO,
        kept,
        between: Duration::ZERO,
    });
    assert!(server.admit(&issuer.token(&key)).await.is_ok());
    issuer.answers.lock().clear();
    assert!(server.admit(&issuer.token(&key)).await.is_ok());
    tokio::time::sleep(kept).await;
    let refused = server.admit(&issuer.token(&key)).await;
    assert_eq!(refused, Err(Rejected::Away));
    issuer.publish(&[&key]);
    assert!(server.admit(&issuer.token(&key)).await.is_ok());
}

#[tokio::test]
async fn metadata_of_others_and_endless_answers_give_no_keys() {
    let (issuer, key) = (Local::start().await, Key::p256("a"));
    let token = issuer.token(&key);
    let jwks = format!("{}/keys", issuer.url);
    let away = async || {
        let server = issuer.server(STILL);
        server.admit(&token).await == Err(Rejected::Away)
    };
    assert!(away().await, "nobody says anything");
    issuer.publish(&[&key]);
    let path = "/.well-known/openid-configuration";
    issuer.answer(
        path,
        json!({"issuer": "https://other.example", "jwks_uri": jwks}),
    );
    assert!(away().await, "the metadata is of another");
    issuer.answer(
        path,
        json!({"issuer": issuer.url, "jwks_uri": "http://192.0.2.1/keys"}),
    );
    assert!(away().await, "the keys would come in the clear");
    issuer.publish(&[]);
    assert!(away().await, "there is no key");
    issuer.publish(&[&key]);
    let padded = |bytes: usize| json!({"keys": [key.published()], "padding": "x".repeat(bytes)});
    let room = ANSWER_BYTES_MAX - padded(0).to_string().len();
    issuer.answer("/keys", padded(room + 1));
    assert!(away().await, "it is too long");
    issuer.answer("/keys", padded(room));
    assert!(!away().await, "it is as long as it may be");
}
