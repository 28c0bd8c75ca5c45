"""A worker: makes a model ready, and answers one question after the other until the server is gone."""
import faulthandler
import gc
import json
import logging
import os
import signal
import sys
import traceback

from . import logs, names, wire


class Alarm:
    """Raises `TimeoutError` in the script when its time is up."""

    def __init__(self):
        signal.signal(signal.SIGALRM, self._ring)

    @staticmethod
    def _ring(number, frame):
        raise TimeoutError

    def set(self, timeout_ms):
        signal.setitimer(signal.ITIMER_REAL, timeout_ms / 1000)

    def clear(self):
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(sock, settings):
    """Serves until the socket closes. Ends with code 3 where the model cannot be made ready."""
    _end_with(settings["parent"])
    faulthandler.enable()
    line = wire.Wire(sock)
    logs.request_ids = settings["request_ids"]
    app_root = settings["app_root"]
    sys.path[0] = os.getcwd()
    for folder in [app_root] + settings["path"]:
        if folder not in sys.path:
            sys.path.append(folder)
    names.set_up()
    script_dir = os.path.dirname(settings.get("entry_script") or "")
    sys.argv = [settings.get("entry_script") or "tidemill"]
    alarm = Alarm()
    try:
        # Azure's server reads the level, and heeds it nowhere.
        level = os.environ.get("AZUREML_LOG_LEVEL", "INFO") if logs.request_ids else "INFO"
        logs.set_up(level, [app_root, script_dir])
        model = _model(settings)
        facts = model.facts()
    except BaseException as error:
        reason = str(error) if type(error).__name__ == "StartError" else traceback.format_exc()
        line.send(wire.FAILED, json.dumps({"reason": reason}).encode())
        _end(3)
    # A script may have taken the signal for itself.
    alarm = Alarm()
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()
    facts.update(pid=os.getpid(), python=".".join(map(str, sys.version_info[:3])))
    line.send(wire.READY, json.dumps(facts).encode())
    _serve(line, model, alarm)


def _model(settings):
    if settings["kind"] == "script":
        from .script import Script

        return Script(settings)
    from .pyfunc import Pyfunc

    return Pyfunc(settings)


def _serve(line, model, alarm):
    while True:
        asked = line.receive()
        if asked is None:
            _end(0)
        kind, meta, body = asked
        meta = json.loads(meta)
        logs.current = meta["id"]
        ending = False
        try:
            if kind == wire.SCORE:
                answer = model.score(meta, body, alarm)
            elif kind == wire.INVOKE:
                answer = model.invoke(meta, body, alarm)
            else:
                answer = model.infer(meta, body, alarm)
        except BaseException as error:
            # `sys.exit()` and the like: this request is answered, and the next one finds a fresh worker.
            ending = os.getpid() == line.pid
            logs.log.error("run() ended its worker by %s: %s", type(error).__name__, traceback.format_exc())
            told = {"status": 500, "message": "An unexpected error occurred in scoring script. Check the logs for more info.", "failed": True, "last": True}
            answer = wire.ERROR, json.dumps(told).encode(), b""
        if os.getpid() != line.pid:
            # A process that the script forked, and that came back from `run()`.
            _end(0)
        line.send(*answer)
        logs.current = None
        answer = asked = body = meta = None
        if ending:
            _end(3)


def _end_with(parent):
    """Asks the system to end this process when the server does (prctl(2), PR_SET_PDEATHSIG)."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except Exception:
        logging.getLogger("azmlinfsrv").debug("the system has no prctl")
    if os.getppid() != parent:
        os._exit(0)


def _end(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
