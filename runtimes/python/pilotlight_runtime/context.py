"""The second parameter of a handler. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

import json
import os
import time

from .faults import Fault


def function_members():
    """What every context of this environment says, whatever the customer's code does to the variables later."""
    return {
        "log_group_name": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
        "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
    }


class _Record:
    """An object of fixed members, filled from a dict; what the dict lacks is None."""

    __slots__ = ()

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        return f"{type(self).__name__}([{_members(self, self.__slots__)}])"


class CognitoIdentity(_Record):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")


class Client(_Record):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Record):
    __slots__ = ("custom", "env", "client")

    def __init__(self, values):
        super().__init__(values)
        self.client = None if self.client is None else Client(self.client)


class LambdaContext:
    def __init__(self, header, members, log):
        self.aws_request_id = header["requestId"]
        vars(self).update(members)
        self.invoked_function_arn = header["invokedFunctionArn"]
        client_context = _parse(header.get("clientContext"), "Client Context")
        self._w3c = {} if client_context is None else _trace_of(client_context)
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity(_parse(header.get("cognitoIdentity"), "Cognito Identity") or {})
        self.tenant_id = header.get("tenantId")
        self._deadline_ms = header["deadlineMs"]
        self._log = log

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def w3c(self):
        """The trace of the caller, by W3C's names, if the client context holds it."""
        return dict(self._w3c)

    def log(self, message):
        self._log(str(message))

    def __repr__(self):
        return f"LambdaContext([{_members(self, [name for name in vars(self) if name[0] != '_'])}])"


def _trace_of(client_context):
    trace = client_context.get("w3c") if isinstance(client_context, dict) else None
    fields = trace if isinstance(trace, dict) else {}
    return {name: fields[name] for name in ("traceparent", "tracestate", "baggage") if isinstance(fields.get(name), str)}


def _members(record, names):
    return ",".join(f"{name}={getattr(record, name)}" for name in names)


def _parse(text, name):
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise Fault("LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}") from error
