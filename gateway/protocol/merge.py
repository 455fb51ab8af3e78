"""Settings over settings: JSON merge patches (RFC 7396)."""

from collections.abc import Mapping
from typing import Any

Patch = Mapping[str, Any]
"""Null means back to the default."""


def merged(settings: Patch, patch: Patch) -> dict[str, Any]:
    result = dict(settings)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def named(voice: Patch) -> Patch:
    """A voice that is named takes the place of a mixture."""
    if voice.get("voice_id") is None or "timbre_weights" in voice:
        return voice
    return {**voice, "timbre_weights": None}
