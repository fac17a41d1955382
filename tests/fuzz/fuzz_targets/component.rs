//! Loading components that are not ours: any bytes, from whole components on.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::time::Duration;

use vesicle_fuzz::{block_on, fuzz_target, sandbox};
use vesicle_sandbox::{CompileLimits, LoadError};

fuzz_target!(|wasm| {
    let limits = CompileLimits {
        wall_time: Duration::from_secs(20),
        functions: 100,
        function_bytes: 10_000,
        ..CompileLimits::default()
    };
    match block_on(sandbox().load(wasm, limits)) {
        Ok(component) => {
            for function in component.functions() {
                let interface = function.interface.as_deref();
                assert!(component.function(interface, &function.name).is_some());
            }
        }
        Err(LoadError::Internal(error)) => panic!("{error:#}"),
        Err(refused) => assert!(refused.to_string().len() < 200_000),
    }
});
