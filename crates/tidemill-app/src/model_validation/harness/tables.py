"""Tables: what is made of the data, how they are read, and how they are written for others."""
import os
import subprocess

KEPT_ROWS = 500_000
_training = {}


class Refused(Exception):
    """Why a table cannot be had, for people."""


def table_of(data, spec, code, folder, name):
    """The table of the data, prepared where the validation says how."""
    prepare = spec.get("prepare")
    if prepare:
        os.makedirs(folder, exist_ok=True)
        variables = dict(os.environ, DATA=os.path.abspath(data), PREPARED=os.path.abspath(folder))
        done = subprocess.run(["bash", "-c", prepare["command"]], cwd=code or os.getcwd(), env=variables)
        if done.returncode != 0:
            raise Refused("the command of `prepare` ended with code %d" % done.returncode)
        data = folder
    return read(os.path.join(data, name) if name else data)


def training(args, spec, work):
    """What the model was trained on, or None where nobody knows."""
    if not args.training:
        return None
    if "table" not in _training:
        name = (spec.get("training") or {}).get("table") or spec.get("table")
        _training["table"] = table_of(args.training, spec, args.prepare, os.path.join(work, "training"), name)
    return _training["table"]


def read(path):
    """One file, or all files of a folder, one after the other."""
    try:
        import pandas as pd
    except ImportError:
        raise Refused("the environment has no pandas; add it")
    if not os.path.exists(path):
        raise Refused("there is no %s in the data" % os.path.basename(path))
    files = [path]
    if os.path.isdir(path):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
        files = sorted(one for one in found if _kind(one))
        if not files:
            raise Refused("there is no table in %s; name one with `table`" % (os.path.basename(path) or path))
    parts = []
    for one in files:
        try:
            parts.append(_read(pd, one))
        except ImportError as error:
            raise Refused("%s cannot be read: %s" % (os.path.basename(one), error))
        except Exception as error:
            raise Refused("%s cannot be read: %s: %s" % (os.path.basename(one), type(error).__name__, error))
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _kind(path):
    ending = os.path.splitext(path)[1].lower()
    return ending if ending in (".parquet", ".csv", ".tsv", ".jsonl", ".json") else None


def _read(pd, path):
    kind = _kind(path)
    if kind == ".parquet":
        return pd.read_parquet(path)
    if kind == ".tsv":
        return pd.read_csv(path, sep="\t")
    if kind in (".jsonl", ".json"):
        return pd.read_json(path, lines=kind == ".jsonl")
    return pd.read_csv(path)


def write(table, stem):
    """Writes a table, as Parquet where that is possible; gives the file's name."""
    if len(table) > KEPT_ROWS:
        table = table.sample(KEPT_ROWS, random_state=2013).sort_index()
    try:
        table.to_parquet(stem + ".parquet", index=False)
        return os.path.basename(stem) + ".parquet"
    except Exception:
        if os.path.exists(stem + ".parquet"):
            os.unlink(stem + ".parquet")
    table.to_csv(stem + ".csv", index=False)
    return os.path.basename(stem) + ".csv"


def greatest(column):
    """The greatest value as a number and as people read it."""
    import pandas as pd

    if column.dtype == object or pd.api.types.is_string_dtype(column):
        column = pd.to_datetime(column, errors="coerce", utc=True)
    value = column.max()
    if pd.isna(value):
        return None
    number = value.timestamp() if hasattr(value, "timestamp") else float(value)
    return {"number": number, "shown": str(value)}
