"""What all benches share: a server in a folder of its own, the command line, the clock, the disk, the table."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PROGRAM = pathlib.Path(os.environ.get("TIDEMILL", "target/release/tidemill")).absolute()
# Where data folders and files are made: a real disk, which /tmp often is not.
PLACE = pathlib.Path(os.environ.get("BENCH_DIR", ".bench")).absolute()


@contextlib.contextmanager
def folder():
    """A folder that goes at the end."""
    PLACE.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(dir=PLACE))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Server:
    """A server on a free port; `ready_ms` is the time from its start to the first good answer of /health."""

    def __init__(self, data_dir, *options):
        self.data_dir = pathlib.Path(data_dir)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(f"{self.data_dir}.log", "ab")
        command = [PROGRAM, "server", "start", "--data-dir", data_dir, "--listen", f"127.0.0.1:{self.port}", *options]
        started = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, close_fds=False)
        wait_for_health(self.process, f"{self.url}/health")
        self.ready_ms = (time.perf_counter() - started) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    @property
    def token(self):
        return (self.data_dir / "keys/owner.token").read_text().strip()

    def rss_mb(self):
        return rss_mb(self.process.pid)

    def cpu_ms(self):
        """Processor time of the server and of the runners and commands that have ended."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        ticks = sum(map(int, stat.rsplit(")", 1)[1].split()[11:15]))
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")

    def get(self, path):
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def job(self, name, suffix=""):
        return json.loads(self.get(f"/api/v1/workspaces/default/jobs/{name}{suffix}"))

    def commits(self):
        """How many transactions the server has committed since it started."""
        return int(re.search(rb"tidemill_store_commits_total (\d+)", self.get("/metrics")).group(1))

    def cli(self, *args):
        """Runs the command line against this server; returns its output as JSON."""
        env = {**os.environ, "TIDEMILL_URL": self.url, "TIDEMILL_TOKEN": self.token, "TIDEMILL_OUTPUT": "json"}
        done = subprocess.run([PROGRAM, *map(str, args)], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"tidemill {' '.join(map(str, args))} failed:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None


def wait_for_health(process, url, patience_s=60):
    """Returns with the first 200."""
    until = time.perf_counter() + patience_s
    while time.perf_counter() < until:
        # One that listens already, and is not ready, may keep who asks waiting.
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        if process.poll() is not None:
            raise SystemExit(f"the server ended with exit code {process.returncode}")
        time.sleep(0.001)
    raise SystemExit(f"{url} did not answer in {patience_s} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rss_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024 / 1e6


def tree_rss_mb(pid):
    """Resident memory of a process and all that it started."""
    total = rss_mb(pid)
    # Whichever thread started it.
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            children = (task / "children").read_text().split()
            total += sum(tree_rss_mb(int(child)) for child in children)
    return total


def sync_ms(place, count=100, size_bytes=16384):
    """What one commit costs this disk now, whoever makes it: the mean of appending some pages and syncing them."""
    path = pathlib.Path(place) / "sync.probe"
    block = os.urandom(size_bytes)
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        started = time.perf_counter()
        for _ in range(count):
            os.write(file, block)
            os.fdatasync(file)
        return (time.perf_counter() - started) * 1000 / count
    finally:
        os.close(file)
        path.unlink()


def timed(work):
    """Seconds that `work` takes, and what it returns."""
    started = time.perf_counter()
    value = work()
    return time.perf_counter() - started, value


def median(values):
    return statistics.median(values)


def title(text):
    print(f"\n{text}", flush=True)


def line(name, figure, target=None, note=""):
    """One line of the table; a target is printed beside the figure, and nothing fails on it."""
    wanted = f"target {target}" if target else ""
    print(f"  {name:<58} {figure:>12}  {wanted:<14} {note}".rstrip(), flush=True)
