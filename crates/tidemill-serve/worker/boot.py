"""What a worker is started with (`python -c`): takes the other modules from the server's socket, for no file is laid on disk."""
import importlib.abc
import importlib.machinery
import json
import linecache
import os
import socket
import struct
import sys

sock = socket.socket(fileno=os.dup(0))
os.set_inheritable(sock.fileno(), False)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def exactly(count):
    content = bytearray()
    while len(content) < count:
        part = sock.recv(count - len(content))
        if not part:
            os._exit(0)
        content += part
    return bytes(content)


(length,) = struct.unpack("<I", exactly(4))
given = json.loads(exactly(length).decode())


class Given(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that came over the socket."""

    def find_spec(self, name, path=None, target=None):
        package, _, module = name.partition(".")
        if package != "tidemill_worker" or (module and module not in given["modules"]):
            return None
        return importlib.machinery.ModuleSpec(name, self, origin="<tidemill>", is_package=not module)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        source = given["modules"].get(module.__name__.partition(".")[2], "")
        origin = "<tidemill>/" + module.__name__.replace(".", "/") + ".py"
        # Tracebacks show the lines of these modules too.
        linecache.cache[origin] = (len(source), None, source.splitlines(True), origin)
        exec(compile(source, origin, "exec"), module.__dict__)


sys.meta_path.insert(0, Given())
del length, exactly
from tidemill_worker.main import main  # noqa: E402

main(sock, given["settings"])
