"""How soon a server is ready, and what it holds while nothing happens."""

import os
import pathlib
import subprocess
import time

from common import Server, folder, free_port, line, median, title, tree_rss_mb, wait_for_health

RUNS = 7
TOOLS = pathlib.Path(os.environ.get("TIDEMILL_TEST_TOOLS", pathlib.Path.home() / ".cache/tidemill/test-tools"))


def main():
    title(f"server: medians of {RUNS} starts")
    with folder() as place:
        empty = []
        for run in range(RUNS):
            with Server(place / f"data{run}") as server:
                empty.append(server.ready_ms)
        used, resident = [], []
        for run in range(RUNS):
            with Server(place / "data0") as server:
                used.append(server.ready_ms)
                time.sleep(0.5)
                resident.append(server.rss_mb())
        line("ready on an empty folder", f"{median(empty):.0f} ms", "< 200 ms")
        line("ready on a used folder", f"{median(used):.0f} ms")
        line("resident while idle", f"{median(resident):.0f} MB", "< 80 MB")
        peer(place, median(empty), median(resident))


def peer(place, ready_ms, resident_mb):
    """The same of `mlflow server`, where there is one."""
    mlflow = next((path for path in TOOLS.glob("*/bin/mlflow")), None)
    if mlflow is None:
        return
    port = free_port()
    store = f"sqlite:///{place}/mlflow.db"
    command = [mlflow, "server", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", store]
    with open(place / "mlflow.log", "ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place)
        try:
            wait_for_health(process, f"http://127.0.0.1:{port}/health", patience_s=120)
            took_ms = (time.perf_counter() - started) * 1000
            time.sleep(1)
            memory_mb = tree_rss_mb(process.pid)
        except SystemExit as reason:
            print(f"  mlflow server: not compared, {reason}")
            return
        finally:
            process.terminate()
            process.wait()
    line("mlflow server: ready on an empty folder", f"{took_ms:.0f} ms", note=f"{took_ms / ready_ms:.0f} x")
    line("mlflow server: resident while idle, with its workers", f"{memory_mb:.0f} MB", note=f"{memory_mb / resident_mb:.0f} x")


if __name__ == "__main__":
    main()
