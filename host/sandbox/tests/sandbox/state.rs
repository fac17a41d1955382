//! `state`, over an implementation of the test's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use vesicle_sandbox::{CapabilityError, Execution, State};

use crate::support::{execute, success, told};

/// Keeps everything, and notes how long it was asked to.
#[derive(Default)]
struct Kept {
    values: Mutex<BTreeMap<String, Value>>,
    ttls: Mutex<Vec<Option<Duration>>>,
}

fn parsed(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap()
}

#[async_trait]
impl State for Kept {
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        if key == "away" {
            return Err(CapabilityError::Unavailable {
                message: "the store is away".to_owned(),
                retry_after_ms: Some(250),
            });
        }
        let value = self.values.lock().unwrap().get(key).cloned();
        Ok(value.map(|value| serde_json::value::to_raw_value(&value).unwrap()))
    }
    async fn set(
        &self,
        key: &str,
        value: &RawValue,
        ttl: Option<Duration>,
    ) -> Result<(), CapabilityError> {
        // As a store on disk would.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.ttls.lock().unwrap().push(ttl);
        self.values
            .lock()
            .unwrap()
            .insert(key.to_owned(), parsed(value));
        Ok(())
    }
    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&RawValue>,
        new: &RawValue,
    ) -> Result<bool, CapabilityError> {
        let mut values = self.values.lock().unwrap();
        let fits = values.get(key).cloned() == expected.map(parsed);
        if fits {
            values.insert(key.to_owned(), parsed(new));
        }
        Ok(fits)
    }
    async fn delete(&self, key: &str) -> Result<bool, CapabilityError> {
        Ok(self.values.lock().unwrap().remove(key).is_some())
    }
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError> {
        let values = self.values.lock().unwrap();
        let keys = values.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }
}

async fn run(state: &Arc<Kept>, code: &str) -> Value {
    let execution = Execution {
        code: code.to_owned(),
        state: state.clone(),
        ..Execution::default()
    };
    let output = success(execute(execution).await);
    serde_json::from_str(output.get()).unwrap()
}

#[tokio::test]
async fn what_one_execution_keeps_the_next_one_finds() {
    let state = Arc::new(Kept::default());
    let first = "state.set('a', { n: 1 }); state.set('b', null, { ttlMs: 1500.7 }); return state.get('none') === undefined";
    assert_eq!(run(&state, first).await, json!(true));
    assert_eq!(
        *state.ttls.lock().unwrap(),
        [None, Some(Duration::from_millis(1500))]
    );
    let second = "return [state.get('a').n, state.get('b'), state.keys(), state.keys('b'), state.delete('a'), state.delete('a'), state.keys()]";
    assert_eq!(
        run(&state, second).await,
        json!([1, null, ["a", "b"], ["b"], true, false, ["b"]])
    );
}

#[tokio::test]
async fn compare_and_set_takes_undefined_for_nothing() {
    let state = Arc::new(Kept::default());
    let code = "return [
        state.compareAndSet('n', 1, 2),
        state.compareAndSet('n', undefined, { at: 1 }),
        state.compareAndSet('n', undefined, 3),
        state.compareAndSet('n', { at: 1 }, 4),
        state.get('n'),
    ]";
    let expected = json!([false, true, false, true, 4]);
    assert_eq!(run(&state, code).await, expected);
}

#[tokio::test]
async fn what_cannot_be_kept_says_why() {
    let attempts = [
        "state.set('k', undefined)",
        "state.set('k', () => 1)",
        "state.set('k', 1n)",
        "const a: any = {}; a.a = a; state.set('k', a)",
        "state.set(1 as any, 1)",
        "state.set('k', 1, { ttlMs: 0 })",
        "state.set('k', 1, { ttlMs: '1' as any })",
        "state.get('away')",
        "state.keys(null as any)",
    ];
    let mut text = String::new();
    for code in attempts {
        let state = Arc::new(Kept::default());
        let caught = format!(
            "try {{ {code} }} catch (e) {{ return [e instanceof StateError, e.name, e.code, e.message] }}"
        );
        text.push_str(&format!("{code}\n  {}\n", run(&state, &caught).await));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn without_a_grant_nothing_is_kept() {
    let execution = Execution {
        code: "state.set('a', 1)".to_owned(),
        ..Execution::default()
    };
    insta::assert_snapshot!(told(&execute(execution).await));
}

#[tokio::test]
async fn state_is_counted_as_calls_are() {
    let execution = Execution {
        code: "state.set('a', 1); state.get('a'); state.keys(); state.delete('a'); state.compareAndSet('a', undefined, 1)".to_owned(),
        state: Arc::new(Kept::default()),
        ..Execution::default()
    };
    let outcome = execute(execution).await;
    assert_eq!(outcome.resources().host_calls, 5, "{}", told(&outcome));
}
