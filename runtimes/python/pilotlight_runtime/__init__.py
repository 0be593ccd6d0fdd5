"""
The Python runtime: loads the customer's handler and serves invocations to it, one after the other, until the supervisor closes
the socket (docs/frames.md). It runs on Python 3.9 and later, needs the standard library only, and behaves as AWS's own runtime
does, down to the words of its errors.
"""
