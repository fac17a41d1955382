//! Our own `wasi:filesystem` and its streams, called by a guest with any arguments.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::sync::LazyLock;

use vesicle_fuzz::{Caller, fuzz_target};

static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    Caller::new(
        "",
        "import wasi:filesystem/preopens@0.2.12;
        import wasi:filesystem/types@0.2.12;
        import wasi:io/streams@0.2.12;",
    )
});

fuzz_target!(|script| CALLER.run(script));
