#!/usr/bin/env bash
# Builds the guests: the JavaScript engine, as plugins/js-engine.wasm with its digest and recipe; the plugins in
# Rust, each as a directory in plugins/ with its manifest; and the Rust programs that tests load, as
# tests/programs/components/.
# With --check it writes nothing there and fails where something differs from what is committed. Needs
# the toolchain that guests/toolchain.sh installs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
recipe=$root/plugins/js-engine.toml

# QuickJS's sources, with our changes: files that are added, and patches, applied in this order.
# Cargo.toml says where they lie; the registry's copy is as Cargo checked it.
quickjs_version=0.12.2
sources=$root/guests/js-engine/vendor/rquickjs-sys
changes=$root/guests/js-engine/quickjs
patches=("$changes/wasm.patch" "$changes/json.patch" "$changes/clock.patch")
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
paths="--remap-path-prefix=$root=/vesicle$("$root/guests/toolchain.sh" remap)"
# A reactor's start file: without it the linker wraps every export with constructors and destructors.
reactor="-Clink-arg=$("$RUSTC" --print sysroot)/lib/rustlib/wasm32-wasip1/lib/self-contained/crt1-reactor.o"
# The layout of memory: see guests/js-engine/src/heap.rs. `--global-base` is such that `.data` begins
# with a page; after a change of the engine, `-Clink-arg=-Map=FILE` shows where it begins.
flags="$paths $reactor -Clink-arg=--export=__stack_pointer -Clink-arg=-zstack-size=32768 -Clink-arg=--global-base=227024"
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
# Programs in Rust, which tests load as components that are not ours.
programs=(std-fs http fixtures tool-call javy)
# shellcheck disable=SC2086 # several words
"$RUSTC" --edition 2024 --target wasm32-wasip1 -Copt-level=s -Cstrip=symbols -Cpanic=abort \
  $paths "$root/guests/rust/std-fs.rs" -o "$target/guests/std-fs.core.wasm"
# Libraries: plugins, and two that only tests load.
plugins=(advise csv markdown)
for library in http fixtures "${plugins[@]}"; do
  (
    cd "$root/guests/rust/$library"
    "$CARGO" fetch --quiet ${LOCKED---locked}
    env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS \
      CARGO_TARGET_DIR="$target/guests" \
      CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$paths $reactor" \
      "$CARGO" build --quiet ${LOCKED---locked} --release --target wasm32-wasip1
  )
done
(
  cd "$root/guests/rust/tool-call"
  "$CARGO" fetch --quiet ${LOCKED---locked}
  env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS \
    CARGO_TARGET_DIR="$target/guests" \
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$paths" \
    "$CARGO" build --quiet ${LOCKED---locked} --release --target wasm32-wasip1
)
(
  cd "$root/guests/rust/javy"
  "$CARGO" fetch --quiet ${LOCKED---locked}
  env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS \
    CARGO_TARGET_DIR="$target/guests" \
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$paths" \
    CFLAGS_wasm32_wasip1="-ffile-prefix-map=$root=/vesicle" \
    "$CARGO" build --quiet ${LOCKED---locked} --release --target wasm32-wasip1
)
# A core module, for those who adapt it.
cp "$target/guests/wasm32-wasip1/release/javy-command.wasm" "$target/guests/javy.wasm"
unset CARGO RUSTC
# Of the whole workspace: the features of shared crates are the same as in every other build then.
cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --bin vesicle-guest-builder --bin vesicle
builder=$target/debug/vesicle-guest-builder
digest=$("$builder" "$core" "$built")
"$builder" --command "$target/guests/std-fs.core.wasm" "$target/guests/std-fs.wasm" >/dev/null
"$builder" --command "$target/guests/wasm32-wasip1/release/tool-call.wasm" "$target/guests/tool-call.wasm" >/dev/null
"$builder" --library "$target/guests/wasm32-wasip1/release/http.wasm" "$target/guests/http.wasm" >/dev/null
"$builder" --library "$target/guests/wasm32-wasip1/release/fixtures.wasm" "$target/guests/fixtures.wasm" >/dev/null

# Makes a plugin's directory, with what it asks for.
pack() {
  local name=$1
  shift
  (
    cd "$root"
    "$target/debug/vesicle" plugin pack "$target/guests/wasm32-wasip1/release/$name.wasm" \
      --data-dir "$target/guests/data" --wit "guests/rust/$name/wit" --source "guests/rust/$name" \
      --recipe "guests/toolchain.sh && guests/build.sh" --into "$target/guests/plugins/$name" "$@"
  )
}
pack advise --ask "memory=*" --ask record --ask "tools=*.*" \
  --description "Advice from the memory of past work, and tool calls with that advice beside them."
pack csv --ask preopen=/data \
  --description "Queries CSV files: columns, conditions, groups and sums, in order."
pack markdown --description "Formats Markdown, lists its headings and turns it into HTML."
toolchain=$("$root/guests/toolchain.sh" versions)

if [ "${1:-}" = --check ]; then
  committed=$(sed -n 's/^digest = "blake3:\(.*\)"$/\1/p' "$recipe")
  different=
  if [ "$digest" != "$committed" ]; then different+=" js-engine.wasm"; fi
  for program in "${programs[@]}"; do
    if ! cmp --quiet "$target/guests/$program.wasm" "$root/tests/programs/components/$program.wasm"; then different+=" $program.wasm"; fi
  done
  for plugin in "${plugins[@]}"; do
    if ! diff --brief --recursive "$target/guests/plugins/$plugin" "$root/plugins/$plugin" >/dev/null; then different+=" plugins/$plugin"; fi
  done
  if [ -z "$different" ]; then
    echo "js-engine.wasm: $digest, as committed; ${programs[*]} ${plugins[*]}: as committed"
  elif [ "$toolchain" = "$(sed -n '/^toolchain = """$/,/^"""$/p' "$recipe" | sed '1d;$d')" ]; then
    echo "built otherwise than committed:$different: run guests/build.sh, and commit plugins/ and tests/programs/components/" >&2
    exit 1
  else
    echo "built with another toolchain than the recipe's, so that the digests cannot be compared:$different. The toolchain:"
    echo "$toolchain"
    # The caller tests this one then, in place of the committed one.
    exit 3
  fi
  exit
fi

cp "$built" "$root/plugins/js-engine.wasm"
for program in "${programs[@]}"; do
  cp "$target/guests/$program.wasm" "$root/tests/programs/components/$program.wasm"
done
for plugin in "${plugins[@]}"; do
  rm -rf "$root/plugins/$plugin"
  cp -r "$target/guests/plugins/$plugin" "$root/plugins/$plugin"
done
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
