#!/bin/sh
# Makes the packages of a release, with checksums and a list of what is in them: see packaging/README.md.
set -eu

cd "$(dirname "$0")/.."
profile=${PROFILE:-release}
case $profile in
dev) built=debug ;;
*) built=$profile ;;
esac
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=vesicle-$version-$(rustc --print host-tuple)
dist=${DIST:-$PWD/dist}

for tool in cargo-deb cargo-cyclonedx; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is missing: cargo install --locked $tool" >&2
        exit 1
    fi
done

cargo build --locked --profile "$profile" --workspace --bin vesicle
vesicle=$target/$built/vesicle

# Of the binary itself, so that they say what it does.
made=$target/$built/package
rm -rf "$made"
"$vesicle" man "$made/man"
mkdir -p "$made/completions"
"$vesicle" completions bash >"$made/completions/vesicle.bash"
"$vesicle" completions zsh >"$made/completions/_vesicle"
"$vesicle" completions fish >"$made/completions/vesicle.fish"

rm -rf "$dist"
mkdir -p "$dist/$name"
cp "$vesicle" README.md CHANGELOG.md SECURITY.md LICENSE-APACHE LICENSE-MIT "$dist/$name"
cp -r "$made/man" "$made/completions" packaging/vesicle.service packaging/vesicle.toml "$dist/$name"
strip "$dist/$name/vesicle"
# The same bytes for the same files: no times and no owners.
tar --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner \
    -C "$dist" -czf "$dist/$name.tar.gz" "$name"
rm -rf "${dist:?}/$name"

cargo deb --no-build --locked --profile "$profile" --manifest-path host/server/Cargo.toml --output "$dist/"

# The tool writes a file beside the manifest of each member of the workspace.
cargo cyclonedx --format json --spec-version 1.5 --manifest-path host/server/Cargo.toml --override-filename vesicle-sbom
# Where it was built is nobody's business.
sed "s|file://$PWD|file:///vesicle|g" host/server/vesicle-sbom.json >"$dist/$name.cdx.json"
find host guests tests -name vesicle-sbom.json -delete

cd "$dist"
sha256sum -- * >SHA256SUMS
cat SHA256SUMS
