"""100,000 small files as a data version: by reference, again with nothing changed, and as a copy, against plain hashing."""

import os
import pathlib
import subprocess
import sys
import time

from common import PROGRAM, Server, folder, line, median, timed, title

HASH = pathlib.Path(os.environ.get("PLAIN_HASH", PROGRAM.parent / "examples/plain_hash"))
RUNS = 3
DATASTORE = """\
type: local_folder
name: files
path: {path}
"""


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    title(f"{count} files of 1 to 4 KB: medians of {RUNS} runs, files in the page cache")
    with folder() as place, Server(place / "data") as server:
        files = place / "files"
        size = create(files, count)
        # Files that changed just now may change again under the same time: their times are no proof yet.
        time.sleep(2)
        datastore = place / "datastore.yml"
        datastore.write_text(DATASTORE.format(path=files))
        server.cli("datastore", "create", "-f", datastore)
        hashing, first, again, copies = [], [], [], []
        plain_hash(files)
        for run in range(RUNS):
            hashing.append(plain_hash(files))
            first.append(reference(server, f"reference{run}", 1))
            again.append(reference(server, f"reference{run}", 2))
        for run in range(RUNS):
            hashing.append(plain_hash(files))
            # A fresh server: nothing of it is there yet.
            with Server(place / f"copy{run}") as other:
                copies.append(copy(other, files, 1))
                again_as_copy = copy(other, files, 2)
        plain = median(hashing)
        ratio = lambda seconds, to=plain: f"{seconds / to:.2f} x"
        line("plain hashing, in parallel", f"{plain * 1000:.0f} ms", note=f"{size / 1e6:.0f} MB")
        line("by reference", f"{median(first) * 1000:.0f} ms", note=ratio(median(first)))
        line("  to plain hashing", ratio(median(first)), "<= 1.5 x")
        line("by reference, nothing changed", f"{median(again) * 1000:.0f} ms", note=ratio(median(again)))
        line("  to the first time", ratio(median(again), median(first)), "<= 0.20 x")
        line("as a copy", f"{median(copies) * 1000:.0f} ms")
        line("  to plain hashing", ratio(median(copies)), "<= 3 x")
        line("as a copy, nothing changed", f"{again_as_copy * 1000:.0f} ms", note=ratio(again_as_copy))


def create(root, count):
    """A thousand a folder; returns their bytes."""
    noise = os.urandom(1 << 16)
    total = 0
    for at in range(count):
        if at % 1000 == 0:
            inside = root / f"part-{at // 1000:04}"
            inside.mkdir(parents=True)
        size = 1000 + at * 7919 % 3000
        start = at * 31 % (len(noise) - 4096)
        (inside / f"record-{at:07}.json").write_bytes(at.to_bytes(8, "little") + noise[start : start + size])
        total += size + 8
    return total


def plain_hash(files):
    """Seconds to read and hash all files whose names are known."""
    return float(subprocess.run([HASH, files], capture_output=True, text=True, check=True).stdout) / 1000


def reference(server, name, version):
    path = "azureml://datastores/files/paths/"
    return create_data(server, name, version, path)


def copy(server, files, version):
    return create_data(server, "copy", version, files)


def create_data(server, name, version, path):
    took, _ = timed(
        lambda: server.cli(
            "data", "create", "--name", name, "--version", version, "--type", "uri_folder", "--path", path
        )
    )
    return took


if __name__ == "__main__":
    main()
