"""How long a decision about a right takes with 10,000 assignments: from all of them, explained, and as the server keeps it."""

import re
import subprocess

from common import line, title

TARGETS = {
    "a decision from 10,000 assignments, explained": "< 20 µs",
    "a decision from 10,000 assignments": "< 20 µs",
    "a kept decision": "< 1 µs",
}
UNITS = {"ps": 1e-6, "ns": 1e-3, "µs": 1.0, "us": 1.0, "ms": 1e3, "s": 1e6}


def main():
    title("decision: medians of criterion")
    command = ["cargo", "bench", "--quiet", "--package", "tidemill-policy", "--bench", "decision"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"  failed: {done.stderr.strip()[-400:]}")
        return
    # A long name has its figures on a line of their own.
    figure = re.compile(r"time:\s+\[\S+ \S+ (\S+) (\S+) \S+ \S+\]")
    name = None
    for said in done.stdout.splitlines():
        name = next((known for known in sorted(TARGETS, key=len, reverse=True) if said.startswith(known)), name)
        found = figure.search(said)
        if found and name:
            micros = float(found[1]) * UNITS[found[2]]
            line(name, f"{micros:.3f} µs", TARGETS[name])
            name = None


if __name__ == "__main__":
    main()
