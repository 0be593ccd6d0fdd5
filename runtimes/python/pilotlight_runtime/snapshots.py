"""The making of a snapshot, and the return from it. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html"""

import os
import sys

from .faults import error_payload
from .fork_server import capture


def pass_through_snapshot(channel, logs):
    """Runs the hooks, and has the process captured between them. It may go on as another process, days later. What a hook raises ends the process."""
    # The function may have brought that module itself.
    hooks = sys.modules.get("snapshot_restore_py")
    _run(reversed(hooks.get_before_snapshot()) if hooks else (), logs, channel.fail_initialisation, 64)
    outcome = capture()
    if outcome == "restored":
        channel.booted()
    else:
        channel.checkpointed(None if outcome == "captured" else outcome)
    # The others stay as the function left them.
    os.environ.update(channel.next_restoration()["variables"])
    _run(hooks.get_after_restore() if hooks else (), logs, channel.fail_restoration, 65)
    channel.restored()


def _run(hooks, logs, fail, exit_code):
    try:
        for function, args, kwargs in hooks:
            function(*args, **kwargs)
    except BaseException as error:
        payload = error_payload(error)
        logs.error(payload)
        fail(payload)
        sys.exit(exit_code)
    # What was printed comes before what is told.
    sys.stdout.flush()
