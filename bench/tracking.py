"""Logging and finding numbers: points a second, answers a second, memory, search and space, beside `mlflow server`."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time
import urllib.request

from common import PROGRAM, Server, folder, free_port, line, median, timed, title, tree_rss_mb, wait_for_health

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
RUNS = int(os.environ.get("BENCH_RUNS", "100000"))
SEED = pathlib.Path(os.environ.get("SEED", PROGRAM.parent / "examples/seed"))
TOOLS = pathlib.Path(os.environ.get("TIDEMILL_TEST_TOOLS", pathlib.Path.home() / ".cache/tidemill/test-tools"))
API = "/api/2.0/mlflow"


def main():
    if shutil.which("wrk") is None:
        raise SystemExit("tracking: `wrk` is missing; install it with `apt-get install wrk`")
    with folder() as place:
        title(f"logging: {SECONDS} s each, wrk on the same cores")
        with contextlib.ExitStack() as stack:
            peer = stack.enter_context(mlflow_server(place))
            theirs = load_all(peer, place, [(4, 1000), (4, 1)]) if peer else None
        with Server(place / "data") as server:
            ours = load_all(Ours(server), place, [(4, 1000), (4, 1), (64, 1)])
            space(server, place)
        table(ours, theirs)
    with folder() as place:
        search(place, RUNS)
        history(place)


class Ours:
    """What the load asks of a server."""

    def __init__(self, server):
        self.url, self.rss_mb = server.url, server.rss_mb


class Theirs:
    def __init__(self, url, pid):
        self.url, self.pid = url, pid

    def rss_mb(self):
        return tree_rss_mb(self.pid)


@contextlib.contextmanager
def mlflow_server(place):
    """MLflow's own server on SQLite, or None where it is not installed."""
    program = next(iter(TOOLS.glob("*/bin/mlflow")), None)
    if program is None:
        print("  mlflow server: not compared; `scripts/test-tools.sh mlflow-server` installs it")
        yield None
        return
    port = free_port()
    command = [program, "server", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri"]
    with open(place / "mlflow.log", "ab") as log:
        process = subprocess.Popen([*command, f"sqlite:///{place}/mlflow.db"], stdout=log, stderr=log, cwd=place, start_new_session=True)
        try:
            wait_for_health(process, f"http://127.0.0.1:{port}/health", patience_s=180)
            yield Theirs(f"http://127.0.0.1:{port}", process.pid)
        except SystemExit as reason:
            print(f"  mlflow server: not compared, {reason}")
            yield None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait()


def post(url, path, body):
    request = urllib.request.Request(f"{url}{API}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def load_all(server, place, loads):
    """Each load on runs of its own; what it reached, and the most memory that the server held."""
    found, memory = {}, 0
    for connections, points in loads:
        runs = [post(server.url, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"] for _ in range(8)]
        names = place / "runs.txt"
        names.write_text("\n".join(runs) + "\n")
        lua = pathlib.Path(__file__).with_name("log.lua")
        before = sync_percentiles(place)
        command = ["wrk", "-t", "2", "-c", str(connections), "-d", f"{SECONDS}s", "--latency", "--timeout", "30s", "-s", lua, server.url, "--"]
        process = subprocess.Popen([*map(str, command), names, str(points)], stdout=subprocess.PIPE, text=True)
        while process.poll() is None:
            memory = max(memory, server.rss_mb())
            time.sleep(0.2)
        result = json.loads(process.stdout.read().strip().splitlines()[-1])
        if result["errors"]:
            print(f"  {result['errors']} requests failed")
        after = sync_percentiles(place)
        result["sync_p50_ms"] = (before[0] + after[0]) / 2
        result["sync_p99_ms"] = (before[1] + after[1]) / 2
        result["rate"] = result["requests"] / result["seconds"]
        found[connections, points] = result
    return found, memory


def sync_percentiles(place, count=300):
    """Milliseconds of one fdatasync after a write of two pages, now: median and 99th percentile."""
    path = place / "sync.probe"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    times = []
    for _ in range(count):
        os.write(file, os.urandom(8192))
        started = time.perf_counter()
        os.fdatasync(file)
        times.append((time.perf_counter() - started) * 1000)
    os.close(file)
    path.unlink()
    times.sort()
    return times[count // 2], times[count * 99 // 100]


def table(ours, theirs):
    (found, memory), (peer, peer_memory) = ours, theirs or ({}, None)

    def against(load, factor=1):
        if load not in peer:
            return ""
        return f"mlflow {peer[load]['rate'] * factor:,.0f}: {found[load]['rate'] / peer[load]['rate']:.0f} x"

    batch, one, many = (4, 1000), (4, 1), (64, 1)
    line("log-batch of 1,000 points, 4 connections", f"{found[batch]['rate'] * 1000:,.0f} points/s", ">= 40 x", against(batch, 1000))
    line("log-metric, 4 connections", f"{found[one]['rate']:,.0f} /s", ">= 40 x", against(one))
    line("  p50", f"{found[one]['p50_ms']:.1f} ms", "", f"mlflow {peer[one]['p50_ms']:.0f} ms" if peer else "")
    result = found[many]
    reach = 64 / (result["sync_p50_ms"] / 1000)
    line("log-metric, 64 connections", f"{result['rate']:,.0f} /s", "", f"{result['rate'] / reach:.2f} of 64 / fdatasync ({result['sync_p50_ms']:.2f} ms)")
    line("  p99", f"{result['p99_ms']:.1f} ms", f"{3 * result['sync_p99_ms'] + 5:.1f} ms", f"fdatasync p99 {result['sync_p99_ms']:.1f} ms")
    line("most memory while doing so", f"{memory:.0f} MB", "< 150 MB", f"mlflow {peer_memory:.0f} MB" if peer_memory else "")


def space(server, place):
    """Bytes a point on disk, after a checkpoint: how much the database grows."""
    random.seed(1)
    shapes = {
        "a float32 loss": (lambda at: single(2 / (at + 1) ** 0.5 + 0.1 * random.random()), 8),
        "a constant": (lambda at: 0.001, 2),
        "a counter": (lambda at: float(at), 2),
    }
    count = 300_000
    for name, (value, target) in shapes.items():
        before = database_bytes(server)
        run = post(server.url, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        clock = 1_700_000_000_000
        for start in range(0, count, 1000):
            metrics = []
            for at in range(start, start + 1000):
                clock += 100 + random.randrange(-5, 6)
                metrics.append({"key": "loss", "value": value(at), "timestamp": clock, "step": at})
            post(server.url, "runs/log-batch", {"run_id": run, "metrics": metrics})
        # A search by a metric moves all points into their series first.
        post(server.url, "runs/search", {"experiment_ids": ["0"], "filter": "metrics.loss > 0", "max_results": 1})
        line(f"disk a point: {name}", f"{(database_bytes(server) - before) / count:.1f} bytes", f"<= {target} bytes")


def database_bytes(server):
    """Pages in use, which is what the file holds after a checkpoint and VACUUM."""
    with sqlite3.connect(f"file:{server.data_dir}/tidemill.db?mode=ro", uri=True) as db:
        pages, free, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def single(value):
    import struct

    return struct.unpack("f", struct.pack("f", value))[0]


def search(place, runs):
    """Runs by a metric and a tag, ordered by the metric."""
    title(f"search: {runs:,} runs of 10 metrics, 1 % have the tag; medians of 15")
    data = place / "data"
    data.mkdir()
    subprocess.run([SEED, data / "tidemill.db", "runs", str(runs)], check=True)
    with Server(data) as server:
        body = {
            "experiment_ids": ["1"],
            "filter": "metrics.m3 > 0.5 AND tags.team = 'rare'",
            "order_by": ["metrics.m3 DESC"],
            "max_results": 100,
        }
        found = post(server.url, "runs/search", body)
        assert len(found["runs"]) == 100, len(found["runs"])
        times = [timed(lambda: post(server.url, "runs/search", body))[0] * 1000 for _ in range(15)]
        line("100 runs by a metric and a tag, ordered by the metric", f"{median(times):.1f} ms", "< 20 ms")
        page = {"experiment_ids": ["1"], "max_results": 100}
        times = [timed(lambda: post(server.url, "runs/search", page))[0] * 1000 for _ in range(15)]
        line("the 100 youngest runs", f"{median(times):.1f} ms")
        token = post(server.url, "runs/search", {**page, "max_results": 50_000})["next_page_token"]
        times = [timed(lambda: post(server.url, "runs/search", {**page, "page_token": token}))[0] * 1000 for _ in range(5)]
        line("100 runs after the first 50,000", f"{median(times):.1f} ms")


def history(place):
    """One long metric, reduced for a chart."""
    title("a metric of 1,000,000 points; medians of 9")
    data = place / "long"
    data.mkdir()
    subprocess.run([SEED, data / "tidemill.db", "points", "1000000"], check=True)
    with Server(data) as server:
        path = "/api/v1/workspaces/default/runs/long/metric-series?key=loss&buckets=1000"
        assert json.loads(server.get(path))["points_total"] == 1_000_000
        times = [timed(lambda: server.get(path))[0] * 1000 for _ in range(9)]
        line("reduced to 1,000 stretches", f"{median(times):.1f} ms", "< 50 ms")


if __name__ == "__main__":
    main()
