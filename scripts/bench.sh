#!/usr/bin/env bash
# Measures, in a release build: each file bench/*.sh is one bench, and prints what it found. Nothing here passes or fails.
# Usage: scripts/bench.sh [NAME]..., such as `scripts/bench.sh small-files`
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || set -- $(basename -s .sh bench/*.sh)
for name in "$@"; do
  printf '\n== %s\n' "$name"
  bash "bench/$name.sh"
done
