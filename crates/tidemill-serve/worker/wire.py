"""Frames on the socket between server and worker: lengths, kind and number, then JSON about the body, then the body."""
import os
import select
import struct

HEAD = struct.Struct("<IQBI")
# Bytes of a message at most: the socket keeps the borders of messages, and a frame may be several.
MESSAGE = 1 << 15

# What the server asks for.
SCORE, INVOKE, INFER = 1, 2, 3
# What the worker answers.
JSON, RAW, ERROR, INFERRED, READY, FAILED = 1, 2, 3, 4, 5, 6


class Wire:
    """One question at a time, each with one answer."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray(MESSAGE)
        self.view = memoryview(self.buffer)
        self.number = 0
        self.readable, self.writable = select.poll(), select.poll()
        self.readable.register(sock, select.POLLIN)
        self.writable.register(sock, select.POLLOUT)
        self.pid = os.getpid()
        if hasattr(os, "register_at_fork"):
            # What a script forks must not speak to the server.
            os.register_at_fork(after_in_child=self.leave)

    def leave(self):
        self.sock.close()

    def receive(self):
        """The next question: its kind, what is said about it, and its body; `None` where the server is gone."""
        # One message and no more: the server may take back what lies behind it.
        have = self._message(self.view)
        if not have:
            return None
        meta, body, kind, self.number = HEAD.unpack_from(self.buffer)
        start = HEAD.size + meta
        total = start + body
        if total == have:
            return kind, bytes(self.view[HEAD.size : start]), bytes(self.view[start:total])
        whole = bytearray(total)
        whole[:have] = self.view[:have]
        view = memoryview(whole)
        while have < total:
            more = self._message(view[have:])
            if not more:
                return None
            have += more
        return kind, bytes(view[HEAD.size : start]), bytes(view[start:])

    def _message(self, view):
        while True:
            try:
                return self.sock.recv_into(view)
            except BlockingIOError:
                # The server has made this end one that does not wait.
                self.readable.poll()

    def _send(self, message):
        while True:
            try:
                return self.sock.send(message)
            except BlockingIOError:
                self.writable.poll()

    def send(self, kind, meta, body=b""):
        head = HEAD.pack(len(meta), len(body), kind, self.number) + meta
        if len(head) + len(body) <= MESSAGE:
            self._send(head + body)
            return
        for part in (head, body):
            view = memoryview(part)
            for at in range(0, len(view), MESSAGE):
                self._send(view[at : at + MESSAGE])
