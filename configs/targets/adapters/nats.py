#!/usr/bin/env python3
"""NATS JetStream, for ordeal (see README.md): a key-value bucket, which is a stream that keeps one message a subject.

A read as linearizable asks the stream's leader, as local any replica (direct get). A write is a message that the stream
acknowledges; cas names the sequence number of the subject's last message. nats.py [REPLICAS [ENDPOINT to set up]]
"""
import base64
import json
import sys
import time
import uuid

sys.dont_write_bytecode = True
from ordeal_adapter import Connection, Refused, connected, keep, serve  # noqa: E402

STREAM, SUBJECT, REPLICAS = "KV_ordeal", "$KV.ordeal.", int(sys.argv[1]) if len(sys.argv) > 1 else 3
CONFIG = {"name": STREAM, "subjects": [SUBJECT + ">"], "retention": "limits", "storage": "file", "discard": "new",
          "max_msgs_per_subject": 1, "num_replicas": REPLICAS, "allow_direct": True}
NOT_FOUND, WRONG_SEQUENCE = 10037, 10071
created = []  # not empty: the stream is there; to ask for it twice does no harm


class Server(Connection):
    def __init__(self, address, deadline):
        super().__init__(address, deadline)
        if not self.receive_line().startswith(b"INFO "):
            raise ConnectionError("no server of NATS")
        self.inbox, self.asked = "_INBOX." + uuid.uuid4().hex, 0
        self.send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"lang":"ordeal"}\r\n'
                  b"SUB %s.* 1\r\nPING\r\n" % self.inbox.encode())
        while self.receive_line() != b"PONG":
            pass
        if not created:
            if self.ask_json("$JS.API.STREAM.CREATE." + STREAM, json.dumps(CONFIG))[0]:
                raise ConnectionError("no stream")
            created.append(True)

    def ask(self, subject, body, headers=""):
        """The status (0: none) and the body of the answer."""
        self.asked += 1
        reply, head = "%s.%d" % (self.inbox, self.asked), ("NATS/1.0\r\n%s\r\n" % headers).encode()
        data = head + b"\r\n" + str(body).encode()
        line = "HPUB %s %s %d %d\r\n" % (subject, reply, len(head) + 2, len(data))
        self.send(line.encode() + data + b"\r\n")
        while True:
            verb, *words = self.receive_line().decode().split(" ")
            if verb == "-ERR":
                raise ConnectionError(" ".join(words))
            data = self.receive(int(words[-1]) + 2)[:-2] if verb in ("MSG", "HMSG") else None
            if data is not None and words[0] == reply:  # else PING, or an answer that came too late
                head = int(words[-2]) if verb == "HMSG" else 0
                first = data[:head].split(b"\r\n")[0].split(b" ")
                return int(first[1]) if len(first) > 1 else 0, data[head:]

    def ask_json(self, subject, body, headers=""):
        status, data = self.ask(subject, body, headers)
        if status == 503:
            raise Refused("no-responders")  # nobody was there to hear it
        answer = json.loads(data)
        return answer.get("error", {}).get("err_code", 0), answer

    def last(self, key):
        """The value and its sequence number, as the leader has them; of an absent key None and 0."""
        error, answer = self.ask_json("$JS.API.STREAM.MSG.GET." + STREAM, json.dumps({"last_by_subj": SUBJECT + key}))
        if error == NOT_FOUND:
            return None, 0
        return int(base64.b64decode(answer["message"]["data"])), answer["message"]["seq"]

    def put(self, key, value, headers=""):
        error, answer = self.ask_json(SUBJECT + key, value, headers)
        if error == WRONG_SEQUENCE:
            return {"type": "fail", "error": "changed"}
        stored = answer.get("stream") == STREAM and "seq" in answer and not error
        return {"type": "ok"} if stored else {"type": "info", "error": "error %s" % error}


def do(call, deadline):
    server, key, f = connected(Server, call["endpoint"], deadline), call["key"], call["f"]
    if f == "write":
        result = server.put(key, call["value"])
    elif f == "read" and call["read"] == "local":
        status, data = server.ask("$JS.API.DIRECT.GET." + STREAM + "." + SUBJECT + key, "")
        if status not in (0, 404):
            raise Refused("status %d" % status)
        result = {"type": "ok", "value": None if status == 404 else int(data)}
    elif f == "read":
        result = {"type": "ok", "value": server.last(key)[0]}
    else:
        value, sequence = server.last(key) if call["expected"] is not None else (None, 0)
        if value == call["expected"]:
            result = server.put(key, call["value"], "Nats-Expected-Last-Subject-Sequence: %d\r\n" % sequence)
        else:
            result = {"type": "fail", "error": "read-another"}
    keep(server)
    return result


if len(sys.argv) > 2:
    sys.exit(0 if Server(sys.argv[2], time.monotonic() + 5) else 1)
serve(do, operations=["read", "write", "cas"], reads=["linearizable", "local"])
