"""JSON as AWS's runtime writes it, which knows more types than the standard library does."""

import json
import math
import os
import re
import sys

from .faults import Fault

# Stands for a number that the encoder cannot write; nobody can guess it, so nobody's text is taken for one.
_MARK = os.urandom(12).hex()
_MARKED = re.compile(f'"{_MARK}:([^"]*)"')


def encode_answer(answer):
    """Bytes go as they are; everything else as JSON."""
    # DIVERGES: AWS's runtime writes named tuples as objects, here they are arrays like other tuples.
    if isinstance(answer, bytes):
        return answer
    try:
        text = _encode(answer)
        return (_MARKED.sub(r"\1", text) if _MARK in text else text).encode()
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def _encode_other(value):
    # Whoever has a Decimal has loaded the module; others need not wait for it.
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        return math.nan if value.is_nan() else f"{_MARK}:{value}"
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# Since python3.12 answers hold letters as they are.
_encode = json.JSONEncoder(ensure_ascii=sys.version_info < (3, 12), default=_encode_other).encode
