//! `[auth]` with an issuer: what follows from it, and what is wrong with it.

use super::load;
use crate::accounts::oauth::{Algorithm, OAuthConfig};

const ACCOUNT: &str = "[accounts.people]\nsubjects = [\"jane\"]\n";

fn written(auth: &str, more: &str) -> String {
    format!(
        "[http]\nlisten = \"127.0.0.1:8787\"\n[auth]\nissuer = \"https://auth.example\"\n{auth}{more}"
    )
}

fn resolved(text: &str) -> OAuthConfig {
    let configuration = load(text, &[], &[]).unwrap();
    let http = configuration.http().unwrap();
    assert!(http.tokens.is_some(), "everybody needs a token");
    http.oauth.clone().unwrap()
}

fn refused(text: &str) -> String {
    load(text, &[], &[]).unwrap_err()
}

#[test]
fn an_issuer_is_enough() {
    let oauth = resolved(&written("", ACCOUNT));
    assert_eq!(oauth.issuer, "https://auth.example");
    assert_eq!(oauth.account_claim, "sub");
    assert_eq!(oauth.subjects["jane"], "people");
    assert_eq!(
        oauth.algorithms,
        [
            Algorithm::RS256,
            Algorithm::PS256,
            Algorithm::ES256,
            Algorithm::EdDSA
        ]
    );
    let without = load(
        "[http]\nlisten = \"127.0.0.1:8787\"\n[auth]\naccount_claim = \"x\"",
        &[],
        &[],
    );
    let http = without.unwrap().http().unwrap().clone();
    assert_eq!((http.oauth, http.tokens), (None, None));
}

#[test]
fn a_scope_gives_no_more_than_the_account_has() {
    let small = "[accounts.small]\nprofile = \"restrictive\"\nsubjects = [\"john\"]\n";
    let scopes = "scope_profiles = [\"a=b=default\", \"few=restrictive\"]\n";
    let oauth = resolved(&written(scopes, &format!("{ACCOUNT}{small}")));
    let given: Vec<_> = oauth
        .profiles
        .iter()
        .map(|given| {
            let of = |account: &str| given.of_accounts.get(account).map(String::as_str);
            (given.scope.as_str(), of("people"), of("small"))
        })
        .collect();
    assert_eq!(
        given,
        [("a=b", None, None), ("few", Some("restrictive"), None)]
    );
}

#[test]
fn what_is_wrong_is_told() {
    let twice = format!("{ACCOUNT}[accounts.others]\nsubjects = [\"jane\"]\n");
    let odd = "[profiles.odd]\ninherits = \"restrictive\"\nmemory_mb = 256\n";
    let odd = format!("{ACCOUNT}{odd}");
    for (auth, more, what) in [
        ("", "", "no account has `subjects`"),
        (
            "required = false\n",
            ACCOUNT,
            "`auth.required` is false, and there is `auth.issuer`",
        ),
        (
            "jwks_url = \"http://auth.example/keys\"\n",
            ACCOUNT,
            "give a plain https:// address",
        ),
        (
            "resource = \"mcp.example\"\n",
            ACCOUNT,
            "`mcp.example` is no address for it",
        ),
        (
            "algorithms = [\"HS256\"]\n",
            ACCOUNT,
            "give some of RS256, PS256, ES256, EdDSA",
        ),
        ("algorithms = []\n", ACCOUNT, "there is no algorithm"),
        ("scopes = [\"a b\"]\n", ACCOUNT, "`a b` is no scope"),
        ("scopes = [\"a\\\"b\"]\n", ACCOUNT, "is no scope"),
        (
            "scope_profiles = [\"a\"]\n",
            ACCOUNT,
            "write \"scope=profile\"",
        ),
        (
            "scope_profiles = [\"a=none\"]\n",
            ACCOUNT,
            "there is no profile `none`",
        ),
        (
            "scope_profiles = [\"a=odd\"]\n",
            &odd,
            "neither the profile `odd` of `a` nor `default`",
        ),
        ("", &twice, "of both `others` and `people`"),
    ] {
        let told = refused(&written(auth, more));
        assert!(told.contains(what), "{auth}: {told}");
    }
    let open = written("", ACCOUNT).replace("127.0.0.1", "0.0.0.0");
    let told = refused(&open);
    assert!(told.contains("and no `auth.resource`"), "{told}");
}
