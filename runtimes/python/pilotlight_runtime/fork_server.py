"""
Being forked (see docs/decisions/0013-fork-servers.md), and being captured, which is a fork, too: its child is what the image holds
(docs/decisions/0018-snapstart.md).
"""

import gc
import os
import sys

_TRACE_VARIABLE = b"_X_AMZN_TRACE_ID"

_native = None


def serve_forks(library):
    """
    Makes this process a fork server. Returns in each of its forks, in a sandbox and without rights, when the interpreter has taken note that it was
    forked, as after os.fork: the random module has a new seed, locks are free. `library` is the path of the native part.
    """
    global _native
    import ctypes

    # With the interpreter's lock held, as the calls of the C interface expect.
    _native = ctypes.PyDLL(library)
    _native.pilotlight_serve_forks.restype = None
    _native.pilotlight_capture.restype = ctypes.c_char_p
    _native.pilotlight_set_trace.argtypes = [ctypes.c_char_p]
    # What is there now stays: to look at it would only copy it into each fork.
    gc.collect()
    gc.freeze()
    ctypes.pythonapi.PyOS_BeforeFork()
    _native.pilotlight_serve_forks()
    ctypes.pythonapi.PyOS_AfterFork_Child()


def set_trace(trace_id):
    """Sets the variable that tells the AWS SDK and X-Ray's of the invocation's trace."""
    value = os.fsencode(trace_id)
    if _native is not None and _native.pilotlight_set_trace(value):
        # The process has it already, at less cost than by os.putenv.
        os.environ._data[_TRACE_VARIABLE] = value
    else:
        os.environb[_TRACE_VARIABLE] = value


def capture():
    """
    Has the memory of this process captured, if that can be: "captured", or why it cannot be. Returns again, with "restored", in each process that is
    made of the image.
    """
    if _native is None:
        return "there is no native part"
    from ctypes import pythonapi

    # Nobody shall print it a second time.
    sys.stdout.flush()
    sys.stderr.flush()
    gc.collect()
    gc.freeze()
    pythonapi.PyOS_BeforeFork()
    outcome = _native.pilotlight_capture().decode()
    if outcome == "restored":
        pythonapi.PyOS_AfterFork_Child()
    else:
        pythonapi.PyOS_AfterFork_Parent()
    return outcome
