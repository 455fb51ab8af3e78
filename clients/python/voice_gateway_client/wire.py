"""Bytes and JSON of the wire to values. Pure.

A binary message, little-endian, then the payload:

0  u8   kind      1 streamed audio, 2 a piece of a file
1  u8   flags     1 from cache
2  u16  segment
4  u32  turn handle
8  u32  seq
12 u32  position
"""

import dataclasses
import functools
import json
import struct
import types
import typing
from collections.abc import Mapping
from typing import Any

from voice_gateway_client.messages import AudioFrame, Message

HEADER = struct.Struct("<BBHIII")
CACHED = 1

KINDS: dict[str, Any] = {kind.type: kind for kind in typing.get_args(Message)}


class WireError(ValueError):
    """What came is not of this protocol."""


def parse_frame(data: bytes) -> tuple[int, AudioFrame]:
    """The turn's handle and the frame. Raises `WireError`."""
    if len(data) < HEADER.size:
        raise WireError("A binary message is shorter than its header.")
    kind, flags, segment, handle, seq, position = HEADER.unpack_from(data)
    return handle, AudioFrame(data[HEADER.size :], seq, position, segment, kind, cached=bool(flags & CACHED))


def parse_message(raw: str) -> Message | None:
    """One text message; None for a type that this version does not know. Raises `WireError`."""
    return read_message(raw)[1]


def read_message(raw: str) -> tuple[int, Message | None]:
    """The message, and up to which number of the journal it reaches; 0 for an answer. Raises `WireError`."""
    try:
        given = json.loads(raw)
    except ValueError:
        raise WireError("A text message is not JSON.") from None
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise WireError("A text message has no type.")
    kind = KINDS.get(given["type"])
    message: Message | None = None if kind is None else _built(kind, given, given["type"])
    number = given.get("to_seq" if given["type"] == "skipped" else "seq", 0)
    if not isinstance(number, int):
        raise WireError("A number of the journal has the wrong type.")
    return number, message


def encode(type_: str, **fields: Any) -> str:
    """One message to the gateway; fields that are None stay out, and half characters (lone surrogates) become `?`.

    Raises `TypeError` for what is not JSON.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    raw = json.dumps({"type": type_, **given}, ensure_ascii=False, separators=(",", ":"))
    return raw.encode(errors="replace").decode()


@functools.cache
def _fields(kind: Any) -> list[tuple[str, Any, bool]]:
    hints = typing.get_type_hints(kind)
    return [
        (field.name, _present(hints[field.name]), field.default is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
    ]


def _present(hint: Any) -> Any:
    """What is left of `hint` where the field is there: without its None."""
    parts = [part for part in typing.get_args(hint) if part is not types.NoneType]
    return parts[0] if isinstance(hint, types.UnionType) and len(parts) == 1 else hint


def _built(kind: Any, given: Mapping[str, Any], path: str) -> Any:
    values = {}
    for name, hint, required in _fields(kind):
        value = given.get(name.rstrip("_"))
        if value is not None:
            values[name] = _checked(hint, value, f"{path}: {name}")
        elif required:
            raise WireError(f"{path}: {name} is missing.")
    return kind(**values)


def _checked(hint: Any, value: Any, path: str) -> Any:
    """`value` as `hint` says; objects and pairs become dataclasses and tuples."""
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _built(hint, value, path)
    if typing.get_origin(hint) is tuple and isinstance(value, list):
        parts = _parts(typing.get_args(hint), len(value))
        if len(parts) == len(value):
            return tuple(_checked(part, item, path) for part, item in zip(parts, value, strict=True))
    allowed = _allowed(hint)
    if bool in allowed if isinstance(value, bool) else isinstance(value, allowed):
        return value
    raise WireError(f"{path} has the wrong type.")


def _parts(args: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    """`int, ...` is as long as the value."""
    return args[:1] * length if args[1:] == (...,) else args


@functools.cache
def _allowed(hint: Any) -> tuple[type, ...]:
    if isinstance(hint, types.UnionType):
        return tuple(kind for part in typing.get_args(hint) for kind in _allowed(part))
    if hint is float:
        return (int, float)
    if dataclasses.is_dataclass(hint) or typing.get_origin(hint) is tuple:
        return ()
    return (typing.get_origin(hint) or hint,)
