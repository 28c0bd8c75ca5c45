#!/usr/bin/env bash
# Looks for what building (and testing) needs, installs what is missing where it can, and says so; quick when all is
# there. Usage: scripts/setup.sh build|test
set -euo pipefail
cd "$(dirname "$0")/.."
goal=${1:-build}
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { echo "setup: $*"; }
fail() {
  echo "setup: $*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# apt, where we are root and it is there. Says whether the packages are in.
updated=
apt_install() {
  [ "$(id -u)" = 0 ] && have apt-get || return 1
  say "installing $* (apt-get)"
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "$updated" ]; then
    apt-get update -qq >/dev/null || true
    updated=1
  fi
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# at_least 1.95.0 1.95 says whether the first version is the second or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Needed to build.
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if ! have cargo || ! have rustc; then fail "Rust $wanted or newer is needed (cargo and rustc): see https://rustup.rs"; fi
found=$(rustc --version | cut -d ' ' -f 2)
at_least "$found" "$wanted" || fail "Rust $wanted or newer is needed, rustc is $found: run \`rustup update stable\`"
have cc || have gcc || have clang || apt_install build-essential ||
  fail "a C compiler is needed (cc): install build-essential, or Xcode's command line tools"
have python3 || apt_install python3 python3-venv || fail "Python 3 is needed (python3), for jobs and their environments"
python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv ||
  fail "Python's venv is needed (package python3-venv)"
if [ -f ui/package.json ] || [ "$goal" = test ]; then
  have npm || apt_install nodejs npm || fail "Node 20.19 or newer is needed (node and npm), for the web page and its tests"
  found=$(node --version)
  at_least "${found#v}" 20.19 || fail "Node 20.19 or newer is needed for the web page, node is ${found#v}"
fi
[ "$goal" = test ] || exit 0

# Needed to test.
if ! cargo nextest --version >/dev/null 2>&1; then
  say "installing cargo-nextest (cargo install; some minutes)"
  CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} cargo install --quiet --locked cargo-nextest ||
    say "cargo-nextest could not be installed: the tests run under \`cargo test\`"
fi

has_postgres() {
  have initdb && return
  for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb /opt/homebrew/opt/postgresql*/bin/initdb; do
    [ -x "$initdb" ] && return
  done
  return 1
}
have bwrap || apt_install bubblewrap || say "bubblewrap is not installed: jobs are tested under Landlock alone"
has_postgres || apt_install postgresql || say "PostgreSQL is not installed: its tests run on SQLite only (in CI they fail)"

# A browser, where there are tests that need one.
if [ -d e2e ] && ! have chromium && ! have google-chrome && ! have chromium-browser; then
  apt_install chromium || say "no Chromium: the tests of the web page in a browser cannot run"
fi

# The mlflow client, Azurite, an S3 server and uv, in a cache folder of their own.
scripts/test-tools.sh
