#!/usr/bin/env bash
# All tests: sets up what they miss, builds once, then Rust, Python, web page and browser. Stops at the first step that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
SECONDS=0
step() { echo "==> [${SECONDS} s] $*"; }

step "Looking for what is needed"
scripts/setup.sh test

if [ -x scripts/ui.sh ]; then
  step "Building the web page"
  scripts/ui.sh
fi

step "Building and running the Rust tests"
if cargo nextest --version >/dev/null 2>&1; then
  profile=default
  [ -z "${CI:-}" ] || profile=ci
  cargo nextest run --workspace --profile "$profile"
else
  cargo test --workspace --lib --bins --tests
fi

step "Running the examples in the documentation of the code"
cargo test --workspace --doc --quiet

if compgen -G 'python/tests/test_*.py' >/dev/null; then
  step "Running the Python tests"
  (cd python && python3 -m unittest discover --start-directory tests)
fi

if [ -f ui/package.json ] && grep -q '"test":' ui/package.json; then
  step "Running the tests of the web page"
  npm --prefix ui test
fi

if [ -f e2e/package.json ]; then
  step "Running the tests in a browser"
  scripts/e2e.sh
fi

step "All tests passed"
