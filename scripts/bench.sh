#!/usr/bin/env bash
# Measures, in a release build: each bench/*.py but common.py is one bench, and prints what it found. Nothing here passes
# or fails. Usage: scripts/bench.sh [NAME]..., such as `scripts/bench.sh pipeline`
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || set -- server pipeline small_files tracking profile serving decision

# What the comparison with MLflow's server needs; without it the bench says what it leaves out.
case " $* " in
  *" server "* | *" tracking "*)
    scripts/test-tools.sh mlflow-server || echo "bench: mlflow's server cannot be installed, so nothing is compared with it"
    ;;
esac
case " $* " in
  *" profile "*)
    scripts/test-tools.sh tables
    python="${TIDEMILL_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill/test-tools}/tables/bin/python"
    for peer in duckdb polars ydata-profiling; do
      "$python" -c "import ${peer//-/_}" 2>/dev/null || "$python" -m pip install --quiet --disable-pip-version-check "$peer" ||
        echo "bench: $peer cannot be installed, so nothing is compared with it"
    done
    # whylogs runs with an older numpy alone.
    older="${python%/tables/bin/python}/whylogs"
    "$older/bin/python" -c "import whylogs" 2>/dev/null || {
      python3 -m venv "$older" &&
        "$older/bin/python" -m pip install --quiet --disable-pip-version-check whylogs 'numpy<2' 'pandas<2.3' 'pyarrow<20'
    } || echo "bench: whylogs cannot be installed, so nothing is compared with it"
    cargo build --release --package tidemill-table --example measure
    ;;
esac
case " $* " in
  *" serving "*)
    scripts/test-tools.sh serving
    scripts/test-tools.sh mlserver || echo "bench: MLServer cannot be installed, so nothing is compared with it"
    cargo build --release --package tidemill-serve --example grpc_load
    ;;
esac
if ! command -v wrk >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "bench: installing wrk"
  apt-get install --yes --quiet wrk >/dev/null || true
fi

cargo build --release --package tidemill
cargo build --release --package tidemill-objects --example plain_hash
cargo build --release --package tidemill-store --example seed
TIDEMILL=$(realpath "${CARGO_TARGET_DIR:-target}")/release/tidemill
export TIDEMILL
printf 'measured on %s cores, load %s before\n' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)"
for name in "$@"; do
  python3 "bench/$name.py"
done
