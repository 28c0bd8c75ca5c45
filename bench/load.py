"""An endpoint under load while its deployment is changed: 1,000 connections for ten minutes, then 500 requests a second over an update.

LOAD_SECONDS (600) and LOAD_CONNECTIONS (1000) say how long and how many; LOAD_RATE (500) is that of the second part.
"""

import asyncio
import collections
import json
import os
import pathlib
import resource
import shutil
import subprocess
import threading
import time

from common import Server, folder, line, rss_mb, title, tree_rss_mb

SECONDS = int(os.environ.get("LOAD_SECONDS", "600"))
CONNECTIONS = int(os.environ.get("LOAD_CONNECTIONS", "1000"))
RATE = int(os.environ.get("LOAD_RATE", "500"))
# How often the deployment is changed meanwhile.
CHANGE_EVERY_S = max(10, SECONDS // 20)

SCRIPT = """
import json, os
def init(): pass
def run(data): return {"sum": sum(json.loads(data)["data"]), "by": os.environ["VARIANT"]}
"""
BODY = json.dumps({"data": list(range(50))})


def main():
    if shutil.which("wrk") is None:
        raise SystemExit("load: `wrk` is missing; install it with `apt-get install wrk`")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, CONNECTIONS * 4 + 1000)), hard))
    with folder() as place:
        (place / "data").mkdir()
        (place / "body.json").write_text(BODY)
        with Server(place / "data", "--environment-policy", "relaxed") as server:
            endpoint = Endpoint(server, place)
            try:
                endpoint.deploy(0)
                many_connections(server, endpoint, place)
                rolling_update(server, endpoint)
            finally:
                # Instances outlive their server.
                server.cli("online-endpoint", "delete", "-n", "load", "--yes")


class Endpoint:
    """The endpoint `load`, whose deployment can be changed."""

    def __init__(self, server, place):
        self.server, self.folder, self.number = server, place / "project", 0
        (self.folder / "src").mkdir(parents=True)
        (self.folder / "src/score.py").write_text(SCRIPT)
        (self.folder / "endpoint.yml").write_text("name: load\nauth_mode: key\n")
        server.cli("online-endpoint", "create", "-f", self.folder / "endpoint.yml")
        self.key = server.cli("online-endpoint", "get-credentials", "-n", "load")["primaryKey"]

    def deploy(self, variant):
        """Another variable: all instances are started anew, one after the other."""
        (self.folder / "blue.yml").write_text(
            "name: blue\nendpoint_name: load\ncode_configuration: {code: ./src, scoring_script: score.py}\n"
            "environment: {image: \"python:3.11\"}\ninstance_count: 2\n"
            "request_settings: {max_concurrent_requests_per_instance: 64, max_queue_wait_ms: 5000, request_timeout_ms: 30000}\n"
            f"environment_variables: {{VARIANT: \"{variant}\", WORKER_COUNT: \"1\"}}\n"
        )
        which = ["create", "--all-traffic"] if variant == 0 else ["update", "-n", "blue", "-e", "load"]
        self.server.cli("online-deployment", *which, "-f", self.folder / "blue.yml")

    def change(self):
        """An update, a restart, and so on."""
        self.number += 1
        if self.number % 3 == 0:
            self.server.cli("online-deployment", "restart", "-n", "blue", "-e", "load")
        else:
            self.deploy(self.number)


def memory_mb(server):
    """Of the server alone, and of what stands below it: runners, instances and their workers."""
    own = rss_mb(server.process.pid)
    return own, tree_rss_mb(server.process.pid) - own


def many_connections(server, endpoint, place):
    title(f"{CONNECTIONS:,} connections for {SECONDS} s; the deployment is changed every {CHANGE_EVERY_S} s")
    lua = pathlib.Path(__file__).with_name("load.lua")

    def wrk(seconds):
        command = ["wrk", "-t", 1, "-c", CONNECTIONS, "-d", f"{seconds}s", "--latency", "--timeout", "60s", "-H", f"Authorization: Bearer {endpoint.key}",
                   "-s", lua, server.url, "--", "/endpoints/default/load/score", place / "body.json"]
        return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)

    # What connections and buffers take is taken before memory is looked at first.
    wrk(max(3, SECONDS // 20)).communicate()
    before = memory_mb(server)
    process, until, changes = wrk(SECONDS), time.monotonic() + SECONDS - CHANGE_EVERY_S / 2, 0
    while time.monotonic() + CHANGE_EVERY_S < until:
        time.sleep(CHANGE_EVERY_S)
        endpoint.change()
        changes += 1
    found = json.loads(process.communicate()[0].strip().splitlines()[-1])
    after = memory_mb(server)
    statuses = {int(status): count for status, count in found["by_status"].items()}
    bad = sum(count for status, count in statuses.items() if status >= 500)
    line("requests a second", f"{found['requests'] / found['seconds']:,.0f} /s", "", f"p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms; {changes} changes")
    line("answers by status", f"{sum(statuses.values()):,}", "", ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())))
    line("answered 5xx", f"{bad:,}", "0")
    line("connections refused or broken; requests without an answer", f"{found['connect'] + found['broken']}; {found['late']}", "0; 0")
    line("memory of the server, at first and in the end", f"{before[0]:.0f} MB; {after[0]:.0f} MB", "flat")
    line("memory of runners, instances and workers", f"{before[1]:.0f} MB; {after[1]:.0f} MB", "flat")


def rolling_update(server, endpoint):
    seconds = max(5, min(30, SECONDS // 4))
    title(f"{RATE} requests a second, before an update of both instances and over it")
    quiet = asyncio.run(at_rate(server, endpoint, lambda: seconds_over(seconds)))
    changing = threading.Thread(target=endpoint.change)

    def over_the_update():
        changing.start()
        least = time.monotonic() + seconds
        # A while beyond it, so that the last instance that goes is seen too.
        return lambda: changing.is_alive() or time.monotonic() < least

    updating = asyncio.run(at_rate(server, endpoint, over_the_update))
    for name, found in (("before", quiet), ("over the update", updating)):
        line(f"{name}: p99 from when it was due", f"{found['p99_ms']:.2f} ms", "", f"p50 {found['p50_ms']:.2f} ms; {found['rate']:,.0f} /s; " + ", ".join(f"{status}: {count:,}" for status, count in sorted(found["by_status"].items())))
    line("failed over the update", f"{updating['failed']}", "0")
    line("p99 over the update, to before", f"{updating['p99_ms'] / quiet['p99_ms']:.2f} x", "<= 2 x")


def seconds_over(seconds):
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


async def at_rate(server, endpoint, begin):
    """Sends each request at its moment, whatever became of those before; its time counts from that moment."""
    text = BODY.encode()
    head = f"POST /endpoints/default/load/score HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {endpoint.key}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    sent, idle, times, statuses, tasks = head.encode() + text, [], [], collections.Counter(), set()

    async def one(due):
        try:
            reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(answer.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            statuses[int(answer.split(b" ")[1])] += 1
            idle.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError, IndexError, ValueError):
            statuses[0] += 1
        times.append(time.monotonic() - due)

    goes_on, started, number = begin(), time.monotonic(), 0
    while goes_on():
        due = started + number / RATE
        number += 1
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    took = time.monotonic() - started
    if tasks:
        await asyncio.wait(tasks, timeout=60)
    for _, writer in idle:
        writer.close()
    times.sort()
    at = lambda part: times[int((len(times) - 1) * part)] * 1000
    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "rate": number / took, "by_status": dict(statuses), "failed": number - statuses[200]}


main()
