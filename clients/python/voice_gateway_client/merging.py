"""Merge patches (RFC 7396). Pure."""

from collections.abc import Mapping
from typing import Any


def merged(settings: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` changed by `patch`; None takes a key away."""
    result = dict(settings)
    for key, value in patch.items():
        before = result.pop(key, None)
        if isinstance(value, Mapping):
            result[key] = merged(before if isinstance(before, Mapping) else {}, value)
        elif value is not None:
            result[key] = value
    return result
