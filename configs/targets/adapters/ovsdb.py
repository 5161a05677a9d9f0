#!/usr/bin/env python3
"""OVSDB, for ordeal (see README.md): transactions over JSON-RPC (RFC 7047), a row for each key.

A server answers a transaction that changes nothing from what it has, which may be old. So a read as linearizable also
changes a row, and with it goes through the log; as local, it only reads.
"""
import json
import sys

sys.dont_write_bytecode = True
from ordeal_adapter import Connection, connected, keep, serve  # noqa: E402

TOUCH = [{"op": "delete", "table": "reads", "where": []}, {"op": "insert", "table": "reads", "row": {"number": 1}}]


class Database(Connection):
    def transact(self, operations):
        """What came of each operation. The server may ask in between whether we are there."""
        self.send(json.dumps({"method": "transact", "params": ["kv", *operations], "id": 1}).encode())
        decoder, data = json.JSONDecoder(), ""
        while True:
            data += self.receive_some().decode()
            while data.lstrip():
                try:
                    answer, end = decoder.raw_decode(data.lstrip())
                except ValueError:
                    break  # not all of it is there yet
                data = data.lstrip()[end:]
                if answer.get("method") == "echo":
                    self.send(json.dumps({"result": answer["params"], "error": None, "id": answer["id"]}).encode())
                elif answer.get("id") == 1:
                    if answer["error"] is not None:
                        raise ConnectionError(str(answer["error"]))
                    return answer["result"]

    def receive_some(self):
        self.socket.settimeout(self.left())
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        return data


def do(call, deadline):
    database = connected(Database, call["endpoint"], deadline)
    of_key = {"table": "kv", "where": [["key", "==", call["key"]]]}
    put = [{"op": "delete", **of_key}, {"op": "insert", "table": "kv", "row": {"key": call["key"], "value": call.get("value")}}]
    select = {"op": "select", **of_key, "columns": ["value"]}
    if call["f"] == "read":
        results = database.transact([select] + (TOUCH if call["read"] == "linearizable" else []))
        answer = {"type": "ok", "value": results[0]["rows"][0]["value"] if results[0].get("rows") else None}
    elif call["f"] == "write":
        results = database.transact(put)
        answer = {"type": "ok"}
    else:
        rows = [] if call["expected"] is None else [{"value": call["expected"]}]
        wait = {"op": "wait", **of_key, "columns": ["value"], "until": "==", "rows": rows, "timeout": 0}
        results = database.transact([wait] + put)
        answer = {"type": "ok"}
        if results[0] and results[0].get("error") == "timed out":  # compared with what the server has, perhaps old
            answer = {"type": "fail", "error": "another-value"}
    errors = [result["error"] for result in results if result and "error" in result]
    keep(database)
    return answer if not errors or answer["type"] == "fail" else {"type": "info", "error": errors[0]}


serve(do, operations=["read", "write", "cas"], reads=["linearizable", "local"])
