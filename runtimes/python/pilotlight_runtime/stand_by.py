"""Waiting, with the interpreter started, for the function that this process is to serve."""

import importlib
import os

from .fork_server import serve_forks


def stand_by(channel):
    """
    Returns when the process has become what it would have been had it been started for its function: with that function's variables, in the
    folder of its code.
    """
    library = os.environ.get("PILOTLIGHT_FORK_SERVER")
    if library:
        serve_forks(library)
    channel.booted()
    variables = channel.next_specialisation()["variables"]
    os.environ.clear()
    os.environ.update(variables)
    # Also where the folder has this name already: what is mounted there now has been mounted since.
    os.chdir(variables["LAMBDA_TASK_ROOT"])
    # Folders of the search path may have been missing before.
    importlib.invalidate_caches()
