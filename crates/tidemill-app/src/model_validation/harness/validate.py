"""Scores a model on a table and writes down what it said; what that is worth is computed elsewhere.

Writes `told.json`, `arrays.bin` (little-endian doubles), and the tables that the model saw.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import time
import traceback
from importlib import metadata

import arrays
import behaviour
import scorer
import tables


class Refused(Exception):
    """Why the validation cannot go on, for people."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("model", "data", "output"):
        parser.add_argument("--" + name, required=True)
    for name in ("champion", "training", "prepare", "scoring", "tests", "score-champion"):
        parser.add_argument("--" + name)
    args = parser.parse_args()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "settings.json")) as file:
        settings = json.load(file)
    try:
        if args.score_champion:
            score_champion(args, settings)
        else:
            validate(args, settings)
    except (Refused, tables.Refused, scorer.Refused) as error:
        sys.exit("failed to validate: %s" % error)


def validate(args, settings):
    spec = settings["spec"]
    os.makedirs(args.output, exist_ok=True)
    work = os.path.join(os.getcwd(), "validation")
    table = tables.table_of(args.data, spec, args.prepare, os.path.join(work, "data"), spec.get("table"))
    missing = [name for name in [spec["target"]] + wanted_columns(spec) if name not in table.columns]
    if missing:
        raise Refused("the table has no column %s; it has %s" % (", ".join(missing), ", ".join(map(str, table.columns))))
    rows = len(table)
    table = table[table[spec["target"]].notna()].reset_index(drop=True)
    if table.empty:
        raise Refused("the table has no row whose target is known")
    folder = scorer.model_dir(args.model, settings["model_name"], os.path.join(work, "model"))
    model = scorer.load(spec, folder, args.scoring)
    features = scorer.features_of(spec, model, table)
    truth = scorer.Truth(spec, table[spec["target"]], model)
    store = arrays.Store(os.path.join(args.output, "arrays.bin"))
    told = {
        "format": 1, "rows": rows, "rows_without_target": rows - len(table), "features": features, "load_seconds": model.load_seconds,
        "memory_bytes": model.memory_bytes, "python": platform.python_version(), "packages": packages(), "parameters": model.parameters(),
    }  # fmt: skip
    x = table[features]
    truth.take(model.predict(x))
    store.put("y", truth.truth())
    truth.put(store, "", truth.said)
    told["not_numbers"] = truth.not_numbers
    told["latency_ms"] = latency(model, x)
    permute(spec, model, x, truth, store, told)
    slices(spec, table, store, told)
    champion(args, settings, table, work, truth, store, told)
    cross_validate(spec, model, x, table[spec["target"]], truth, store, told)
    told["classes"] = truth.classes
    told["newest"] = newest(args, spec, table, work)
    keep = list(dict.fromkeys(features + [spec["target"]] + wanted_columns(spec)))
    told["table"] = tables.write(table[keep], os.path.join(args.output, "data"))
    training = tables.training(args, spec, work)
    if training is not None:
        there = [name for name in keep if name in training.columns]
        told["training_table"] = tables.write(training[there], os.path.join(args.output, "training"))
    told["tests"] = behaviour.run(args.tests, folder, args.scoring, table, os.path.join(work, "tests"))
    store.close()
    told["arrays"] = store.places
    with open(os.path.join(args.output, "told.json"), "w") as file:
        json.dump(told, file)
    print("scored %d rows with %d features" % (len(table), len(features)))


def wanted_columns(spec):
    """Columns that the checks need, whether the model sees them or not."""
    names = [one["column"] for one in spec.get("slices", [])]
    if spec.get("newer_than_training"):
        names.append(spec["newer_than_training"]["column"])
    return names


def packages():
    """What is installed, by name."""
    found = {one.metadata["Name"]: one.version for one in metadata.distributions() if one.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda one: one[0].lower()))


def latency(model, x):
    """Milliseconds of each of up to 100 requests of one row, after three that do not count."""
    taken = []
    for at in range(min(103, max(len(x), 1) + 3)):
        row = x.iloc[[at % len(x)]]
        began = time.perf_counter()
        model.predict(row)
        taken.append((time.perf_counter() - began) * 1000)
    return taken[3:] or taken


def permute(spec, model, x, truth, store, told):
    """What the model says when one column is shuffled."""
    import numpy as np

    asked = spec.get("importance") or {}
    rows, repeats = asked.get("rows", 1000), asked.get("repeats", 3)
    if rows == 0 or repeats == 0:
        return
    draw = np.random.default_rng(2013)
    chosen = np.sort(draw.choice(len(x), min(rows, len(x)), replace=False))
    part = x.iloc[chosen].reset_index(drop=True)
    store.put("permuted/rows", chosen)
    told["permuted"] = {"repeats": repeats, "rows": len(chosen)}
    for at, name in enumerate(part.columns):
        for repeat in range(repeats):
            other = part.copy()
            other[name] = part[name].take(draw.permutation(len(part))).set_axis(part.index)
            truth.put(store, "permuted/%d/%d/" % (at, repeat), truth.encode(model.predict(other)))


def slices(spec, table, store, told):
    """Which part of each column a row is in."""
    import pandas as pd

    told["slices"] = {}
    for rule in spec.get("slices", []):
        column = table[rule["column"]]
        if rule["column"] in told["slices"]:
            continue
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and column.nunique() > 20:
            column = pd.qcut(column, 5, duplicates="drop").astype(str)
        codes, names = pd.factorize(column.astype(str).where(column.notna(), "missing"), sort=True)
        if len(names) > 200:
            raise Refused("column %s has %d values; slices may be 200 at most" % (rule["column"], len(names)))
        told["slices"][rule["column"]] = [str(name) for name in names]
        store.put("slice/" + rule["column"], codes)


def champion(args, settings, table, work, truth, store, told):
    """What the champion says of the same rows, from a process of its own."""
    if not args.champion:
        return
    os.makedirs(os.path.join(work, "champion"), exist_ok=True)
    path = os.path.join(work, "champion", "table.pickle")
    table.to_pickle(path)
    command = [sys.executable, os.path.abspath(__file__), "--model", args.champion, "--data", path, "--output", path + ".said", "--score-champion", "yes"]
    command += ["--scoring", args.scoring] if args.scoring else []
    done = subprocess.run(command)
    if done.returncode != 0:
        told["champion_failed"] = "the champion could not be scored here; the log says why"
        return
    import pickle

    with open(path + ".said", "rb") as file:
        truth.put(store, "champion/", truth.encode(pickle.load(file)))


def score_champion(args, settings):
    """The process that scores the champion: leaves what it said in a file."""
    import pickle

    import pandas as pd

    table = pd.read_pickle(args.data)
    folder = scorer.model_dir(args.model, settings.get("champion_name") or "model", os.path.join(os.getcwd(), "validation", "champion", "model"))
    model = scorer.load(settings["spec"], folder, args.scoring)
    said = model.predict(table[scorer.features_of(settings["spec"], model, table)])
    with open(args.output, "wb") as file:
        pickle.dump(said, file)


def cross_validate(spec, model, x, y, truth, store, told):
    """The estimator fitted anew on all parts but one, and what it says of that one."""
    asked = spec.get("cross_validation")
    if not asked:
        return
    try:
        import numpy as np
        from sklearn.base import clone
        from sklearn.model_selection import KFold, StratifiedKFold

        estimator = model.estimator()
        draw = np.random.default_rng(2013)
        rows = min(asked.get("rows", 20000), len(x))
        chosen = np.sort(draw.choice(len(x), rows, replace=False))
        x, y = x.iloc[chosen].reset_index(drop=True), y.iloc[chosen].reset_index(drop=True)
        kind = StratifiedKFold if spec["task"] == "classification" else KFold
        parts = kind(asked.get("folds", 5), shuffle=True, random_state=2013).split(x, y)
        fold, said = np.zeros(rows), [None] * rows
        for number, (fit, rest) in enumerate(parts):
            fitted = clone(estimator).fit(x.iloc[fit], y.iloc[fit])
            answers = scorer.sklearn_says(spec, fitted, x.iloc[rest])
            fold[rest] = number
            for at, row in zip(rest, answers.rows()):
                said[at] = row
            classes = answers.classes
        store.put("folds/rows", chosen)
        store.put("folds/fold", fold)
        truth.put(store, "folds/", truth.encode(scorer.Said(said, classes)))
        told["folds"] = asked.get("folds", 5)
    except Exception as error:
        traceback.print_exc()
        told["folds_failed"] = "%s: %s" % (type(error).__name__, error)


def newest(args, spec, table, work):
    """The greatest value of the column of time, here and in the training data."""
    rule = spec.get("newer_than_training")
    if not rule:
        return None
    training = tables.training(args, spec, work)
    there = training is not None and rule["column"] in training.columns
    return {"data": tables.greatest(table[rule["column"]]), "training": tables.greatest(training[rule["column"]]) if there else None}


if __name__ == "__main__":
    main()
