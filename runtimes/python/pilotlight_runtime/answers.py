"""JSON as AWS's runtime writes it, which knows more types than the standard library does."""

import json
import marshal
import math
import os
import re
import sys

from .faults import Fault

# Stands for a number that the encoder cannot write; nobody can guess it, so nobody's text is taken for one.
_MARK = os.urandom(12).hex()
_MARKED = re.compile(f'"{_MARK}:([^"]*)"')
# Whether the answer that is being encoded has such a number: to look for one would take longer than to encode most answers.
_has_marks = False


def encode_answer(answer):
    """Bytes go as they are; everything else as JSON."""
    global _has_marks
    if isinstance(answer, bytes):
        return answer
    try:
        _has_marks = False
        text = _text_of(answer)
        return (_MARKED.sub(r"\1", text) if _has_marks else text).encode()
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def _text_of(answer):
    try:
        # Knows nothing but values of Python's own types, and is quick to say so: those the standard library writes as AWS's runtime does.
        marshal.dumps(answer)
        return _encode(answer)
    except (ValueError, TypeError) as error:
        if str(error) == "Circular reference detected":
            raise
        return _encode(_as_plain(answer))


def _as_plain(value):
    """What the library of AWS's runtime, simplejson, takes for an object or a key, and the standard library does not."""
    if isinstance(value, (str, int, float, bytes)) or value is None:
        return value
    if isinstance(value, list):
        return [_as_plain(item) for item in value]
    members = getattr(value, "_asdict", None)  # of a named tuple
    if callable(members):
        value = members()
    if isinstance(value, tuple):
        return [_as_plain(item) for item in value]
    if isinstance(value, dict):
        return {_as_key(key): _as_plain(item) for key, item in value.items()}
    return value


def _as_key(key):
    if isinstance(key, bytes):
        return key.decode()
    if isinstance(key, (str, int, float)) or key is None:
        return key
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")


def _encode_other(value):
    # Whoever has a Decimal has loaded the module; others need not wait for it.
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        global _has_marks
        _has_marks = True
        return math.nan if value.is_nan() else f"{_MARK}:{value}"
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# Since python3.12 answers hold letters as they are.
_encode = json.JSONEncoder(ensure_ascii=sys.version_info < (3, 12), default=_encode_other).encode
to_json = json.JSONEncoder(ensure_ascii=sys.version_info < (3, 12)).encode
