"""What functions import as `snapshot_restore_py`: hooks around the making of a snapshot and the return from it.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

_before_snapshot = []
_after_restore = []


def register_before_snapshot(function, *args, **kwargs):
    """As a decorator, or called with the arguments that the hook shall get. Returns the function."""
    _before_snapshot.append((function, args, kwargs))
    return function


def register_after_restore(function, *args, **kwargs):
    """As a decorator, or called with the arguments that the hook shall get. Returns the function."""
    _after_restore.append((function, args, kwargs))
    return function


def get_before_snapshot():
    """The hooks in the order of their registration; they run in the reverse order, as (function, args, kwargs)."""
    return _before_snapshot


def get_after_restore():
    """The hooks in the order of their registration, in which they run."""
    return _after_restore
