"""The life of an environment: load the handler, then invoke it again and again."""

import json
import os
import sys

from .answers import encode_answer
from .channel import Channel
from .context import LambdaContext, function_members
from .faults import Fault, error_payload
from .fork_server import set_trace
from .handler import load_handler
from .logs import Logs
from .provided import ProvidedModules
from .snapshots import pass_through_snapshot
from .stand_by import stand_by


def serve():
    """Never returns: ends with the process."""
    channel = Channel(3)
    # Started ahead of need: which function it is for is told by a frame.
    if "_HANDLER" not in os.environ:
        stand_by(channel)
    # The first entry is the folder of this runtime, which is not the customer's to import from.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    sys.meta_path.append(ProvidedModules)
    members = function_members()
    logs = Logs(channel)
    logs.install()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)

    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        payload = error_payload(error)
        logs.initialisation_error(payload)
        channel.fail_initialisation(payload)
        sys.exit(1)

    channel.ready()
    while True:
        invocation = channel.next_invocation()
        if invocation is None:
            pass_through_snapshot(channel, logs)
            continue
        header, payload = invocation
        set_trace(header["traceId"])
        _invoke(handler, header, payload, members, channel, logs)


def _invoke(handler, header, payload, members, channel, logs):
    try:
        logs.current = LambdaContext(header, members, logs.write)
        answer = encode_answer(handler(_decode(payload), logs.current))
    except Exception as error:
        answer = None
        failure = error_payload(error, header["requestId"])
        logs.error(failure)
    # What was printed comes before the answer.
    sys.stdout.flush()
    if answer is None:
        channel.fail(failure)
    else:
        channel.respond(answer)


def _decode(payload):
    try:
        return json.loads(payload)
    except ValueError as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from error
