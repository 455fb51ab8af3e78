"""Reads a request's JSON as the service does: unknown keys are ignored, null is absence, a wrong type is refused."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.emulator.refusals import Refusal, mismatch, not_json


class Reader:
    """One JSON object of a body; `body` is kept to say where a value of the wrong type stands."""

    def __init__(self, values: Mapping[str, Any], body: str) -> None:
        self.values = values
        self.body = body

    def string(self, key: str, default: str = "") -> str:
        value = self._typed(key, str, "string")
        return default if value is None else value

    def integer(self, key: str, default: int) -> int:
        value = self._typed(key, int, "int64")
        return default if value is None else value

    def number(self, key: str, default: float) -> float:
        value = self.values.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._mismatch(key, "float64", value)
        return default if value is None else float(value)

    def boolean(self, key: str, *, default: bool = False) -> bool:
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self._mismatch(key, "bool", value)
        return default if value is None else value

    def below(self, key: str) -> "Reader":
        """The object at `key`; empty when there is none."""
        return Reader(self._typed(key, dict, "map") or {}, self.body)

    def objects(self, key: str) -> "list[Reader]":
        values = self._typed(key, list, "slice") or []
        if any(not isinstance(value, dict) for value in values):
            raise self._mismatch(key, "struct", values)
        return [Reader(value, self.body) for value in values]

    def strings(self, key: str) -> list[str]:
        values = self._typed(key, list, "slice") or []
        if any(not isinstance(value, str) for value in values):
            raise self._mismatch(key, "string", values)
        return list(values)

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def _typed(self, key: str, kind: type, name: str) -> Any:
        value = self.values.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self._mismatch(key, name, value)
        return value

    def _mismatch(self, key: str, wanted: str, value: Any) -> Refusal:
        found = re.search(rf'"{re.escape(key)}"\s*:\s*', self.body)
        return mismatch(wanted, _kind(value), self.body, found.end() if found else 0)


def read(body: str | bytes) -> Reader:
    """Raises `Refusal` unless the body is a JSON object."""
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise not_json() from error
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    if not isinstance(values, dict):
        raise mismatch("struct", _kind(values), text, 0)
    return Reader(values, text)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
