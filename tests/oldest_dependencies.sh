#!/usr/bin/env bash
# Builds the crate with the oldest versions of its direct dependencies that Cargo.toml allows, so that what it says of them is true.
#
# Which versions these are, only the nightly cargo can find out; where there is none, the stable one is asked to be it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$root"/{Cargo.toml,src,README.md} "$copy"
# Dependencies of tests and benches are not what a user gets, and the targets that need them are not here.
awk '/^\[/ { keep = !/^\[(dev-dependencies|\[example|\[bench|\[test)/ } keep' "$root/Cargo.toml" > "$copy/Cargo.toml"
cd "$copy"
RUSTC_BOOTSTRAP=1 cargo update -Z direct-minimal-versions
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/oldest cargo check --all-features
