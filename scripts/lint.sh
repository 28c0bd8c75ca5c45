#!/usr/bin/env bash
# Checks form: rustfmt, clippy without warnings, and ruff, eslint and tsc where there is something for them.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
if command -v ruff >/dev/null 2>&1; then
  ruff check .
else
  echo "lint: no ruff, so Python is not checked (uv tool install ruff)"
fi
if [ -f ui/package.json ] && grep -q '"lint":' ui/package.json; then
  [ -d ui/node_modules ] || npm --prefix ui ci --no-fund --no-audit --loglevel=error
  npm --prefix ui run lint
fi
echo "lint: nothing to say"
