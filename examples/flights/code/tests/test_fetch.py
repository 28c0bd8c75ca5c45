"""Months are read as written, and a month has the same bytes whichever others come with it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from fetch import arrive, fetch, parse_months, write_months


@pytest.mark.parametrize(
    ("text", "months"),
    [("3", [3]), ("1-3", [1, 2, 3]), ("1-2,7", [1, 2, 7]), (" 5 , 4-5", [4, 5]), ("12", [12])],
)
def test_months_are_read_as_written(text: str, months: list[int]) -> None:
    assert parse_months(text) == months


@pytest.mark.parametrize("text", ["", "0", "13", "5-3", "1-", "-2", "x", "1,,2", "1-2-3"])
def test_bad_months_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="failed to read months"):
        parse_months(text)


def test_a_month_has_the_same_bytes_whichever_others_come_with_it(
    flights: pd.DataFrame, tmp_path: Path
) -> None:
    write_months(flights, [1, 2], tmp_path / "one")
    write_months(flights, [1, 2, 3], tmp_path / "two")
    first = (tmp_path / "one/2013-02.parquet").read_bytes()
    assert first == (tmp_path / "two/2013-02.parquet").read_bytes()


def test_the_source_gives_a_month_and_says_where_it_came_from(tmp_path: Path) -> None:
    rows = fetch([1], tmp_path)
    assert rows["flights/2013-01.parquet"] == 27_004
    assert len(pd.read_parquet(tmp_path / "weather/2013-01.parquet")) == rows["weather/2013-01.parquet"]
    assert json.loads((tmp_path / "source.json").read_text())["months"] == [1]


def test_the_month_that_arrived_is_the_last_one(flights: pd.DataFrame, tmp_path: Path) -> None:
    for table in ("flights", "weather"):
        write_months(flights, [1, 2, 3], tmp_path / "all" / table)
    arrive([1, 2, 3], tmp_path / "all", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.glob("new/*/*")) == ["2013-03.parquet"] * 2
    assert set(pd.read_parquet(tmp_path / "new/flights")["month"]) == {3}
