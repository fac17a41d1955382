//! `vesicle:plugin/memory-query` and `memory-record`: no host has them yet, so every call is denied.

use super::Guest;
use super::plugin_bindings::vesicle::plugin::{memory_query, memory_record, types};

fn denied<T>() -> Result<T, types::Error> {
    Err(types::Error::Denied(
        "no memory of past work is granted to this component".to_owned(),
    ))
}

impl memory_query::Host for Guest {
    fn query(
        &mut self,
        _: String,
        _: memory_query::Filter,
        _: u32,
    ) -> Result<Vec<memory_query::Hit>, types::Error> {
        denied()
    }

    fn patterns(
        &mut self,
        _: String,
        _: memory_query::Filter,
        _: u32,
    ) -> Result<Vec<memory_query::Pattern>, types::Error> {
        denied()
    }

    fn episode(&mut self, _: String) -> Result<String, types::Error> {
        denied()
    }
}

impl memory_record::Host for Guest {
    fn create(&mut self, _: memory_record::Episode) -> Result<String, types::Error> {
        denied()
    }

    fn add_step(&mut self, _: String, _: memory_record::Step) -> Result<(), types::Error> {
        denied()
    }

    fn complete(&mut self, _: String, _: memory_record::Verdict) -> Result<String, types::Error> {
        denied()
    }
}
