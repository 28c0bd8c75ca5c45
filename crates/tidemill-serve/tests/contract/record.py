"""Records what azureml-inference-server-http answers. It listens on all addresses: run it in a network of its own, as

unshare --net --pid --fork --mount-proc --kill-child sh -c 'ip link set lo up; PYTHON record.py'
"""
import json
import os
import pathlib
import subprocess
import sys
import time

from ask import ask, plain
from cases import CASES

here = pathlib.Path(__file__).parent
recorded = {}
for number, script in enumerate(sorted({case[1] for case in CASES})):
    port = 6100 + number
    environment = {**os.environ, "SCORING_TIMEOUT_MS": "700", "AML_CORS_ORIGINS": "http://www.example.org, http://second.example.org"}
    command = [os.path.join(os.path.dirname(sys.executable), "azmlinfsrv"), "--entry_script", str(here / "scripts" / script), "--model_dir", "/models", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        time.sleep(0.1)
        try:
            if ask(port, "GET", "/", {}, None).get("status") == 200:
                break
        except OSError:
            continue
    for name, of, method, target, headers, body in CASES:
        if of == script:
            recorded[name] = plain(ask(port, method, target, headers, body))
    server.terminate()
    server.wait()
with open(here / "recorded.json", "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(recorded[name], sort_keys=True)}" for name in sorted(recorded)) + "\n}")
    file.write("\n")
