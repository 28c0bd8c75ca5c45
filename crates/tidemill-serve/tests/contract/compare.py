"""Asks a server that runs a script the same as `record.py` asked Azure's, and prints what differs: compare.py PORT SCRIPT."""
import json
import pathlib
import sys

from ask import ask, plain
from cases import CASES

def main():
    port, script = int(sys.argv[1]), sys.argv[2]
    recorded = json.loads((pathlib.Path(__file__).parent / "recorded.json").read_text())
    asked, differ = 0, 0
    for name, of, method, target, headers, body in CASES:
        if of != script:
            continue
        asked += 1
        ours, theirs = plain(ask(port, method, target, headers, body)), plain(recorded[name])
        if ours.get("status") == 405:
            # RFC 9110 wants the methods that are allowed; Azure's server leaves them out.
            ours["headers"] = [header for header in ours["headers"] if header[0] != "allow"]
        if ours != theirs:
            differ += 1
            for field in sorted(set(ours) | set(theirs)):
                if ours.get(field) != theirs.get(field):
                    print(f"{name}: {field} is {json.dumps(ours.get(field))[:600]}, expected {json.dumps(theirs.get(field))[:600]}")
    print(f"{asked} asked, {differ} differ")
    return 1 if differ or not asked else 0


sys.exit(main())
