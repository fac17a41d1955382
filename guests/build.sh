#!/usr/bin/env bash
# Builds the guests: the JavaScript engine, as plugins/js-engine.wasm with its digest and recipe, and
# the Rust programs that tests load.
# With --check it writes nothing to plugins/ and fails where the digest differs from the committed
# one. Needs the toolchain that guests/toolchain.sh installs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
recipe=$root/plugins/js-engine.toml

# QuickJS's sources, with our changes: files that are added, and patches, applied in this order.
# Cargo.toml says where they lie; the registry's copy is as Cargo checked it.
quickjs_version=0.12.2
sources=$root/guests/js-engine/vendor/rquickjs-sys
changes=$root/guests/js-engine/quickjs
patches=("$changes/wasm.patch" "$changes/json.patch")
changed_by=$(cd "$changes" && cksum ./*.patch ./*.h)
if [ "$(cat "$sources/.patched-by" 2>/dev/null)" != "$changed_by" ]; then
  fetched=$(mktemp -d)
  trap 'rm -rf "$fetched"' EXIT
  mkdir "$fetched/src"
  touch "$fetched/src/lib.rs"
  printf '[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\nrquickjs-sys = "=%s"\n' "$quickjs_version" >"$fetched/Cargo.toml"
  (cd "$fetched" && cargo vendor --quiet vendor >/dev/null)
  rm -rf "$sources"
  mkdir -p "$(dirname "$sources")"
  cp -r "$fetched/vendor/rquickjs-sys" "$sources"
  cp "$changes"/*.h "$sources/quickjs/"
  for patch in "${patches[@]}"; do
    patch --quiet --strip=1 --directory="$sources" <"$patch"
  done
  printf '%s\n' "$changed_by" >"$sources/.patched-by"
fi

eval "$("$root/guests/toolchain.sh" env)"

# The same bytes on every machine: no paths, locked crates, fixed flags.
(cd "$root/guests/js-engine" && "$CARGO" fetch --quiet ${LOCKED---locked})
flags="--remap-path-prefix=$root=/vesicle$("$root/guests/toolchain.sh" remap)"
# A reactor's start file: without it the linker wraps every export with constructors and destructors.
flags+=" -Clink-arg=$("$RUSTC" --print sysroot)/lib/rustlib/wasm32-wasip1/lib/self-contained/crt1-reactor.o"
# The layout of memory: see guests/js-engine/src/heap.rs. `--global-base` is such that `.data` begins
# with a page; after a change of the engine, `-Clink-arg=-Map=FILE` shows where it begins.
flags+=" -Clink-arg=--export=__stack_pointer -Clink-arg=-zstack-size=32768 -Clink-arg=--global-base=226752"
(
  cd "$root/guests/js-engine"
  env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS \
    CARGO_TARGET_DIR="$target/guests" \
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$flags" \
    CFLAGS_wasm32_wasip1="-ffile-prefix-map=$root=/vesicle" \
    "$CARGO" build --quiet ${LOCKED---locked} --release --target wasm32-wasip1
)
core=$target/guests/wasm32-wasip1/release/vesicle_js_engine.wasm
built=$target/guests/js-engine.wasm
# A command in Rust, which tests load as a component that is not ours.
std_fs_core=$target/guests/std-fs.core.wasm
std_fs=$target/guests/std-fs.wasm
# shellcheck disable=SC2046 # several words
"$RUSTC" --edition 2024 --target wasm32-wasip1 -Copt-level=s -Cstrip=symbols -Cpanic=abort \
  --remap-path-prefix="$root"=/vesicle $("$root/guests/toolchain.sh" remap) \
  "$root/guests/rust/std-fs.rs" -o "$std_fs_core"
# A Rust command that calls tools, with the crates that its bindings need.
tool_call_core=$target/guests/wasm32-wasip1/release/tool-call.wasm
tool_call=$target/guests/tool-call.wasm
(
  cd "$root/guests/rust/tool-call"
  "$CARGO" fetch --quiet ${LOCKED---locked}
  env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS \
    CARGO_TARGET_DIR="$target/guests" \
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="--remap-path-prefix=$root=/vesicle$("$root/guests/toolchain.sh" remap)" \
    "$CARGO" build --quiet ${LOCKED---locked} --release --target wasm32-wasip1
)
unset CARGO RUSTC
# Of the whole workspace: the features of shared crates are the same as in every other build then.
cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --bin vesicle-guest-builder
digest=$("$target/debug/vesicle-guest-builder" "$core" "$built")
tool_call_digest=$("$target/debug/vesicle-guest-builder" --command "$tool_call_core" "$tool_call")
std_fs_digest=$("$target/debug/vesicle-guest-builder" --command "$std_fs_core" "$std_fs")
toolchain=$("$root/guests/toolchain.sh" versions)

if [ "${1:-}" = --check ]; then
  committed=$(sed -n 's/^digest = "blake3:\(.*\)"$/\1/p' "$recipe")
  if [ "$digest" = "$committed" ] && cmp --quiet "$std_fs" "$root/tests/programs/components/std-fs.wasm" &&
    cmp --quiet "$tool_call" "$root/tests/programs/components/tool-call.wasm"; then
    echo "js-engine.wasm: $digest, as committed"
    echo "tool-call.wasm: $tool_call_digest, as committed"
    echo "std-fs.wasm: $std_fs_digest, as committed"
  elif [ "$toolchain" = "$(sed -n '/^toolchain = """$/,/^"""$/p' "$recipe" | sed '1d;$d')" ]; then
    echo "js-engine.wasm: built $digest, committed $committed; std-fs.wasm: built $std_fs_digest; tool-call.wasm: built $tool_call_digest: run guests/build.sh, and commit plugins/ and tests/programs/components/" >&2
    exit 1
  else
    echo "js-engine.wasm: built $digest with another toolchain than the recipe's, so that the digests cannot be compared:"
    echo "$toolchain"
    # The caller tests this one then, in place of the committed one.
    exit 3
  fi
  exit
fi

cp "$built" "$root/plugins/js-engine.wasm"
cp "$std_fs" "$root/tests/programs/components/std-fs.wasm"
cp "$tool_call" "$root/tests/programs/components/tool-call.wasm"
cat >"$recipe" <<TOML
# What plugins/js-engine.wasm is and how it was made. Written by guests/build.sh.
name = "js-engine"
world = "vesicle:plugin/engine@0.1.0"
digest = "blake3:$digest"
source = "guests/js-engine"
recipe = "guests/toolchain.sh && guests/build.sh"
toolchain = """
$toolchain
"""
TOML
echo "js-engine.wasm: $digest"
echo "std-fs.wasm: $std_fs_digest"
echo "tool-call.wasm: $tool_call_digest"
