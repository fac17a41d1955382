#!/usr/bin/env bash
# Runs each fuzz target for so many seconds from its seeds, one more at a time than there are
# processors, as those of files and networks wait as well. Fails where one finds something; what it
# found stays in tests/fuzz/artifacts. Prints how often each was executed.
#
# Use: tests/fuzz/run.sh [SECONDS [TARGET…]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
targets=(source configuration component capabilities files wasi network)
if [ $# -gt 1 ]; then targets=("${@:2}"); fi
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
export VESICLE_FUZZ_SECONDS=$seconds VESICLE_FUZZ_ROOT=$root
export VESICLE_LIBFUZZER=$CARGO_TARGET_DIR/fuzz/libfuzzer.a

# LLVM's fuzzer, of the sources that libfuzzer-sys carries; Cargo fetches and checks them.
if [ ! -f "$VESICLE_LIBFUZZER" ]; then
  mkdir -p "$CARGO_TARGET_DIR/fuzz/libfuzzer"
  (cd "$root" && cargo fetch --quiet --locked)
  version=$(sed -n '/^name = "libfuzzer-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' "$root/Cargo.lock")
  sources=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/libfuzzer-sys-"$version"/libfuzzer)
  (
    cd "$CARGO_TARGET_DIR/fuzz/libfuzzer"
    printf '%s\n' "$sources"/*.cpp | xargs -P "$(nproc)" -n 1 c++ -std=c++17 -O2 -fno-omit-frame-pointer -w -c
    ar rcs "$VESICLE_LIBFUZZER" ./*.o
  )
fi

(
  cd "$root"
  RUSTC_WORKSPACE_WRAPPER=$root/tests/fuzz/rustc-with-coverage.sh \
    cargo build --quiet --locked --workspace $(printf -- '--bin fuzz-%s ' "${targets[@]}")
)

run() {
  local target=$1 corpus=$CARGO_TARGET_DIR/fuzz/$1 artifacts=$VESICLE_FUZZ_ROOT/tests/fuzz/artifacts/$1
  mkdir -p "$corpus" "$artifacts"
  local seeds=("$VESICLE_FUZZ_ROOT/tests/fuzz/seeds/$target")
  # The programs of the other tests are the best texts that there are.
  if [ "$target" = source ]; then seeds=("$VESICLE_FUZZ_ROOT"/tests/programs/*/); fi
  local status=0 log=$CARGO_TARGET_DIR/fuzz/$target.log
  "$CARGO_TARGET_DIR/debug/fuzz-$target" "$corpus" "${seeds[@]}" -max_total_time="$VESICLE_FUZZ_SECONDS" \
    -timeout=25 -rss_limit_mb=4096 -max_len=4096 -print_final_stats=1 -artifact_prefix="$artifacts/" \
    >"$log" 2>&1 || status=$?
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, status $status"
  if [ "$status" != 0 ]; then tail -n 40 "$log" >&2; fi
  return "$status"
}
export -f run
printf '%s\n' "${targets[@]}" | xargs -P "$(($(nproc) + 1))" -I{} bash -c 'run {}'
