//! Where cargo-fuzz is not: the same targets for libFuzzer as `run.sh` links it, and, in an ordinary
//! build, programs that run the inputs that are given to them as files.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Defines what is done with each input, `|bytes| …`.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident| $body:expr) => {
        fn target($input: &[u8]) {
            $body;
        }

        /// What libFuzzer calls.
        ///
        /// # Safety
        /// `data` is `size` bytes.
        #[cfg(vesicle_fuzzer)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
            let input = match size {
                0 => &[],
                // SAFETY: as libFuzzer promises.
                _ => unsafe { std::slice::from_raw_parts(data, size) },
            };
            $crate::ending_here(|| target(input));
            0
        }

        #[cfg(not(vesicle_fuzzer))]
        fn main() {
            $crate::replay(target);
        }
    };
}

/// Ends the process where the work panics, so that libFuzzer keeps the input.
pub fn ending_here(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        std::process::abort();
    }
}

/// Runs the files that are named on the command line.
pub fn replay(target: fn(&[u8])) {
    for path in std::env::args_os().skip(1) {
        target(&std::fs::read(path).expect("a file"));
    }
}
