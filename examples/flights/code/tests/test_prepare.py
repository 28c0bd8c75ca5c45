"""Features say what they claim to, and know nothing that happens after the prediction moment."""

import numpy as np
import pandas as pd
import pytest

from prepare import CATEGORICAL, KEYS, NUMERIC, RECENT, build, minute_of_day, split

NOTICE_HOURS = 2
ACTUAL = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]


@pytest.fixture
def table(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """The features of the made-up timetable."""
    return build(flights, weather, planes, NOTICE_HOURS, 15)


def scheduled(flights: pd.DataFrame) -> pd.Series:
    """Scheduled departure in UTC."""
    return flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="min")


def test_a_clock_reading_becomes_minutes_after_midnight() -> None:
    assert minute_of_day(pd.Series([0, 517, 1205, 2400])).tolist() == [0.0, 317.0, 725.0, 1440.0]


def test_every_flight_that_landed_has_one_row(flights: pd.DataFrame, table: pd.DataFrame) -> None:
    assert sorted(table["flight"]) == sorted(flights.loc[flights["arr_delay"].notna(), "flight"])


def test_late_means_more_than_the_given_minutes(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> None:
    flights["arr_delay"] = np.where(flights["flight"] % 2 == 0, 15.0, 16.0)
    late = build(flights, weather, planes, NOTICE_HOURS, 15).set_index("flight")["late"]
    assert (late == late.index % 2).all()


def test_no_column_of_the_flights_own_course_is_a_feature() -> None:
    assert not set(ACTUAL) & set(KEYS + CATEGORICAL + NUMERIC)


def test_what_a_flight_does_itself_changes_no_feature_of_it(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame, table: pd.DataFrame
) -> None:
    chosen = flights[flights["arr_delay"].notna()].index[::97]
    for row in chosen:
        other = flights.copy()
        other.loc[row, ACTUAL] = [2359.0, 600.0, 2359.0, 600.0, 1.0]
        flight = flights.loc[row, "flight"]
        after = build(other, weather, planes, NOTICE_HOURS, 15).set_index("flight").loc[flight, NUMERIC]
        before = table.set_index("flight").loc[flight, NUMERIC]
        pd.testing.assert_series_equal(after, before)


def test_nothing_after_the_prediction_moment_changes_a_feature(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame, table: pd.DataFrame
) -> None:
    moment = pd.Timestamp("2013-02-10 20:00", tz="UTC")
    departed = scheduled(flights) + pd.to_timedelta(flights["dep_delay"], unit="min")
    future = ~(departed <= moment)
    flights.loc[future & flights["dep_delay"].notna(), "dep_delay"] = 999.0
    weather.loc[weather["time_hour"] > moment, "temp"] = -999.0
    after = build(flights, weather, planes, NOTICE_HOURS, 15)
    known = table["scheduled"] - pd.Timedelta(hours=NOTICE_HOURS) <= moment
    assert 0 < known.sum() < len(table)
    pd.testing.assert_frame_equal(after.loc[known, NUMERIC], table.loc[known, NUMERIC])
    assert not after.loc[~known, NUMERIC].equals(table.loc[~known, NUMERIC])


def test_recent_delay_is_the_mean_of_flights_that_had_left(
    flights: pd.DataFrame, table: pd.DataFrame
) -> None:
    departed = scheduled(flights) + pd.to_timedelta(flights["dep_delay"], unit="min")
    for _, row in table.iloc[::101].iterrows():
        moment = row["scheduled"] - pd.Timedelta(hours=NOTICE_HOURS)
        seen = (flights["origin"] == row["origin"]) & (departed <= moment) & (departed > moment - RECENT)
        assert row["origin_departures"] == seen.sum()
        mean = flights.loc[seen, "dep_delay"].mean()
        np.testing.assert_allclose(row["origin_delay_minutes"], mean, atol=1e-9)


def test_weather_is_the_newest_observation_before_the_moment(
    weather: pd.DataFrame, table: pd.DataFrame
) -> None:
    moment = table["scheduled"] - pd.Timedelta(hours=NOTICE_HOURS)
    hours = (moment.dt.floor("h") - weather["time_hour"].min()) / pd.Timedelta(hours=1)
    assert (table["temp_f"] == hours).all()


def test_an_impossible_wind_is_missing(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> None:
    weather["wind_speed"] = 1048.36
    assert build(flights, weather, planes, NOTICE_HOURS, 15)["wind_speed_mph"].isna().all()


def test_an_unknown_aircraft_is_missing_and_costs_no_row(table: pd.DataFrame) -> None:
    assert table["plane_seats"].isna().any()
    assert set(table["plane_age_years"].dropna()) == {10.0}


def test_the_last_month_is_the_test_set(table: pd.DataFrame) -> None:
    train, test = split(table)
    assert len(train) + len(test) == len(table)
    assert train["scheduled"].max() < test["scheduled"].min()
    assert test["month"].unique().tolist() == [3]


def test_one_month_cannot_be_split(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="fetch at least two"):
        split(table[table["month"] == 1])
