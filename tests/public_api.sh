#!/usr/bin/env bash
# Holds the public API against tests/public-api.txt, which a change of the API changes with it: `tests/public_api.sh --accept`. At its end stand the
# auto traits (Send, Sync, Unpin, unwind safety) that a public type has not.
set -euo pipefail
cd "$(dirname "$0")/.."
# Of one version: another may write the same API in other words.
version=0.52.0
[ "$(cargo public-api --version 2>/dev/null)" = "cargo-public-api $version" ] || cargo install --debug --locked "cargo-public-api@$version"
found=$(mktemp) all=$(mktemp)
trap 'rm -f "$found" "$all"' EXIT
api() { RUSTC_BOOTSTRAP=1 cargo public-api --features conformance --color never "$@"; }
api -sss > "$found"
api -s > "$all"
grep '^impl\(<.*>\)\? !' "$all" >> "$found" || true
if [ "${1:-}" = --accept ]; then
    cp "$found" tests/public-api.txt
elif ! diff -u tests/public-api.txt "$found"; then
    echo "The public API has changed. If that is meant: tests/public_api.sh --accept" >&2
    exit 1
fi
