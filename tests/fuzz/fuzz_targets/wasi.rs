//! What else of WASI is linked: standard streams, polls, clocks, randomness.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::sync::LazyLock;

use vesicle_fuzz::{Caller, fuzz_target};

/// What the repository's own WIT does not need.
const PACKAGES: &str = "
package wasi:cli@0.2.12;
interface environment {
  get-environment: func() -> list<tuple<string, string>>;
  get-arguments: func() -> list<string>;
  initial-cwd: func() -> option<string>;
}
interface exit { exit: func(status: result); }
interface stdin { use wasi:io/streams@0.2.12.{input-stream}; get-stdin: func() -> input-stream; }
interface stdout { use wasi:io/streams@0.2.12.{output-stream}; get-stdout: func() -> output-stream; }
interface stderr { use wasi:io/streams@0.2.12.{output-stream}; get-stderr: func() -> output-stream; }
---
package wasi:random@0.2.12;
interface random {
  get-random-bytes: func(len: u64) -> list<u8>;
  get-random-u64: func() -> u64;
}
";

static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    Caller::new(
        PACKAGES,
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
