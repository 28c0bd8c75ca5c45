"""A small made-up timetable that every test can build on."""

import sys

import numpy as np
import pandas as pd
import pytest

sys.dont_write_bytecode = True  # a snapshot of a step's folder must not change because tests ran


@pytest.fixture
def planes() -> pd.DataFrame:
    """Two aircraft, one of unknown age."""
    return pd.DataFrame({"tailnum": ["N1", "N2"], "year": [2003.0, np.nan], "seats": [55, 182]})


@pytest.fixture
def flights() -> pd.DataFrame:
    """1,200 flights of three months: a few are cancelled, more are late in the afternoon."""
    rng = np.random.default_rng(7)
    rows = 1200
    day = pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(rows) * 90 // rows, unit="D")
    hour, minute = rng.integers(6, 22, rows), rng.integers(0, 60, rows)
    delay = np.round(rng.normal(0, 15, rows) + np.maximum(0, hour - 14) * 8)
    delay[rng.random(rows) < 0.03] = np.nan
    return pd.DataFrame(
        {
            "year": day.year,
            "month": day.month,
            "day": day.day,
            "dep_time": np.where(np.isnan(delay), np.nan, hour * 100.0 + minute),
            "sched_dep_time": hour * 100 + minute,
            "dep_delay": delay,
            "arr_time": np.where(np.isnan(delay), np.nan, 1200.0),
            "sched_arr_time": (hour + 2) % 24 * 100 + minute,
            "arr_delay": delay + rng.integers(-10, 10, rows),
            "carrier": rng.choice(["AA", "UA", "B6"], rows),
            "flight": np.arange(rows),
            "tailnum": rng.choice(["N1", "N2", "N3"], rows),
            "origin": rng.choice(["EWR", "JFK"], rows),
            "dest": rng.choice(["BOS", "LAX"], rows),
            "air_time": 90.0,
            "distance": 500,
            "hour": hour,
            "minute": minute,
            "time_hour": (day + pd.to_timedelta(hour + 5, unit="h")).tz_localize("UTC"),
        }
    )


@pytest.fixture
def weather() -> pd.DataFrame:
    """An observation an hour at both airports; the temperature counts the hours."""
    hours = pd.date_range("2013-01-01", "2013-04-02", freq="h", tz="UTC")
    one = pd.DataFrame(
        {
            "time_hour": hours,
            "temp": np.arange(len(hours), dtype="float64"),
            "humid": 60.0,
            "wind_dir": 270.0,
            "wind_speed": 10.0,
            "wind_gust": np.where(np.arange(len(hours)) % 5 == 0, 20.0, np.nan),
            "precip": 0.0,
            "pressure": 1012.0,
            "visib": 10.0,
        }
    )
    return pd.concat([one.assign(origin=name) for name in ("EWR", "JFK")], ignore_index=True)
