//! `vesicle:plugin/state`: what is kept from one execution to the next.

use std::time::Duration;

use serde_json::value::RawValue;

use super::Guest;
use super::bindings::vesicle::plugin::{state, types};

impl state::Host for Guest {
    async fn get(&mut self, key: String) -> Result<Option<String>, types::Error> {
        self.calls.budget.call(key.len())?;
        self.calls.wait_begins();
        let value = self.state.get(&key).await;
        let value = self.calls.waited_for(value)?;
        let value = value.map(|json| Box::<str>::from(json).into_string());
        self.calls
            .budget
            .answer(value.as_ref().map_or(0, String::len))?;
        Ok(value)
    }

    async fn set(
        &mut self,
        key: String,
        value: String,
        ttl_ms: Option<u64>,
    ) -> Result<(), types::Error> {
        self.calls.budget.call(key.len() + value.len())?;
        let ttl = ttl_ms.map(Duration::from_millis);
        let value = parse(value)?;
        self.calls.wait_begins();
        let set = self.state.set(&key, &value, ttl).await;
        self.calls.waited_for(set)
    }

    async fn compare_and_set(
        &mut self,
        key: String,
        expected: Option<String>,
        new: String,
    ) -> Result<bool, types::Error> {
        let expected_bytes = expected.as_ref().map_or(0, String::len);
        self.calls
            .budget
            .call(key.len() + expected_bytes + new.len())?;
        let expected = expected.map(parse).transpose()?;
        let new = parse(new)?;
        self.calls.wait_begins();
        let set = self.state.compare_and_set(&key, expected.as_deref(), &new);
        let set = set.await;
        self.calls.waited_for(set)
    }

    async fn delete(&mut self, key: String) -> Result<bool, types::Error> {
        self.calls.budget.call(key.len())?;
        self.calls.wait_begins();
        let deleted = self.state.delete(&key).await;
        self.calls.waited_for(deleted)
    }

    async fn keys(&mut self, prefix: String) -> Result<Vec<String>, types::Error> {
        self.calls.budget.call(prefix.len())?;
        self.calls.wait_begins();
        let keys = self.state.keys(&prefix).await;
        let keys = self.calls.waited_for(keys)?;
        self.calls
            .budget
            .answer(keys.iter().map(String::len).sum())?;
        Ok(keys)
    }
}

/// What the guest says is JSON is an allegation until it is checked.
fn parse(json: String) -> Result<Box<RawValue>, types::Error> {
    RawValue::from_string(json)
        .map_err(|error| types::Error::InvalidInput(format!("the value is no JSON: {error}")))
}
