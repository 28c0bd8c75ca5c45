#!/usr/bin/env bash
# Builds the studio into ui/dist, which the binary embeds. Does nothing when ui/dist is newer than all that it is made of.
set -euo pipefail
cd "$(dirname "$0")/.."
made=ui/dist/index.html
if [ -f "$made" ] && [ -z "$(find ui/src ui/public ui/*.* openapi/v1.json -newer "$made" -type f -print -quit)" ]; then
  echo "ui: ui/dist is up to date"
  exit
fi
command -v npm >/dev/null 2>&1 || { echo "ui: npm is missing: install Node 20.19 or later" >&2; exit 1; }
# What is installed is installed again only when the lock file changed.
if [ ! -f ui/node_modules/.package-lock.json ] || [ ui/package-lock.json -nt ui/node_modules/.package-lock.json ]; then
  npm --prefix ui ci --no-fund --no-audit --loglevel=error
fi
npm --prefix ui run --silent build
echo "ui: built into ui/dist; build tidemill again to embed it"
