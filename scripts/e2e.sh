#!/usr/bin/env bash
# The studio in a real browser: builds the page and the binary, then clicks through it.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { echo "==> $*"; }
scripts/ui.sh

if [ -f e2e/package.json ]; then
  chromium=${CHROMIUM:-}
  for name in chromium chromium-browser google-chrome; do
    [ -n "$chromium" ] || chromium=$(command -v "$name" || true)
  done
  if [ -n "$chromium" ]; then
    step "Running the tests in a browser"
    cargo build --quiet --package tidemill
    if [ ! -f e2e/node_modules/.package-lock.json ] || [ e2e/package-lock.json -nt e2e/node_modules/.package-lock.json ]; then
      npm --prefix e2e ci --no-fund --no-audit --loglevel=error
    fi
    export CHROMIUM=$chromium
    # As with the other tests that start whole servers: in CI, where the machine may be busy, one more try.
    npm --prefix e2e test || { [ -n "${CI:-}" ] && step "Once more" && npm --prefix e2e test; }
  elif [ -n "${CI:-}" ]; then
    echo "test: no Chromium, and in CI the tests in a browser may not be left out" >&2
    exit 1
  else
    echo "test: no Chromium, so the tests in a browser are left out"
  fi
fi
