use std::sync::Barrier;

use serde_json::value::to_raw_value;

use super::{kept::now_ms, *};

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

struct Scratch {
    directory: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("new").join("state.db")
    }

    fn session(&self, name: &str) -> SessionState {
        SessionState::new(Place::File(Some(self.file())), name.to_owned())
    }
}

async fn set(state: &SessionState, key: &str, value: &str) -> Result<(), CapabilityError> {
    state.set(key, &json(value), None).await
}

async fn get(state: &SessionState, key: &str) -> Option<String> {
    let value = state.get(key).await.unwrap();
    value.map(|value| value.get().to_owned())
}

#[tokio::test]
async fn values_outlive_whoever_kept_them_and_sessions_do_not_see_each_other() {
    let scratch = Scratch::new();
    set(&scratch.session("a"), "k", r#"{"n":1.50}"#)
        .await
        .unwrap();
    let again = scratch.session("a");
    assert_eq!(get(&again, "k").await.as_deref(), Some(r#"{"n":1.50}"#));
    let other = scratch.session("b");
    assert_eq!(get(&other, "k").await, None);
    assert_eq!(other.keys("").await.unwrap(), [""; 0]);
    assert!(!other.delete("k").await.unwrap());
    assert!(again.delete("k").await.unwrap());
    assert_eq!(get(&again, "k").await, None);
}

#[tokio::test]
async fn keys_are_found_by_their_beginning_whatever_it_is() {
    let scratch = Scratch::new();
    let state = scratch.session("a");
    for key in ["a%b", "a_b", "axb", "b", "ä", "'; DROP TABLE state; --"] {
        set(&state, key, "1").await.unwrap();
    }
    assert_eq!(state.keys("a").await.unwrap(), ["a%b", "a_b", "axb"]);
    assert_eq!(state.keys("a%").await.unwrap(), ["a%b"]);
    assert_eq!(state.keys("ä").await.unwrap(), ["ä"]);
    assert_eq!(state.keys("").await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_value_is_gone_when_its_time_is_over() {
    let scratch = Scratch::new();
    let state = scratch.session("a");
    let hour = Some(Duration::from_secs(3600));
    state.set("stays", &json("1"), hour).await.unwrap();
    state
        .set("ever", &json("1"), Some(Duration::MAX))
        .await
        .unwrap();
    let store = Store::open(&scratch.file()).unwrap();
    let now = now_ms();
    store.set("a", "ends", "1", Some(now + 10), now).unwrap();
    assert!(store.get("a", "ends", now + 9).unwrap().is_some());
    assert!(store.get("a", "ends", now + 10).unwrap().is_none());
    assert!(!store.delete("a", "ends", now + 10).unwrap());
    assert_eq!(store.keys("a", "", now + 10).unwrap(), ["ever", "stays"]);
    assert!(
        store
            .compare_and_set("a", "ends", None, "2", now + 10)
            .unwrap()
    );
    assert!(
        store.get("a", "ends", now + 1_000_000).unwrap().is_some(),
        "set without a time"
    );
}

#[tokio::test]
async fn compare_and_set_compares_by_meaning() {
    let scratch = Scratch::new();
    let state = scratch.session("a");
    set(&state, "k", r#"{"a":1,"b":[1.0,null]}"#).await.unwrap();
    let attempt = async |expected: Option<&str>, new: &str| {
        let expected = expected.map(json);
        state
            .compare_and_set("k", expected.as_deref(), &json(new))
            .await
            .unwrap()
    };
    assert!(!attempt(None, "0").await);
    assert!(!attempt(Some(r#"{"a":1,"b":[1]}"#), "0").await);
    assert!(!attempt(Some(r#"{"a":1,"b":[1,null],"c":1}"#), "0").await);
    assert!(attempt(Some(r#"{ "b": [1, null], "a": 1e0 }"#), "9").await);
    assert_eq!(get(&state, "k").await.as_deref(), Some("9"));
}

/// From several connections, as from several processes.
#[test]
fn of_many_that_count_at_once_none_is_lost() {
    let scratch = Scratch::new();
    Store::open(&scratch.file()).unwrap();
    let barrier = Barrier::new(4);
    let (scratch, barrier) = (&scratch, &barrier);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                let store = Store::open(&scratch.file()).unwrap();
                barrier.wait();
                for _ in 0..50 {
                    loop {
                        let old = store.get("s", "n", 0).unwrap();
                        let n: u64 = old.as_ref().map_or(0, |n| n.get().parse().unwrap());
                        let new = (n + 1).to_string();
                        if store
                            .compare_and_set("s", "n", old.as_deref(), &new, 0)
                            .unwrap()
                        {
                            break;
                        }
                    }
                }
            });
        }
    });
    let store = Store::open(&scratch.file()).unwrap();
    assert_eq!(store.get("s", "n", 0).unwrap().unwrap().get(), "200");
}

#[tokio::test]
async fn keys_and_values_have_a_length() {
    let scratch = Scratch::new();
    let state = scratch.session("a");
    let longest = "k".repeat(KEY_BYTES_MAX);
    set(&state, &longest, "1").await.unwrap();
    let too_long = set(&state, &format!("{longest}k"), "1").await.unwrap_err();
    insta::assert_snapshot!(too_long, @"invalid input: a key of the state has at most 512 bytes, and this one has 513");
    insta::assert_snapshot!(set(&state, "", "1").await.unwrap_err(), @"invalid input: a key of the state is not empty");
    let text = |bytes: usize| to_raw_value(&"v".repeat(bytes - 2)).unwrap();
    state.set("v", &text(VALUE_BYTES_MAX), None).await.unwrap();
    let too_long = state
        .set("v", &text(VALUE_BYTES_MAX + 1), None)
        .await
        .unwrap_err();
    insta::assert_snapshot!(too_long, @"limit exceeded: a value of the state has at most 262144 bytes of JSON, and this one has 262145; keep it in parts");
}

#[test]
fn a_session_has_so_many_keys() {
    let scratch = Scratch::new();
    let store = Store::open(&scratch.file()).unwrap();
    for n in 0..KEYS_MAX {
        store.set("a", &n.to_string(), "1", None, 0).unwrap();
    }
    store.set("a", "0", "2", None, 0).unwrap();
    insta::assert_snapshot!(store.set("a", "more", "1", None, 0).unwrap_err(), @"the session has 1000 keys, and that is the most; delete some");
    assert!(store.get("a", "more", 0).unwrap().is_none());
    store.set("b", "more", "1", None, 0).unwrap();
    store.delete("a", "0", 0).unwrap();
    store.set("a", "more", "1", None, 0).unwrap();
}

#[test]
fn a_session_has_so_many_bytes() {
    let scratch = Scratch::new();
    let store = Store::open(&scratch.file()).unwrap();
    let part = "1".repeat(VALUE_BYTES_MAX - 2);
    for n in 10..10 + SESSION_BYTES_MAX / VALUE_BYTES_MAX as u64 {
        store.set("a", &n.to_string(), &part, None, 0).unwrap();
    }
    insta::assert_snapshot!(store.set("a", "x", "", None, 0).unwrap_err(), @"the session's state may come to 8388608 bytes, and this would make it 8388609; delete some");
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_says_so() {
    let scratch = Scratch::new();
    let nowhere = SessionState::new(Place::File(None), "a".to_owned());
    insta::assert_snapshot!(nowhere.get("k").await.unwrap_err(), @"unavailable: there is no directory to keep state in; set `state.file`");
    std::fs::create_dir(scratch.directory.path().join("new")).unwrap();
    std::fs::write(
        scratch.file(),
        "no database, but a text that is long enough to be one",
    )
    .unwrap();
    insta::assert_snapshot!(scratch.session("a").get("k").await.unwrap_err(), @"unavailable: the store of the state failed: file is not a database");
    let kept = std::fs::read_to_string(scratch.file()).unwrap();
    assert!(kept.starts_with("no database"), "it is left as it was");
}

#[test]
fn a_newer_table_is_left_alone() {
    let scratch = Scratch::new();
    drop(Store::open(&scratch.file()).unwrap());
    let connection = rusqlite::Connection::open(scratch.file()).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    let error = Store::open(&scratch.file()).err().unwrap();
    insta::assert_snapshot!(error, @"the state was written by a newer Vesicle (version 2 of the table); use that one, or another `state.file`");
}
