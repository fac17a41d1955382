#!/usr/bin/env bash
# Makes this machine able to build guests: a Rust with wasm32-wasip1 and a clang with its C library.
#
# The reference toolchain is Debian's (rustc-web and clang): it can be had on a machine that reaches
# only Debian's packages, and the committed artifacts were made with it. Idempotent; needs root and
# about a minute, the first time.
#
# Use: source the variables that `guests/toolchain.sh env` prints.
set -euo pipefail

llvm=22
target=wasm32-wasip1
sdk=${WASI_SDK:-/opt/wasi-sdk}
packages=(
  rustc-web cargo-web rust-web-src wasi-libc
  "clang-$llvm" "lld-$llvm" "llvm-$llvm" "libclang-rt-$llvm-dev-wasm32" "libclang-$llvm-dev"
)

# Keeps the paths of this machine out of what it builds: crates lie in /crates. Fetch before.
remap_crates() {
  local dir
  for dir in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    printf -- ' --remap-path-prefix=%s=/crates' "$dir"
  done
}

if [ "${1:-}" = remap ]; then
  remap_crates
  exit
fi

if [ "${1:-}" = env ]; then
  printf 'export CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc WASI_SDK=%s\n' "$sdk"
  exit
fi

# The versions that an artifact depends on, one a line, for its recipe.
if [ "${1:-}" = versions ]; then
  /usr/bin/rustc --version
  dpkg-query -W -f '${Package} ${Version}\n' rustc-web wasi-libc "clang-$llvm" "lld-$llvm" "libclang-rt-$llvm-dev-wasm32"
  exit
fi

if ! dpkg-query -W "${packages[@]}" >/dev/null 2>&1; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

# The linker under the name that rustc's target expects.
mkdir -p /usr/lib/rustlib/x86_64-unknown-linux-gnu/bin
ln -sf "/usr/lib/llvm-$llvm/bin/lld" /usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld

# Debian's C library where rustc and clang look for it.
sysroot_lib=/usr/lib/rustlib/$target/lib
mkdir -p "$sysroot_lib/self-contained" "$sdk/bin" "$sdk"/share/wasi-sysroot/{include,lib}
ln -sf /usr/lib/wasm32-wasi/* "$sysroot_lib/self-contained/"
ln -sf "/usr/bin/clang-$llvm" "$sdk/bin/clang"
ln -sf "/usr/bin/llvm-ar-$llvm" "$sdk/bin/ar"
ln -sfn /usr/include/wasm32-wasi "$sdk/share/wasi-sysroot/include/$target"
ln -sfn /usr/lib/wasm32-wasi "$sdk/share/wasi-sysroot/lib/$target"

# std, built once from Debian's sources by exactly this compiler.
if ! ls "$sysroot_lib"/libstd-*.rlib >/dev/null 2>&1; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/src"
  printf '[package]\nname = "stdbuild"\nversion = "0.0.0"\nedition = "2021"\n' >"$work/Cargo.toml"
  touch "$work/src/lib.rs"
  # Bitcode is embedded so that guests can be linked with `lto`; RUSTC_BOOTSTRAP lets a stable
  # compiler build std, and only this one build has it.
  (
    cd "$work"
    unset RUSTUP_TOOLCHAIN RUSTFLAGS
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target"
    export CARGO_UNSTABLE_BUILD_STD=std,panic_abort,proc_macro
    /usr/bin/cargo fetch --quiet --target $target
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-Cembed-bitcode=yes$(remap_crates)" \
      /usr/bin/cargo build --quiet --release --target $target
  )
  rm -f "$work/target/$target/release/deps"/libstdbuild-*
  cp "$work/target/$target/release/deps"/lib*.rlib "$sysroot_lib/"
fi

echo "$target ready: $(/usr/bin/rustc --version)"
