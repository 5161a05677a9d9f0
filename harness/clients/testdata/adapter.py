"""A correct adapter, or one with a mistake, for the tests of ordeal: a register in its own memory.

adapter.py [MISTAKE...]. Without `alone` it wants somebody to listen at a call's endpoint, as a real one would. The keys
"crash", "silent", "late", "twice", "strange" and "rubbish" make it do what they say.
"""
import json
import os
import socket
import sys
import threading
import time

mistakes = set(sys.argv[1:])
store, lock = {}, threading.Lock()


def say(text):
    with lock:
        os.write(1, (text + "\n").encode())


def answer(call, **fields):
    text = json.dumps({"id": call["id"], **fields})
    say(text)
    if "twice" in mistakes:
        say(text)


def connect(call):
    host, port = call["endpoint"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), call["timeout"] / 1000) as node:
        node.settimeout(call["timeout"] / 1000)
        node.sendall(b"hello")
        return node.recv(100)  # nobody in these tests says what a register says


def do(call):
    f, key = call["f"], call["key"]
    with lock:
        if f == "read":
            return {"type": "ok", "value": store.get(key)}
        if f == "increment":
            store[key] = store.get(key, 0) + call["delta"]
            return {"type": "ok", "value": store[key], "index": len(store)}
        if f == "cas" and store.get(key) != call["expected"]:
            return {"type": "fail", "error": "mismatch"}
        store[key] = call["value"]
        return {"type": "ok"}


def serve(call):
    key = call.get("key")
    if call["f"] not in ("read", "write", "cas", "increment"):
        return answer(call, type="ok") if "knows-all" in mistakes else answer(call, type="fail", error="unsupported")
    if key == "crash":
        sys.stderr.write("this is how it ends\n")
        sys.stderr.flush()
        os._exit(3)
    if key == "silent":
        return None
    if key == "late":
        time.sleep(call["timeout"] / 1000 + 0.2)
    if key == "rubbish":
        say("I am talking to myself")
    if key == "strange":
        say('{"id":987654321,"type":"ok"}')
    if "alone" not in mistakes:
        try:
            connect(call)
            raise OSError("closed")
        except OSError as error:
            if "trusting" in mistakes and call["f"] == "write":
                return answer(call, type="ok")
            return answer(call, type="info", error=type(error).__name__)
    result = do(call)
    answer(call, **result)
    if key == "twice":
        answer(call, **result)
    return None


def main():
    if "dumb" in mistakes:
        time.sleep(3600)
    protocol = 99 if "future" in mistakes else 1
    if "chatty" in mistakes:
        say("starting up...")
    say(json.dumps({"protocol": protocol, "operations": ["read", "write", "cas", "increment"],
                    "reads": ["linearizable", "local"]}))
    if "short-lived" in mistakes:
        sys.exit(4)
    for line in sys.stdin.buffer:
        try:
            call = json.loads(line)
            call["id"] + 0, call["f"] + "", call["endpoint"] + ""
        except (KeyError, TypeError):
            continue
        except ValueError:
            if "fragile" in mistakes:
                raise
            continue
        if "one-at-a-time" in mistakes:
            serve(call)
        else:
            threading.Thread(target=serve, args=(call,), daemon=True).start()
    while "immortal" in mistakes:
        time.sleep(1)
    os._exit(0)


main()
