"""The runtime's end of the supervisor's socket."""

import _thread
import json
import os
import select
import struct
import sys

from .answers import to_json

_LINGER = 0x03
_CHECKPOINT = 0x04
_BOOTED = 0x80
_READY = 0x81
_INIT_ERROR = 0x82
_RESPONSE = 0x83
_ERROR = 0x84
_LOG = 0x85
_COMPANY = 0x89
_CHECKPOINTED = 0x8A
_RESTORED = 0x8B
_RESTORE_ERROR = 0x8C

_LOG_EVENT_BYTES = 256 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and AWS's own allowance of 100 bytes.
_RESPONSE_BYTES = 6 * 1024 * 1024 + 100


_length_at = struct.Struct("<I").unpack_from
_head = struct.Struct("<IB").pack
# Of what the supervisor has written, in which nothing is to be checked.
_decode = json.JSONDecoder().raw_decode


def _has_company():
    """Whether threads or processes of the function go on while this thread waits."""
    if _thread._count() > 0:
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


class Channel:
    """
    Speaks the frames of docs/frames.md. Every call blocks: while it waits for the next invocation the process stands still, as
    in a frozen environment on AWS.
    """

    def __init__(self, fd):
        # The socket is ours alone: what the customer's code starts does not inherit it.
        os.set_inheritable(fd, False)
        self._fd = fd
        # A read alone is woken for nothing whenever the other end has taken what was sent before, because then there is room to write.
        self._arrival = select.poll()
        self._arrival.register(fd, select.POLLIN)
        self._input = bytearray(64 * 1024)
        # Bytes of the next frame, at the start of the input, that came with the one before.
        self._ahead = 0
        self._has_company = False

    def booted(self):
        self._send(_BOOTED, b"")

    def next_specialisation(self):
        """Waits until the function is known that this process is to serve; exits when the socket is closed."""
        return json.loads(str(self._receive()[5:], "utf-8"))

    def ready(self):
        self._send(_READY, b"")

    def next_invocation(self):
        """
        Waits for an invocation and returns its header, a dict, and its payload, text; None if a snapshot is wanted first. Exits when the socket is
        closed.
        """
        if not self._has_company and _has_company():
            self._has_company = True
            self._send(_COMPANY, b"")
        frame = self._receive()
        while frame[4] == _LINGER:  # Waiting blocks no other thread: there is nothing to change.
            frame = self._receive()
        if frame[4] == _CHECKPOINT:
            return None
        (header_length,) = _length_at(frame, 5)
        payload_start = 9 + header_length
        header, _ = _decode(str(frame[9:payload_start], "utf-8"))
        return header, str(frame[payload_start:], "utf-8")

    def checkpointed(self, refusal=None):
        """The hooks before the snapshot have run. `refusal`: why the memory has not been captured; without it, it has."""
        self._send(_CHECKPOINTED, json.dumps({"image": True} if refusal is None else {"image": False, "reason": refusal}).encode())

    def next_restoration(self):
        """Waits until it is time to go on from the snapshot; exits when the socket is closed."""
        return json.loads(str(self._receive()[5:], "utf-8"))

    def restored(self):
        self._send(_RESTORED, b"")

    def fail_restoration(self, error):
        self._send(_RESTORE_ERROR, json.dumps(error).encode())

    def respond(self, payload):
        if len(payload) > _RESPONSE_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({_RESPONSE_BYTES} bytes)."
            self.fail({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"})
        else:
            self._send(_RESPONSE, payload)

    def fail(self, error):
        self._send(_ERROR, to_json(error).encode("utf-8", "replace"))

    def fail_initialisation(self, error):
        self._send(_INIT_ERROR, to_json(error).encode("utf-8", "replace"))

    def log(self, level, time_s, text):
        """One log event, or several when it is larger than CloudWatch Logs takes. Levels go from 0, none, to 6, fatal."""
        data = text.encode("utf-8", "replace")
        prefix = struct.pack("<Bd", level, time_s * 1000)
        start = 0
        while True:
            end = min(start + _LOG_EVENT_BYTES, len(data))
            while end < len(data) and data[end] & 0xC0 == 0x80:  # in the middle of a character
                end -= 1
            self._send(_LOG, prefix + data[start:end])
            start = end
            if start == len(data):
                return

    def _send(self, frame_type, body):
        frame = _head(len(body) + 1, frame_type) + body
        written = os.write(self._fd, frame)
        while written < len(frame):
            written += os.write(self._fd, memoryview(frame)[written:])

    def _receive(self):
        frame = self._input
        received = self._ahead
        self._ahead = 0
        end = 4 + _length_at(frame)[0] if received >= 4 else 4
        while received < end:
            self._arrival.poll()
            count = os.readv(self._fd, [memoryview(frame)[received:] if received else frame])
            if count == 0:
                sys.stdout.flush()
                os._exit(0)  # Threads of the customer's code would keep the interpreter from its end.
            received += count
            if received >= 4:
                end = 4 + _length_at(frame)[0]
            if end > len(frame):
                frame = frame + bytes(end - len(frame))
        if received > end and frame[4] == _LINGER:
            self._ahead = received - end
            frame[: self._ahead] = frame[end:received]
            return bytes([1, 0, 0, 0, _LINGER])
        return memoryview(frame)[:end]
