#!/usr/bin/env bash
# Holds the public API against tests/public-api.txt, which a change of the API changes with it: `tests/public_api.sh --accept`.
set -euo pipefail
cd "$(dirname "$0")/.."
# Of one version: another may write the same API in other words.
command -v cargo-public-api >/dev/null || cargo install --debug --locked cargo-public-api@0.52.0
found=$(mktemp)
trap 'rm -f "$found"' EXIT
RUSTC_BOOTSTRAP=1 cargo public-api --features conformance -sss --color never > "$found"
if [ "${1:-}" = --accept ]; then
    cp "$found" tests/public-api.txt
elif ! diff -u tests/public-api.txt "$found"; then
    echo "The public API has changed. If that is meant: tests/public_api.sh --accept" >&2
    exit 1
fi
