//! `vesicle:plugin/state`: what is kept from one execution to the next.

use std::time::Duration;

use serde_json::value::RawValue;

use super::Guest;
use super::bindings::vesicle::plugin::{state, types};

impl state::Host for Guest {
    async fn get(&mut self, key: String) -> Result<Option<String>, types::Error> {
        self.calls.budget.call(key.len())?;
        let value = self.state.get(&key).await?;
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
        Ok(self.state.set(&key, &parse(value)?, ttl).await?)
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
        let set = self.state.compare_and_set(&key, expected.as_deref(), &new);
        Ok(set.await?)
    }

    async fn delete(&mut self, key: String) -> Result<bool, types::Error> {
        self.calls.budget.call(key.len())?;
        Ok(self.state.delete(&key).await?)
    }

    async fn keys(&mut self, prefix: String) -> Result<Vec<String>, types::Error> {
        self.calls.budget.call(prefix.len())?;
        let keys = self.state.keys(&prefix).await?;
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
