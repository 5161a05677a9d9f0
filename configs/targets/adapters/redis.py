#!/usr/bin/env python3
"""Redis with Sentinel, for ordeal (see README.md). An endpoint is a Sentinel's: each call asks it who the master is.

A key is a string. cas is one Lua script, which a master runs as a whole. The answer to a write says that the master has
it, no more: its replicas hear of it later.
"""
import sys

sys.dont_write_bytecode = True
from ordeal_adapter import Connection, Refused, connected, keep, serve  # noqa: E402

SERVICE = sys.argv[1] if len(sys.argv) > 1 else "ordeal"
CAS = ("local old = redis.call('get', KEYS[1]) or '' "
       "if old ~= ARGV[1] then return 0 end redis.call('set', KEYS[1], ARGV[2]) return 1")
# How errors begin after which nothing was changed.
REFUSALS = ("READONLY", "LOADING", "NOREPLICAS", "MASTERDOWN", "OOM", "MISCONF", "NOAUTH", "ERR")


def ask(address, deadline, *words):
    connection = connected(Connection, address, deadline)
    parts = [str(word).encode() for word in words]
    connection.send(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
    result = answer_of(connection)
    keep(connection)
    if isinstance(result, Exception):
        raise result
    return result


def answer_of(connection):
    line = connection.receive_line()
    kind, rest = line[:1], line[1:].decode()
    if kind == b"-":
        return Refused(rest.split(" ")[0]) if rest.startswith(REFUSALS) else OSError(rest)
    if kind == b"+":
        return rest
    if kind not in (b":", b"$", b"*"):
        raise ConnectionError("no answer of Redis")
    number = int(rest)
    if kind == b":":
        return number
    if number < 0:
        return None
    if kind == b"$":
        return connection.receive(number + 2)[:-2].decode()
    return [answer_of(connection) for _ in range(number)]


def master_of(sentinel, deadline):
    try:
        found = ask(sentinel, deadline, "SENTINEL", "get-master-addr-by-name", SERVICE)
    except (OSError, ValueError) as error:
        raise Refused("no-sentinel") from error
    if not isinstance(found, list) or len(found) != 2:
        raise Refused("no-master")
    return "%s:%s" % tuple(found)


def do(call, deadline):
    master, key = master_of(call["endpoint"], deadline), call["key"]
    if call["f"] == "read":
        value = ask(master, deadline, "GET", key)
        return {"type": "ok", "value": None if value is None else int(value)}
    if call["f"] == "write":
        done = ask(master, deadline, "SET", key, call["value"]) == "OK"
    else:
        expected = "" if call["expected"] is None else call["expected"]
        number = ask(master, deadline, "EVAL", CAS, 1, key, expected, call["value"])
        if number == 0:
            return {"type": "fail", "error": "mismatch"}
        done = number == 1
    return {"type": "ok"} if done else {"type": "info", "error": "bad-answer"}


serve(do, operations=["read", "write", "cas"], reads=["linearizable"])
