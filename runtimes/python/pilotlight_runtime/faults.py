"""Errors that the runtime itself finds, and how an error looks in an answer."""

import os
import traceback

_RUNTIME_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Fault(Exception):
    """A failure that the runtime itself finds, named as AWS names it: `Runtime.HandlerNotFound`."""

    def __init__(self, fault_type, message, stack_trace=()):
        super().__init__(message)
        self.error_type = f"Runtime.{fault_type}"
        self.stack_trace = list(stack_trace)


def error_payload(error, request_id=""):
    """The payload of an answer that reports `error`, members in AWS's order."""
    if isinstance(error, Fault):
        error_type, stack_trace = error.error_type, error.stack_trace
    else:
        error_type, stack_trace = type(error).__name__, _stack_of_customer(error)
    return {
        "errorMessage": str(error),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack_trace,
    }


def _stack_of_customer(error):
    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename.startswith(_RUNTIME_FOLDER):
        del frames[0]
    # As plain tuples, which have no marks under the part of the line that failed: AWS's runtime leaves them out, too.
    return traceback.format_list([(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames])
