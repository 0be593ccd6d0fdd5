"""Being forked: see docs/decisions/0013-fork-servers.md."""

import gc


def serve_forks(library):
    """
    Makes this process a fork server. Returns in each of its forks, in a sandbox and without rights, when the interpreter has taken note that it was
    forked, as after os.fork: the random module has a new seed, locks are free. `library` is the path of the native part.
    """
    import ctypes

    # With the interpreter's lock held, as the calls of the C interface expect.
    native = ctypes.PyDLL(library)
    native.pilotlight_serve_forks.restype = None
    # What is there now stays: to look at it would only copy it into each fork.
    gc.collect()
    gc.freeze()
    ctypes.pythonapi.PyOS_BeforeFork()
    native.pilotlight_serve_forks()
    ctypes.pythonapi.PyOS_AfterFork_Child()

