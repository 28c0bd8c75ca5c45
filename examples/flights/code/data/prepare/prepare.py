"""Turn raw months into features that are known before departure, split by time.

Every prediction is made `notice_hours` before the scheduled departure (the prediction moment).
A column of a flight may use its schedule, its aircraft, weather observed up to that moment, and
what other flights had done by then. Nothing of the flight's own departure or arrival is used:
its departure delay alone would give the answer away, and nobody knows it in time.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

TARGET = "late"
CATEGORICAL = ["carrier", "origin", "dest"]
NUMERIC = [
    "sched_dep_minute",
    "sched_arr_minute",
    "day_of_week",
    "distance_miles",
    "hour_departures",
    "plane_age_years",
    "plane_seats",
    "temp_f",
    "humidity_pct",
    "wind_dir_deg",
    "wind_speed_mph",
    "wind_gust_mph",
    "precip_in",
    "pressure_mbar",
    "visibility_miles",
    "origin_delay_minutes",
    "origin_departures",
    "carrier_delay_minutes",
]
KEYS = ["month", "scheduled", "flight"]
WEATHER = {
    "temp": "temp_f",
    "humid": "humidity_pct",
    "wind_dir": "wind_dir_deg",
    "wind_speed": "wind_speed_mph",
    "wind_gust": "wind_gust_mph",
    "precip": "precip_in",
    "pressure": "pressure_mbar",
    "visib": "visibility_miles",
}
WIND_MAX_MPH = 250.0
WEATHER_MAX_AGE = pd.Timedelta(hours=3)
RECENT = pd.Timedelta(hours=3)


def minute_of_day(clock: pd.Series) -> pd.Series:
    """Minutes after midnight of a clock reading such as 517 (05:17); 2400 is 1440."""
    return (clock // 100 * 60 + clock % 100).astype("float64")


def add_schedule(flights: pd.DataFrame) -> pd.DataFrame:
    """Add what the timetable says; `scheduled` is the scheduled departure in UTC."""
    flights = flights.assign(
        scheduled=flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="min"),
        sched_dep_minute=minute_of_day(flights["sched_dep_time"]),
        sched_arr_minute=minute_of_day(flights["sched_arr_time"]),
        distance_miles=flights["distance"].astype("float64"),
    )
    day = pd.to_datetime(flights[["year", "month", "day"]])
    flights["day_of_week"] = day.dt.day_of_week.astype("float64")
    hour = flights.groupby(["origin", "time_hour"])["flight"]
    flights["hour_departures"] = hour.transform("size").astype("float64")
    return flights


def add_planes(flights: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Add age in years and seats of the aircraft; missing where the register does not know it."""
    known = planes[["tailnum", "year", "seats"]].rename(columns={"year": "built", "seats": "plane_seats"})
    flights = flights.merge(known, on="tailnum", how="left", validate="many_to_one")
    flights["plane_age_years"] = (flights["year"] - flights.pop("built")).clip(lower=0)
    return flights


def add_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Add the newest observation at the origin up to the prediction moment, if at most 3 h old.

    A wind speed that no instrument has ever measured is an error of the source and becomes missing.
    """
    seen = weather[["origin", "time_hour", *WEATHER]].rename(columns={"time_hour": "observed", **WEATHER})
    seen["wind_speed_mph"] = seen["wind_speed_mph"].where(seen["wind_speed_mph"] <= WIND_MAX_MPH)
    return pd.merge_asof(
        flights.sort_values("moment", kind="stable"),
        seen.sort_values("observed", kind="stable"),
        left_on="moment",
        right_on="observed",
        by="origin",
        direction="backward",
        tolerance=WEATHER_MAX_AGE,
    ).drop(columns="observed")


def recent_delay(flights: pd.DataFrame, by: str) -> tuple[pd.Series, pd.Series]:
    """Mean departure delay (minutes) and count of flights of the same `by` that had left by then.

    Counts flights whose actual departure lies in the 3 hours up to the prediction moment, so a
    flight that still waits is not seen. The mean is missing if none had left.
    """
    mean = pd.Series(np.nan, index=flights.index)
    count = pd.Series(0.0, index=flights.index)
    left = flights[flights["dep_delay"].notna()]
    left = left.assign(departed=left["scheduled"] + pd.to_timedelta(left["dep_delay"], unit="min"))
    gone_by_key = dict(tuple(left.sort_values("departed", kind="stable").groupby(by)))
    for key, rows in flights.groupby(by):
        gone = gone_by_key.get(key)
        if gone is None:
            continue
        total = np.concatenate([[0.0], gone["dep_delay"].cumsum()])
        stop = gone["departed"].searchsorted(rows["moment"], side="right")
        start = gone["departed"].searchsorted(rows["moment"] - RECENT, side="right")
        number = (stop - start).astype("float64")
        count.loc[rows.index] = number
        with np.errstate(invalid="ignore"):
            mean.loc[rows.index] = (total[stop] - total[start]) / number
    return mean, count


def build(
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    planes: pd.DataFrame,
    notice_hours: int,
    late_minutes: int,
) -> pd.DataFrame:
    """One row for each flight that landed: keys, features and the target (1 if late, else 0).

    Flights that were cancelled or diverted have no arrival delay and hence no target. They are
    left out at the end only: until then they count in what other flights could see.
    """
    flights = add_schedule(flights)
    flights["moment"] = flights["scheduled"] - pd.Timedelta(hours=notice_hours)
    flights = add_weather(add_planes(flights, planes), weather).reset_index(drop=True)
    flights["origin_delay_minutes"], flights["origin_departures"] = recent_delay(flights, "origin")
    flights["carrier_delay_minutes"], _ = recent_delay(flights, "carrier")
    landed = flights[flights["arr_delay"].notna()]
    table = landed[KEYS + CATEGORICAL + NUMERIC].copy()
    table[NUMERIC] = table[NUMERIC].astype("float64")
    table[TARGET] = (landed["arr_delay"] > late_minutes).astype("int64")
    return table.sort_values(["scheduled", "carrier", "flight", "origin"], kind="stable", ignore_index=True)


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Earlier months to train on, the last month to test on; ValueError if there is only one."""
    last = table["month"].max()
    train, test = table[table["month"] < last], table[table["month"] == last]
    if train.empty:
        raise ValueError("failed to split: the data hold one month; fetch at least two")
    return train.reset_index(drop=True), test.reset_index(drop=True)


def read_months(folder: Path) -> pd.DataFrame:
    """All months in `folder`, in order of their names; FileNotFoundError if there are none."""
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise FileNotFoundError(f"failed to find Parquet files in {folder}; run the fetch step first")
    return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flights", type=Path, required=True, help="folder written by fetch.py")
    parser.add_argument("--notice-hours", type=int, default=2, help="hours before scheduled departure")
    parser.add_argument("--late-minutes", type=int, default=15, help="late if landed later than this")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    args = parser.parse_args()

    flights = read_months(args.flights / "flights")
    weather = read_months(args.flights / "weather")
    planes = pd.read_parquet(args.flights / "planes.parquet")
    table = build(flights, weather, planes, args.notice_hours, args.late_minutes)
    print(f"{len(flights):,} flights, {len(flights) - len(table):,} cancelled or diverted are left out")

    args.output.mkdir(parents=True, exist_ok=True)
    for name, part in zip(("train", "test"), split(table), strict=True):
        part.to_parquet(args.output / f"{name}.parquet", index=False)
        months = f"months {part['month'].min()} to {part['month'].max()}"
        print(f"{name}: {len(part):,} rows, {months}, {part[TARGET].mean():.1%} late")
    features = {
        "target": TARGET,
        "categorical": CATEGORICAL,
        "numeric": NUMERIC,
        "notice_hours": args.notice_hours,
        "late_minutes": args.late_minutes,
    }
    (args.output / "features.json").write_text(json.dumps(features, indent=2) + "\n")


if __name__ == "__main__":
    main()
