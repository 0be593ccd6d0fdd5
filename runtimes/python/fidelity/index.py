"""
Does what functions do, in a process that is made of an image of another one: whatever fails here would fail a function, and then no process of this version
of Python is captured (src/sandbox/fork-trials.ts). The event says what to do, as in runtimes/nodejs/fidelity/index.mjs.
"""

import asyncio
import ctypes
import gc
import hashlib
import http.server
import os
import random
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor

born = os.getpid()
state = {number: [str(number)] * 10 for number in range(10_000)}
loop = asyncio.new_event_loop()
ours, theirs = socket.socketpair()
reads, writes = os.pipe()
caught = []
signal.signal(signal.SIGUSR2, lambda number, frame: caught.append(number))
pool = ThreadPoolExecutor(1)
lock = threading.Lock()
# Before the image: a sibling shall not go on where this left off.
ssl.RAND_bytes(8), random.random(), uuid.uuid4()


def _threads():
    numbers = []
    thread = threading.Thread(target=lambda: numbers.append(threading.get_native_id()))
    thread.start()
    thread.join()
    return numbers[0] != os.getpid() and pool.submit(lambda: 7).result(5) == 7 and lock.acquire(timeout=1)


async def _later():
    await asyncio.sleep(0.001)
    return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)


def _sockets():
    ours.send(b"x")
    os.write(writes, b"y")
    return theirs.recv(1) == b"x" and os.read(reads, 1) == b"y"


def _http():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request).start()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=5)
        except urllib.error.HTTPError as error:
            return error.code == 501
    return False


def _files():
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("x")
        file.seek(0)
        return file.read() == "x"


def _signals():
    os.kill(os.getpid(), signal.SIGUSR2)
    time.sleep(0)
    return caught == [signal.SIGUSR2]


def _garbage():
    for _ in range(20):
        kept = [[number] for number in range(50_000)]
        kept.append(kept)
        del kept
    gc.collect()
    return len(state) == 10_000 and state[9_999][9] == "9999"


# Each raises, or returns something else than true, if it fails.
checks = {
    "process id": lambda: os.getpid() == int(os.readlink("/proc/self")),
    "main thread": lambda: threading.current_thread() is threading.main_thread() and threading.get_native_id() == os.getpid(),
    "threads": _threads,
    "event loop": lambda: loop.run_until_complete(_later()) == 7,
    "sockets": _sockets,
    "http": _http,
    "files": _files,
    "processes": lambda: subprocess.run(["/bin/echo", "x"], capture_output=True, check=True).stdout == b"x\n",
    "a failing process": lambda: subprocess.run(["/bin/sh", "-c", "exit 3"], check=False).returncode == 3,
    "signals": _signals,
    "garbage": _garbage,
    "names": lambda: len(socket.getaddrinfo("localhost", 80)) > 0,
    "ciphers": lambda: len(ssl.create_default_context().get_ciphers()) > 0,
    "hashes": lambda: hashlib.sha256(b"x").hexdigest().startswith("2d711642"),
    "compression": lambda: len(zlib.compress(b"x" * 1_000)) > 0,
    "foreign functions": lambda: ctypes.CDLL(None).getpid() == os.getpid(),
}


def handler(event, context):
    if "exit" in event:
        os._exit(event["exit"])
    if "signal" in event:
        os.kill(os.getpid(), getattr(signal, event["signal"]))
        time.sleep(10)
    return {
        "isRestored": born != os.getpid(),
        "failures": [failure for name, check in ({} if event.get("draw") else checks).items() if (failure := _failure(name, check))],
        # To be compared with a sibling's.
        "drawn": [random.random(), str(uuid.uuid4()), ssl.RAND_bytes(8).hex(), os.urandom(8).hex(), next(tempfile._get_candidate_names())],
    }


def _failure(name, check):
    try:
        result = check()
        return None if result is True else f"{name}: it came to {result!r}"
    except Exception as error:
        return f"{name}: {error!r}"
