"""An event → its JSON on the wire.

A field that is None is left out; a trailing underscore (`from_`) is not part of the name on the wire.
"""

import dataclasses
from functools import cache
from typing import Any

import orjson

from gateway.protocol.events import Event


def encode(event: Event, seq: int | None = None, limit: int | None = None) -> bytes:
    """JSON of one message. One that would exceed `limit` bytes leaves out texts; spans stay."""
    fields: dict[str, Any] = {"type": event.type} if seq is None else {"type": event.type, "seq": seq}
    for attribute, name in _names(type(event)):  # type: ignore[arg-type]
        value = getattr(event, attribute)
        if value is not None:
            fields[name] = value
    data = orjson.dumps(fields)
    if limit is not None and len(data) > limit:
        data = orjson.dumps(_without_texts(orjson.loads(data)))
    return data


@cache
def _names(kind: type[Event]) -> tuple[tuple[str, str], ...]:
    """Attributes, and their names on the wire."""
    return tuple((field.name, field.name.rstrip("_")) for field in dataclasses.fields(kind))


def _without_texts(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_texts(value) if isinstance(value, dict) else value
        for key, value in fields.items()
        if key != "text"
    }
