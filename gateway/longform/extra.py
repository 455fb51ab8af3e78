"""The libraries of the `longform` extra, which need not be there."""

from importlib import import_module
from typing import Any

from gateway.errors import Refused


def library(module: str, what: str) -> Any:
    """Raises `Refused` where it is not installed. `what` needs it."""
    try:
        return import_module(module)
    except ImportError:
        message = f'{what} needs the gateway\'s `longform` extra: pip install "voice-gateway[longform]".'
        raise Refused("bad_request", message, field="file") from None
