"""Logging as Azure's inference server has it: its loggers, its line, `print` as a logger; and the request's id in each line."""
import builtins
import functools
import json
import logging
import logging.config
import os
import sys
import time

LINE = "%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s"
log = logging.getLogger("azmlinfsrv")
_printed = logging.getLogger("azmlinfsrv.print")
_print = builtins.print
# The id of the request that this worker works on, and whether lines tell it.
current = None
request_ids = True


class StartError(Exception):
    """Why logging cannot be set up."""


class AMLLogFormatter(logging.Formatter):
    """Azure's line, in UTC, with the id of the request before the message."""

    converter = time.gmtime

    def __init__(self, fmt=LINE, datefmt=None, style="%"):
        logging.Formatter.__init__(self, fmt=fmt, datefmt=datefmt, style=style)

    def formatMessage(self, record):
        if current is not None and request_ids:
            record.message = "[%s] %s" % (current, record.message)
        return logging.Formatter.formatMessage(self, record)


class RootAccessFilter(logging.Filter):
    """Leaves out the lines of probes."""

    def filter(self, record):
        return "GET / HTTP/1.1" not in record.getMessage()


class Standard(logging.StreamHandler):
    """Writes to what standard output is at that moment."""

    def __init__(self):
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return sys.stdout


def set_up(level, folders):
    """Sets the loggers up: by a `logging.json` in one of these folders, or as Azure does."""
    for folder in folders:
        path = os.path.join(folder, "logging.json") if folder else ""
        if path and os.path.isfile(path):
            try:
                with open(path) as file:
                    logging.config.dictConfig(json.load(file))
            except Exception as error:
                raise StartError("%s is no logging configuration: %s" % (path, error))
            log.info("Loaded logging config from %s", path)
            break
    else:
        handler = Standard()
        handler.setFormatter(AMLLogFormatter())
        log.addHandler(handler)
        log.setLevel(level if isinstance(logging.getLevelName(level), int) else logging.INFO)
        log.propagate = False
        _hear_scripts(handler)
    builtins.print = _to_logger


def _hear_scripts(handler):
    """What a script says by `logging.info` is heard, until it sets its logging up itself."""
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    basic_config = logging.basicConfig

    @functools.wraps(basic_config)
    def its_own(**settings):
        logging.basicConfig = basic_config
        root.removeHandler(handler)
        basic_config(**settings)

    logging.basicConfig = its_own


@functools.wraps(_print)
def _to_logger(*objects, sep=" ", end="\n", file=None, flush=False):
    if file is None or file is sys.stdout:
        _printed.info((" " if sep is None else sep).join(map(str, objects)))
    else:
        _print(*objects, sep=sep, end=end, file=file, flush=flush)
