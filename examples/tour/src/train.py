"""The smallest training there is: the mean of a column, scaled. Logs a metric and writes a model folder."""

import argparse
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path)
parser.add_argument("--rate", type=float)
parser.add_argument("--model", type=Path)
args = parser.parse_args()

rows = args.data.read_text().splitlines()[1:]
mean = sum(float(row.split(",")[1]) for row in rows) / len(rows)
mlflow.log_metric("mean", mean)

args.model.mkdir(parents=True, exist_ok=True)
(args.model / "factor.txt").write_text(f"{mean * args.rate}\n")
print(f"{len(rows)} rows, mean {mean:.2f}")
