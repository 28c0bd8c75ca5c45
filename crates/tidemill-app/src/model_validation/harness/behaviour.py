"""Tests of a model's behaviour: pytest in the same environment, and what its JUnit file says."""
import importlib.util
import os
import subprocess
import sys
from xml.etree import ElementTree

LIMIT_S = 1800
TEXT = 2000


def run(tests, model_dir, scoring, table, folder):
    """What became of each test; None where there are none to run."""
    if not tests:
        return None
    if importlib.util.find_spec("pytest") is None:
        return {"failed": "the environment has no pytest; add it, or name another `environment`", "cases": []}
    os.makedirs(folder, exist_ok=True)
    rows, junit = os.path.join(folder, "table.csv"), os.path.join(folder, "junit.xml")
    table.head(5000).to_csv(rows, index=False)
    path = os.pathsep.join(one for one in (scoring, os.environ.get("PYTHONPATH")) if one)
    variables = dict(os.environ, AZUREML_MODEL_DIR=model_dir, VALIDATION_TABLE=rows, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml", junit, os.path.abspath(tests)]
    try:
        code = subprocess.run(command, cwd=folder, env=variables, timeout=LIMIT_S).returncode
    except subprocess.TimeoutExpired:
        return {"failed": "the tests took longer than %d s" % LIMIT_S, "cases": []}
    try:
        cases = [_case(one) for one in ElementTree.parse(junit).iter("testcase")]
    except (OSError, ElementTree.ParseError) as error:
        return {"failed": "pytest ended with code %d and left no report: %s" % (code, error), "cases": []}
    failed = None if code in (0, 1) else "pytest ended with code %d" % code
    return {"failed": failed if cases else "there are no tests", "cases": cases}


def _case(case):
    outcome, text = "passed", ""
    for child in case:
        if child.tag in ("failure", "error", "skipped"):
            outcome = {"failure": "failed", "error": "failed"}.get(child.tag, child.tag)
            text = (child.get("message") or child.text or "")[:TEXT]
            break
    return {"name": case.get("name") or "", "outcome": outcome, "says": text, "seconds": float(case.get("time") or 0)}
