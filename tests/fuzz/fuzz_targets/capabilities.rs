//! The capabilities of `vesicle:plugin`, called by a guest with any arguments.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::sync::LazyLock;

use vesicle_fuzz::{Caller, fuzz_target};

static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    Caller::new(
        "",
        "import vesicle:plugin/log@0.1.0;
        import vesicle:plugin/memory-query@0.1.0;
        import vesicle:plugin/memory-record@0.1.0;
        import vesicle:plugin/pending@0.1.0;
        import vesicle:plugin/state@0.1.0;
        import vesicle:plugin/tool-call@0.1.0;",
    )
});

fuzz_target!(|script| CALLER.run(script));
