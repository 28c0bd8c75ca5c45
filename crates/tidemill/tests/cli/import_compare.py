"""Reads every experiment, run, point, file and model from two servers with MLflow's client, and says where they differ:
`import_compare.py SOURCE_URI COPY_URI [active]`. With `active`, only what is not deleted. What is compared is listed here,
so that nothing is compared by accident."""

import collections
import math
import pathlib
import sys
import tempfile

from mlflow import MlflowClient
from mlflow.entities import ViewType

VIEW = ViewType.ACTIVE_ONLY if sys.argv[3:] == ["active"] else ViewType.ALL
PROMPT = "tags.`mlflow.prompt.is_prompt` = 'true'"


def every(search, **query):
    found, token = [], None
    while True:
        page = search(page_token=token, **query)
        found.extend(page)
        token = page.token
        if not token:
            return found


def exact(value):
    return "nan" if math.isnan(value) else value.hex()


def points(client, run_id, key):
    """All points of a metric in no order: they are the same when each is there as often."""
    return collections.Counter((p.timestamp, p.step, exact(p.value)) for p in client.get_metric_history(run_id, key))


def files(client, run_id, path=None):
    found = {}
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            found.update(files(client, run_id, entry.path))
        else:
            with tempfile.TemporaryDirectory() as folder:
                found[entry.path] = pathlib.Path(client.download_artifacts(run_id, entry.path, folder)).read_bytes()
    return found


def run(client, run):
    run = client.get_run(run.info.run_id)
    info, data = run.info, run.data
    return {
        "info": (info.run_name, info.status, info.start_time, info.end_time, info.user_id, info.lifecycle_stage),
        "params": data.params,
        "tags": data.tags,
        "latest": {key: exact(value) for key, value in data.metrics.items()},
        "points": {key: points(client, info.run_id, key) for key in data.metrics},
        "datasets": sorted(
            (d.dataset.name, d.dataset.digest, d.dataset.source_type, d.dataset.source, d.dataset.schema or "",
             d.dataset.profile or "", sorted((t.key, t.value) for t in d.tags))
            for d in run.inputs.dataset_inputs
        ),
        "read models": sorted(m.model_id for m in run.inputs.model_inputs),
        "made models": sorted((m.model_id, m.step) for m in run.outputs.model_outputs),
        "files": files(client, info.run_id) if info.lifecycle_stage == "active" else {},
    }


def logged_model(client, model):
    model = client.get_logged_model(model.model_id)
    return {
        "info": (model.name, str(model.status), model.model_type, model.source_run_id, model.creation_timestamp),
        "tags": model.tags,
        "params": model.params,
        "points": sorted((m.key, m.run_id, m.timestamp, m.step, exact(m.value)) for m in model.metrics or []),
        "files": sorted((f.path, f.file_size) for f in client.list_logged_model_artifacts(model.model_id)),
    }


def assessment(one):
    value = one.feedback if one.feedback is not None else one.expectation
    return (
        one.assessment_id, one.name, type(one).__name__, str(value), one.source.source_type, one.source.source_id, one.rationale or "",
        sorted((one.metadata or {}).items()), one.overrides or "", one.valid is not False, one.create_time_ms, one.last_update_time_ms,
    )


def span(one):
    events = [(event.name, event.timestamp, sorted(event.attributes.items(), key=str)) for event in one.events]
    return (one.span_id, one.parent_id or "", one.name, one.start_time_ns, one.end_time_ns, str(one.status), str(sorted(one.attributes.items())), str(events))


# Where a server keeps something, and what it notes of its own.
OWN = {"mlflow.artifactLocation", "mlflow.trace.spansLocation", "mlflow.trace.infoFinalized"}


def trace(one, runs):
    info = one.info
    own = lambda texts: {key: text for key, text in texts.items() if key not in OWN}
    return {
        "info": (str(info.state), info.request_time, info.execution_duration, info.client_request_id or "", info.request_preview, info.response_preview),
        "tags": own(info.tags),
        "metadata": own(info.trace_metadata),
        "assessments": sorted(map(assessment, info.assessments)),
        "spans": sorted(map(span, one.data.spans)),
        "runs": runs,
    }


def traces(client, ids, runs):
    """With the runs that each is linked to; a folder of MLflow knows no links."""
    found = every(client.search_traces, locations=ids, max_results=50)
    linked = collections.defaultdict(list)
    if found and not sys.argv[2].startswith("file:") and not sys.argv[1].startswith("file:"):
        for run in runs:
            for one in every(client.search_traces, locations=ids, filter_string=f"run_id = '{run.info.run_id}'", max_results=50):
                linked[one.info.trace_id].append(run.info.run_id)
    return {one.info.trace_id: trace(one, sorted(linked[one.info.trace_id])) for one in found}


def experiment(client, one):
    ids = [one.experiment_id]
    runs = every(client.search_runs, experiment_ids=ids, run_view_type=VIEW, max_results=100)
    models = every(client.search_logged_models, experiment_ids=ids)
    return {
        "info": (one.lifecycle_stage, one.creation_time),
        "tags": one.tags,
        "runs": {r.info.run_id: run(client, r) for r in runs},
        "logged models": {m.model_id: logged_model(client, m) for m in models},
        "traces": traces(client, ids, runs) if one.lifecycle_stage == "active" else {},
    }


def registry(client):
    found = {}
    for filter_string in ("", PROMPT):
        models = every(client.search_registered_models, filter_string=filter_string)
        versions = every(client.search_model_versions, filter_string=filter_string)
        for model in models:
            found[model.name] = {
                "info": (model.description or "", model.creation_timestamp),
                "tags": model.tags,
                "aliases": {alias: int(version) for alias, version in model.aliases.items()},
                "versions": {
                    int(v.version): (v.description or "", v.current_stage, v.run_id or "", v.status, v.tags,
                                     v.source, v.creation_timestamp, v.user_id or "")
                    for v in versions if v.name == model.name
                },
            }
    return found


def everything(uri):
    client = MlflowClient(uri, uri)
    experiments = every(client.search_experiments, view_type=VIEW)
    return {
        "experiments": {one.name: experiment(client, one) for one in experiments},
        "registry": registry(client),
    }


def differences(a, b, where):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}, key=str):
            if key not in a or key not in b:
                yield f"{where}/{key}: only in the {'copy' if key in b else 'source'}"
            else:
                yield from differences(a[key], b[key], f"{where}/{key}")
    elif a != b:
        yield f"{where}: {str(a)[:300]} is {str(b)[:300]} in the copy"


source, copy = (everything(uri) for uri in sys.argv[1:3])
# `Default` is made with each server.
for side in (source, copy):
    side["experiments"]["Default"]["info"] = ()
found = list(differences(source, copy, ""))
count = sum(sum(p.total() for p in r["points"].values()) for e in source["experiments"].values() for r in e["runs"].values())
told = sum(len(e["traces"]) for e in source["experiments"].values())
print(f"{told} traces compared")
print(f"{sum(len(e['runs']) for e in source['experiments'].values())} runs, {count} points compared")
sys.exit("\n".join(found) if found else 0)
