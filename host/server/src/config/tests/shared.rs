//! What a host keeps in the database that it shares with others.

use super::{super::Runner, *};
use crate::accounts::TokenPlace;

const DATABASE: &str = "[memory]\nurl = \"postgres://ann:secret@db/work\"\n";

fn has_row(configuration: &Configuration, key: &str) -> bool {
    let all = configuration.as_text();
    all.lines().any(|line| line.starts_with(&format!("{key} ")))
}

#[test]
fn what_has_no_place_of_its_own_lies_in_the_database() {
    let with_directory = format!("data_dir = \"/d\"\n{DATABASE}");
    for text in [DATABASE, with_directory.as_str()] {
        let configuration = loaded(text);
        assert!(matches!(
            configuration.tokens(),
            Some(TokenPlace::Database(_))
        ));
        assert!(configuration.audit_table().is_some());
        assert!(configuration.audit(Runner::Serve).unwrap().is_some());
        // A place that is not used is not told.
        for key in ["state.file", "auth.tokens", "audit.dir"] {
            assert!(!has_row(&configuration, key), "{key}");
        }
        assert!(!configuration.as_text().contains("secret"));
    }
    let host = |text: &str| {
        let configuration = loaded(&format!("{DATABASE}{text}"));
        configuration.audit_table().unwrap().host.clone()
    };
    assert!(!host("").is_empty());
    assert_eq!(host("[audit]\nhost = \"a.b\"\n"), "a.b");
}

#[test]
fn what_has_a_place_stays_there() {
    let places = "[state]\nfile = \"/s/state.db\"\n[auth]\ntokens = \"/s/tokens.toml\"\n[audit]\ndir = \"/s/audit\"\n";
    for text in [places.to_owned(), format!("{DATABASE}{places}")] {
        let configuration = loaded(&text);
        let path = PathBuf::from("/s/tokens.toml");
        assert_eq!(configuration.tokens(), Some(&TokenPlace::File(path)));
        assert!(configuration.audit_table().is_none());
        assert_eq!(
            configuration.audit_dir(),
            Some(PathBuf::from("/s/audit").as_path())
        );
        assert!(has_row(&configuration, "state.file"));
    }
}

#[test]
fn an_account_of_which_nothing_is_said_is_one() {
    let with = |accounts: &str| {
        let http = "data_dir = \"/d\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
        loaded(&format!("{http}{accounts}"))
    };
    let (said, silent) = (
        with("[accounts.ci]\nadmin = false\n"),
        with("[accounts.ci]\n"),
    );
    assert_eq!(silent.accounts, said.accounts);
    assert_eq!(silent.accounts.len(), 1);
    // Its token counts on this machine too, as those of others do, and `config show` means the same again.
    assert!(silent.http().unwrap().tokens.is_some());
    assert!(has_row(&silent, "accounts.ci.admin"));
    let none = with("[accounts]\n");
    assert_eq!(none.accounts, []);
    assert!(none.http().unwrap().tokens.is_none());
}
