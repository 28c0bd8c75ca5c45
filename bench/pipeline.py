"""What a step costs beside its command: pipelines whose steps do nothing, in an environment that is cached.

Overhead a step = (wall - the bare commands - the disk's own syncs) / steps, where the bare commands are the same shells
started as many at a time, and the syncs are the server's commits times what one costs this disk at that moment.
"""

import subprocess
import sys
import time

from common import PLACE, Server, folder, line, median, sync_ms, timed, title

ENVIRONMENT = """\
name: bench
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
conda_file: {name: bench, dependencies: [python]}
"""
HEAD = """\
type: pipeline
settings: {{force_rerun: {again}, default_compute: "azureml:room{room}", default_environment: "azureml:bench@latest"}}
jobs:
"""
ALONE = '  s{at:04}: {{type: command, command: "true"}}\n'
LINK = """\
  s{at:04}:
    type: command
    command: touch ${{{{outputs.done}}}}/done
    outputs: {{done: {{type: uri_folder}}}}
"""
BOUND = "    inputs: {{after: {{type: uri_folder, path: '${{{{parent.jobs.s{before:04}.outputs.done}}}}'}}}}\n"


def main():
    sizes = [int(text) for text in sys.argv[1:]] or [100, 1000]
    with folder() as place, Server(place / "data", "--environment-policy", "relaxed") as server:
        prepare(server, place)
        small = sizes[0]
        title(f"pipeline of {small} steps: medians of 3 runs")
        for room in (2, 4):
            alone = [run(server, place, small, room) for _ in range(3)]
            show(f"independent steps, room for {room}", alone)
            if room == 2:
                first = alone
        show("a chain, each step reads what the one before wrote", [run(server, place, small, 2, chain=True) for _ in range(3)])
        show("all reused", [run(server, place, small, 2, reuse=True) for _ in range(3)], target=None)
        for steps in sizes[1:]:
            title(f"pipeline of {steps} steps: one run")
            many = [run(server, place, steps, 2)]
            show("independent steps, room for 2", many)
            # The disk's syncs are measured apart and jump about: the whole time is the steadier comparison.
            ratio = per_step(many, "wall_ms") / per_step(first, "wall_ms")
            line(f"wall a step, {steps} steps to {small}", f"{ratio:.2f} x", "<= 1.3 x")
            line("  processor time a step", f"{per_step(many, 'used_ms') / per_step(first, 'used_ms'):.2f} x")
            show("all reused", [run(server, place, steps, 2, reuse=True)], target=None)
        line("resident after all that", f"{server.rss_mb():.0f} MB")


def per_step(runs, figure):
    return median([one[figure] / one["steps"] for one in runs])


def prepare(server, place):
    for room in (2, 4):
        server.cli("compute", "create", "--name", f"room{room}", "--type", "amlcompute", "--max-instances", room)
    path = place / "environment.yml"
    path.write_text(ENVIRONMENT)
    server.cli("environment", "create", "-f", path)
    run(server, place, 2, 2)


def run(server, place, steps, room, chain=False, reuse=False):
    """Runs one pipeline; gives its figures in milliseconds."""
    text = HEAD.format(again="false" if reuse else "true", room=room)
    for at in range(steps):
        text += (LINK if chain else ALONE).format(at=at)
        if chain and at:
            text += BOUND.format(before=at - 1)
    path = place / "pipeline.yml"
    path.write_text(text)
    bare_ms = 0 if reuse else bare(place, steps, 1 if chain else room) * 1000
    sync = [sync_ms(place)]
    commits, used_ms = server.commits(), server.cpu_ms()
    started = time.time() * 1000
    name = server.cli("job", "create", "-f", path)["name"]
    job = wait(server, name)
    wall_ms = ended_ms(job) - started
    commits, used_ms = server.commits() - commits, server.cpu_ms() - used_ms
    sync.append(sync_ms(place))
    syncs_ms = commits * sum(sync) / len(sync)
    return {
        "steps": steps,
        "wall_ms": wall_ms,
        "bare_ms": bare_ms,
        "commits": commits,
        "used_ms": used_ms,
        "syncs_ms": syncs_ms,
        "overhead_ms": (wall_ms - bare_ms - syncs_ms) / steps,
    }


def wait(server, name):
    while True:
        job = server.job(name)
        if job["status"] == "Completed":
            return job
        if job["status"] in ("Failed", "Canceled"):
            raise SystemExit(f"pipeline {name} ended {job['status']}: {job.get('reason')}")
        time.sleep(0.5)


def ended_ms(job):
    """When the server says that the job ended: looking now and then would be coarser."""
    return job["ended_at"]


def bare(place, steps, at_a_time):
    """Seconds for the same commands alone, as many at a time."""
    command = ["xargs", "-P", str(at_a_time), "-I", "{}", "bash", "-c", "true"]
    numbers = "\n".join(map(str, range(steps)))
    took, _ = timed(lambda: subprocess.run(command, input=numbers, text=True, check=True, cwd=place))
    return took


def show(name, runs, target="< 30 ms"):
    middle = sorted(runs, key=lambda one: one["overhead_ms"])[len(runs) // 2]
    steps = middle["steps"]
    line(f"{name}: wall", f"{middle['wall_ms']:.0f} ms", note=f"{middle['wall_ms'] / steps:.1f} ms a step")
    line("  the bare commands", f"{middle['bare_ms']:.0f} ms", note=f"{middle['bare_ms'] / steps:.1f} ms a step")
    cost = middle["syncs_ms"] / middle["commits"]
    line("  the disk's own syncs", f"{middle['syncs_ms']:.0f} ms", note=f"{middle['commits']} commits of {cost:.2f} ms")
    line("  processor time of server, runners and commands", f"{middle['used_ms']:.0f} ms", note=f"{middle['used_ms'] / steps:.1f} ms a step")
    line("  overhead a step", f"{middle['overhead_ms']:.1f} ms", target)


if __name__ == "__main__":
    main()
