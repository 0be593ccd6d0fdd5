"""Where `logging` and the runtime itself write. https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

import json
import logging
import os
import time
import traceback

from .answers import to_json

_NO_BREAK_SPACE = "\u00a0"
# Of a record, the runtime's own among them. (AWS's runtime does not count the name of the task, which Python 3.12 has added.)
_STANDARD_MEMBERS = {*vars(logging.makeLogRecord({})), "aws_request_id", "tenant_id"} - {"taskName"}
_UNHANDLED = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, a Lambda runtime update can"
    " cause unexpected function behavior. For functions using managed runtimes, runtime updates can be triggered by a function change, or can be applied"
    " automatically. To determine if the runtime has been updated, check the runtime version in the INIT_START log entry. If this error correlates with a"
    " change in the runtime version, you may be able to mitigate this error by temporarily rolling back to the previous runtime version. For more"
    " information, see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


class Logs:
    """Sends log records to the channel, one event each. `current` is the context of the running invocation, None before it."""

    def __init__(self, channel):
        self._channel = channel
        self.current = None
        self._is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"

    def install(self):
        """Makes this the handler of the root logger, as the customer's code finds it on AWS."""
        # Of the customer's own formatters, too.
        logging.Formatter.converter = time.gmtime
        handler = _Handler(self._channel)
        handler.setFormatter(_JsonFormatter() if self._is_json else _TextFormatter())
        handler.addFilter(self._stamp)
        root = logging.getLogger()
        root.addHandler(handler)
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        level = logging.getLevelName("DEBUG" if level == "TRACE" else level)
        if isinstance(level, int):  # otherwise, nobody knows it
            root.setLevel(level)

    def write(self, text, level=0):
        self._channel.log(level, time.time(), text)

    def initialisation_error(self, payload):
        logging.warning(_UNHANDLED)
        self.error(payload)

    def error(self, payload):
        """Reports the payload of an answer."""
        if self._is_json:
            timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            event = {"timestamp": timestamp, "level": "ERROR", **payload}
            self.write(to_json(event), _level(logging.ERROR))
        else:
            self.write("\n".join(_error_lines(payload)), _level(logging.ERROR))

    def _stamp(self, record):
        record.aws_request_id = self.current.aws_request_id if self.current else ""
        record.tenant_id = self.current.tenant_id if self.current else None
        return True


class _Handler(logging.Handler):
    def __init__(self, channel):
        super().__init__()
        self._channel = channel

    def emit(self, record):
        self._channel.log(_level(record.levelno), record.created, self.format(record).removesuffix("\n"))


class _TextFormatter(logging.Formatter):
    def __init__(self):
        pattern = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        super().__init__(pattern, "%Y-%m-%dT%H:%M:%S")


class _JsonFormatter(logging.Formatter):
    def format(self, record):
        error_type, error, trace = record.exc_info or (None, None, None)
        event = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": logging.getLevelName(min(max(record.levelno, 0), 50) // 10 * 10),
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if error_type else None,
            "errorType": error_type and error_type.__name__,
            "errorMessage": str(error) if error_type else None,
            "requestId": record.aws_request_id,
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if error_type else None,
            "tenantId": record.tenant_id,
        }
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD_MEMBERS and name not in event}
        present = {name: value for name, value in {**event, **extra}.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str)


def _level(number):
    """Of a LOG frame: logging counts in tens, from DEBUG to CRITICAL."""
    tens = min(max(number, 0), 50) // 10
    return tens + 1 if tens else 0


def _error_lines(payload):
    title = ": ".join(part for part in (payload["errorType"], payload["errorMessage"]) if part)
    yield f"[ERROR] {title}"
    yield "Traceback (most recent call last):"
    for entry in payload["stackTrace"]:
        for line in entry.splitlines():
            text = line.lstrip(" ")
            yield _NO_BREAK_SPACE * (len(line) - len(text)) + text
