"""Frames on the socket between server and worker: lengths and kind, then JSON about the body, then the body."""
import os
import struct

HEAD = struct.Struct("<IQB")
SMALL = 1 << 16

# What the server asks for.
SCORE, INVOKE, INFER = 1, 2, 3
# What the worker answers.
JSON, RAW, ERROR, INFERRED, READY, FAILED = 1, 2, 3, 4, 5, 6


class Wire:
    """One question at a time, each with one answer."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray(SMALL)
        self.view = memoryview(self.buffer)
        self.pid = os.getpid()
        if hasattr(os, "register_at_fork"):
            # What a script forks must not speak to the server.
            os.register_at_fork(after_in_child=self.leave)

    def leave(self):
        self.sock.close()

    def receive(self):
        """The next question: its kind, what is said about it, and its body; `None` where the server is gone."""
        have = self.sock.recv_into(self.view)
        while 0 < have < HEAD.size:
            more = self.sock.recv_into(self.view[have:])
            have = have + more if more else 0
        if not have:
            return None
        meta, body, kind = HEAD.unpack_from(self.buffer)
        start = HEAD.size + meta
        total = start + body
        if total == have:
            return kind, self.buffer[HEAD.size : start], bytes(self.view[start:total])
        whole = bytearray(total)
        whole[:have] = self.view[:have]
        view = memoryview(whole)
        while have < total:
            more = self.sock.recv_into(view[have:])
            if not more:
                return None
            have += more
        return kind, whole[HEAD.size : start], bytes(view[start:])

    def send(self, kind, meta, body=b""):
        head = HEAD.pack(len(meta), len(body), kind) + meta
        if len(body) < SMALL:
            self.sock.sendall(head + body)
        else:
            self.sock.sendall(head)
            self.sock.sendall(body)
