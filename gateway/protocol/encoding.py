"""An event → its JSON on the wire.

A field that is None is left out; a trailing underscore (`from_`) is not part of the name on the wire.
"""

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import orjson

from gateway.protocol.events import Event


def encode(event: Event, seq: int | None = None, limit: int | None = None) -> bytes:
    """JSON of one message. One that would exceed `limit` bytes leaves out texts; spans stay."""
    names, values = _fields(type(event))  # type: ignore[arg-type]
    said = zip(names, (event.type, seq, *values(event)), strict=True)
    data = orjson.dumps({name: value for name, value in said if value is not None})
    if limit is not None and len(data) > limit:
        data = orjson.dumps(_without_texts(orjson.loads(data)))
    return _small(data)


def encode_without_texts(event: Event) -> bytes:
    return _small(orjson.dumps(_without_texts(orjson.loads(encode(event)))))


def _small(data: bytes) -> bytes:
    """In as many bytes as it has: orjson's own take 4 KiB each as long as they are kept."""
    return memoryview(data).tobytes()


@cache
def _fields(kind: type[Event]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]:
    """All names on the wire, and the values of those that stand in the event."""
    attributes = [field.name for field in dataclasses.fields(kind)]
    return ("type", "seq", *(name.rstrip("_") for name in attributes)), attrgetter(*attributes)


def _without_texts(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_texts(value) if isinstance(value, dict) else value
        for key, value in fields.items()
        if key != "text"
    }
