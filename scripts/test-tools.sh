#!/bin/sh
# Installs the servers that tests start themselves: Azurite (Azure Blob) from the npm registry, moto (S3) from the Python
# package index. What is there already is left alone. Usage: scripts/test-tools.sh [azurite|moto]...
set -eu

tools="${TIDEMILL_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill/test-tools}"
azurite_version=3.35.0
moto_version=5.2.5

mkdir -p "$tools"
# Several test processes may come here at once: one installs, the others wait.
exec 9>"$tools/.lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi

azurite() {
    [ -x "$tools/azurite/node_modules/.bin/azurite-blob" ] && return
    echo "installing azurite $azurite_version into $tools/azurite" >&2
    rm -rf "$tools/azurite.new"
    mkdir -p "$tools/azurite.new"
    (cd "$tools/azurite.new" && npm init -y >/dev/null && npm install --no-fund --no-audit --loglevel=error "azurite@$azurite_version" >&2)
    rm -rf "$tools/azurite"
    mv "$tools/azurite.new" "$tools/azurite"
}

moto() {
    [ -x "$tools/moto/bin/moto_server" ] && return
    echo "installing moto $moto_version into $tools/moto" >&2
    rm -rf "$tools/moto"
    python3 -m venv "$tools/moto"
    if ! "$tools/moto/bin/python" -m pip install --quiet --disable-pip-version-check "moto[server,s3]==$moto_version" >&2; then
        rm -rf "$tools/moto"
        return 1
    fi
}

[ "$#" -gt 0 ] || set -- azurite moto
for tool in "$@"; do
    case "$tool" in
        azurite) azurite ;;
        moto) moto ;;
        *) echo "unknown tool $tool: there are azurite and moto" >&2; exit 2 ;;
    esac
done
