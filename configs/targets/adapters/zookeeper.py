#!/usr/bin/env python3
"""ZooKeeper, for ordeal (see README.md): sessions over its binary protocol, each on a connection of its own.

A key is a node of the tree below the root. A read as linearizable is sync and then getData; as local, getData alone,
which may be old. cas reads the node and its version, and sets it if it still has that version.
"""
import struct
import sys

sys.dont_write_bytecode = True
from ordeal_adapter import Connection, Refused, connected, keep, serve  # noqa: E402

CREATE, GET, SET, SYNC = 1, 4, 5, 9
OK, NO_NODE, BAD_VERSION, NODE_EXISTS = DEFINITE = 0, -101, -103, -110  # after the last three nothing was changed
ANYONE = struct.pack(">iii5si6s", 1, 31, 5, b"world", 6, b"anyone")


def text(string):
    data = str(string).encode()
    return struct.pack(">i", len(data)) + data


class Session(Connection):
    def __init__(self, address, deadline):
        super().__init__(address, deadline)
        self.xid = 0
        self.send_frame(struct.pack(">iqiqi16s?", 0, 0, 6000, 0, 16, bytes(16), False))
        _, timeout, session = struct.unpack(">iiq", self.receive_frame()[:16])
        if timeout <= 0 or session == 0:
            raise ConnectionError("no session")

    def send_frame(self, data):
        self.send(struct.pack(">i", len(data)) + data)

    def receive_frame(self):
        size = struct.unpack(">i", self.receive(4))[0]
        if not 16 <= size < 1 << 20:
            raise ConnectionError("no answer of ZooKeeper")
        return self.receive(size)

    def ask(self, operation, path, rest=b""):
        """The error code and the body of the answer."""
        self.xid += 1
        self.send_frame(struct.pack(">ii", self.xid, operation) + text(path) + rest)
        frame = self.receive_frame()
        xid, _, error = struct.unpack(">iqi", frame[:16])
        if xid != self.xid or error not in DEFINITE:
            raise ConnectionError("error %d" % error)
        return error, frame[16:]

    def read(self, path):
        """The value and its version; None when there is no such node."""
        error, body = self.ask(GET, path, b"\0")
        if error == NO_NODE:
            return None, None
        size = struct.unpack(">i", body[:4])[0]
        version = struct.unpack(">i", body[4 + size + 32:4 + size + 36])[0]
        return int(body[4:4 + size]), version

    def create(self, path, value):
        return self.ask(CREATE, path, text(value) + ANYONE + struct.pack(">i", 0))[0] == OK

    def set(self, path, value, version):
        return self.ask(SET, path, text(value) + struct.pack(">i", version))[0]


def write(session, path, value):
    if session.set(path, value, -1) != OK and not session.create(path, value) and session.set(path, value, -1) != OK:
        raise Refused("neither-there-nor-not")
    return {"type": "ok"}


def cas(session, path, expected, value):
    if expected is None:
        return {"type": "ok"} if session.create(path, value) else {"type": "fail", "error": "mismatch"}
    seen, version = session.read(path)  # perhaps old: so it is no proof that another value is there now
    if seen != expected:
        return {"type": "fail", "error": "read-another"}
    return {"type": "ok"} if session.set(path, value, version) == OK else {"type": "fail", "error": "changed"}


def do(call, deadline):
    session, path = connected(Session, call["endpoint"], deadline), "/" + call["key"]
    if call["f"] == "write":
        result = write(session, path, call["value"])
    elif call["f"] == "cas":
        result = cas(session, path, call["expected"], call["value"])
    else:
        if call["read"] == "linearizable":
            session.ask(SYNC, path)
        result = {"type": "ok", "value": session.read(path)[0]}
    keep(session)
    return result


serve(do, operations=["read", "write", "cas"], reads=["linearizable", "local"])
