#!/usr/bin/env bash
# Measures, in a release build: each bench/*.py but common.py is one bench, and prints what it found. Nothing here passes
# or fails. Usage: scripts/bench.sh [NAME]..., such as `scripts/bench.sh pipeline`
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || set -- server pipeline small_files

cargo build --release --package tidemill
cargo build --release --package tidemill-objects --example plain_hash
TIDEMILL=$(realpath "${CARGO_TARGET_DIR:-target}")/release/tidemill
export TIDEMILL
printf 'measured on %s cores, load %s before\n' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)"
for name in "$@"; do
  python3 "bench/$name.py"
done
