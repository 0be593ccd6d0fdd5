"""Finds the function that `_HANDLER` names. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""

import importlib
import sys

from .faults import Fault


def load_handler(name):
    """Takes `module.function`, where the module may be in a package: `folder/module.function`, `package.module.function`."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault("MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise Fault("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [where]) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise Fault("HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'") from error
