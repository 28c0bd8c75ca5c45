"""What a model of late flights must do, whatever its metrics: asked through the scoring script, as callers ask."""

import json
import os

import pandas as pd
import pytest
import score


@pytest.fixture(scope="session")
def flights() -> pd.DataFrame:
    """A hundred flights that the model is validated on."""
    score.init()
    return pd.read_csv(os.environ["VALIDATION_TABLE"])[list(score.columns)].head(100)


def ask(table: pd.DataFrame) -> list[float]:
    return score.run(json.dumps({"input_data": json.loads(table.to_json(orient="split"))}))["late"]


def test_answers_are_probabilities(flights):
    assert all(0 <= one <= 1 for one in ask(flights))


def test_late_departures_before_do_not_make_a_flight_more_punctual(flights):
    calm = flights.assign(origin_delay_minutes=0.0, carrier_delay_minutes=0.0)
    rough = flights.assign(origin_delay_minutes=60.0, carrier_delay_minutes=60.0)
    assert sum(ask(rough)) > sum(ask(calm))


def test_the_order_of_columns_and_rows_does_not_matter(flights):
    turned = flights[flights.columns[::-1]].iloc[::-1]
    assert ask(turned)[::-1] == pytest.approx(ask(flights))


def test_a_flight_of_a_carrier_that_is_new_is_answered(flights):
    assert 0 <= ask(flights.head(1).assign(carrier="ZZ"))[0] <= 1


def test_a_missing_reading_of_the_weather_is_answered(flights):
    assert 0 <= ask(flights.head(1).drop(columns=["wind_gust_mph", "temp_f"]))[0] <= 1


def test_a_column_that_nobody_knows_is_refused(flights):
    with pytest.raises(ValueError, match="seats_sold"):
        ask(flights.head(1).assign(seats_sold=1.0))
