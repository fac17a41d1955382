//! What else of WASI is linked: standard streams, polls, clocks, randomness.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::sync::LazyLock;

use vesicle_fuzz::{Caller, fuzz_target};

static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    Caller::new(
        "",
        "import wasi:cli/environment@0.2.12;
        import wasi:cli/exit@0.2.12;
        import wasi:cli/stdin@0.2.12;
        import wasi:cli/stdout@0.2.12;
        import wasi:cli/stderr@0.2.12;
        import wasi:clocks/monotonic-clock@0.2.12;
        import wasi:clocks/wall-clock@0.2.12;
        import wasi:io/error@0.2.12;
        import wasi:io/poll@0.2.12;
        import wasi:io/streams@0.2.12;
        import wasi:random/random@0.2.12;",
    )
});

fuzz_target!(|script| CALLER.run(script));
