"""What every adapter in Python needs: calls from ordeal, each on a thread of its own, and connections that are kept."""
import collections
import json
import select
import socket
import sys
import threading
import time

idle = collections.defaultdict(list)  # connections by address, that wait for the next call
output = threading.Lock()


class Refused(Exception):
    """The request certainly did nothing, and never will. Raise it only then; every other exception means: who knows."""


class Connection:
    """TCP to "host:port", with the deadline (of time.monotonic) of the call that uses it."""

    def __init__(self, address, deadline):
        host, port = address.rsplit(":", 1)
        self.address, self.deadline = address, deadline
        self.socket = socket.create_connection((host, int(port)), self.left())
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def left(self):
        return max(0.001, self.deadline - time.monotonic())

    def send(self, data):
        self.socket.settimeout(self.left())
        self.socket.sendall(data)

    def receive(self, size):
        self.socket.settimeout(self.left())
        data = self.stream.read(size)
        if len(data) != size:
            raise ConnectionError("closed")
        return data

    def receive_line(self):
        self.socket.settimeout(self.left())
        line = self.stream.readline(1 << 20)
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        return line[:-2]


def connected(kind, address, deadline):
    """A Connection of this kind: one that was kept and is not closed, or a new one. To be given back by keep()."""
    try:
        while idle[address]:
            kept = idle[address].pop()
            if not select.select([kept.socket], [], [], 0)[0]:  # it was closed, or speaks out of turn
                kept.deadline = deadline
                return kept
        return kind(address, deadline)
    except (OSError, ValueError) as error:  # no request has left yet
        raise Refused(type(error).__name__) from error


def keep(connection):
    idle[connection.address].append(connection)


def answer(call, do):
    try:
        result = do(call, time.monotonic() + call.get("timeout", 1000) / 1000)
    except Refused as refusal:
        result = {"type": "fail", "error": str(refusal)}
    except Exception as error:  # pylint: disable=broad-except
        result = {"type": "info", "error": "timeout" if isinstance(error, TimeoutError) else str(error) or "broken"}
    with output:
        print(json.dumps({"id": call["id"], **result}), flush=True)


def serve(do, operations, reads):
    """do(call, deadline) gives {"type": "ok"}, {"type": "ok", "value": 41} or {"type": "fail", "error": "mismatch"}."""
    print(json.dumps({"protocol": 1, "operations": operations, "reads": reads}), flush=True)
    for line in sys.stdin.buffer:
        try:
            call = json.loads(line)
            call["id"] + 0, call["f"] + "", call["key"] + "", call["endpoint"] + ""
        except (ValueError, KeyError, TypeError):
            continue  # the greeting, or no call at all
        if call["f"] not in operations:
            call["f"] = None
        threading.Thread(target=answer, args=(call, do if call["f"] else unsupported), daemon=True).start()


def unsupported(_call, _deadline):
    raise Refused("unsupported")
