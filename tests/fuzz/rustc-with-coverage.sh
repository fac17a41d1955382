#!/bin/sh
# A RUSTC_WORKSPACE_WRAPPER: compiles the workspace's own crates with the instrumentation that
# libFuzzer is guided by, and leaves the hundreds of others as every build has them. The flags are
# those of cargo-fuzz, as far as a stable compiler takes them; no sanitizers, since what is looked for
# here are panics and broken promises, and nearly all `unsafe` is Wasmtime's. Programs are linked with
# the libFuzzer that run.sh made.
case " $* " in
  *" --crate-name fuzz_"*) set -- "$@" -Clink-arg="$VESICLE_LIBFUZZER" -Clink-arg=-lstdc++ ;;
esac
case " $* " in
  *" --crate-name "*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
      -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
      -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions=yes -Coverflow-checks=yes \
      --cfg vesicle_fuzzer
    ;;
esac
exec "$@"
