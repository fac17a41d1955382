//! How Wasmtime is set up. Every choice here is measured or is a wall.

use std::num::NonZeroUsize;

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::limits::{MEMORY_BYTES_MAX, TABLE_ELEMENTS_MAX, WASM_STACK_BYTES_MAX};

/// The stack of a guest's fiber: its own, and room for host functions.
const FIBER_STACK_BYTES: usize = WASM_STACK_BYTES_MAX + (1 << 20);
/// What a slot keeps in memory from one guest to the next, copied back from the image instead of
/// faulted in: the pages that every call touches, which the engine puts first
/// (`--global-base` in `guests/build.sh`).
const MEMORY_RESIDENT_BYTES: usize = 220 * 1024;
/// The same for tables, whose pages are few.
const TABLE_RESIDENT_BYTES: usize = 64 * 1024;

/// How many core instances a component from the pool consists of at most. The pool has as many for
/// each place, so that whoever has a place is never refused.
const POOLED_INSTANCES_MAX: u32 = 4;
/// The same of tables.
const POOLED_TABLES_MAX: u32 = 3;
/// The same of memories, which take address space.
const POOLED_MEMORIES_MAX: u32 = 1;

/// The engine, with room for `instances` guests at once.
pub fn pooled(instances: u32) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(POOLED_INSTANCES_MAX))
        .total_memories(instances.saturating_mul(POOLED_MEMORIES_MAX))
        .total_tables(instances.saturating_mul(POOLED_TABLES_MAX))
        .total_stacks(instances)
        .max_memory_size(MEMORY_BYTES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_core_instances_per_component(POOLED_INSTANCES_MAX)
        .max_memories_per_component(POOLED_MEMORIES_MAX)
        .max_tables_per_component(POOLED_TABLES_MAX)
        .max_unused_warm_slots(instances)
        .decommit_batch_size(1)
        .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
        .table_keep_resident(TABLE_RESIDENT_BYTES);
    // `pagemap_scan` stays off: in 48.0.8 a dirty page that was swapped out is not reset.

    let mut config = common();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// An engine for components that do not fit into the pool's places.
pub fn on_demand() -> wasmtime::Result<Engine> {
    let mut config = common();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

/// An engine that counts what its guests run. No pool: what is rare need not be fast, and needs
/// no second reservation of address space.
pub fn with_fuel() -> wasmtime::Result<Engine> {
    let mut config = common();
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .consume_fuel(true);
    Engine::new(&config)
}

fn common() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // Component-model async is not needed: `start` and `wait` do the same with less.
        .concurrency_support(false)
        .max_wasm_stack(WASM_STACK_BYTES_MAX)
        .async_stack_size(FIBER_STACK_BYTES)
        .wasm_memory64(false)
        .wasm_backtrace_max_frames(NonZeroUsize::new(16))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}
