"""Validators of untrusted JSON: each takes a value and its dotted path, gives the value back or raises `Refused`.

The message names what is allowed; the value itself is never repeated.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import orjson

from gateway.errors import Refused

Check = Callable[[Any, str], Any]
T = TypeVar("T")

LARGEST_ECHO = 256
TURN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def refuse(path: str, allowed: str) -> Refused:
    return Refused("bad_request", f"{path} must be {allowed}.", field=path)


def boolean(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise refuse(path, "true or false")


def integer(low: int, high: int) -> Check:
    def check(value: Any, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise refuse(path, f"a whole number from {low} to {high}")

    return check


def number(low: float, high: float = math.inf) -> Check:
    allowed = f"a number from {low:g} to {high:g}" if math.isfinite(high) else f"a number of at least {low:g}"

    def check(value: Any, path: str) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise refuse(path, allowed)

    return check


def real(value: Any, path: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise refuse(path, "a number")


def whole(value: Any, path: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise refuse(path, "a whole number")


def string(longest: int, shortest: int = 0) -> Check:
    def check(value: Any, path: str) -> str:
        if isinstance(value, str) and shortest <= len(value) <= longest:
            return value
        raise refuse(path, f"a string of {shortest} to {longest} characters")

    return check


def one_of(*choices: str) -> Check:
    def check(value: Any, path: str) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise refuse(path, "one of " + ", ".join(choices))

    return check


def turn_id(value: Any, path: str) -> str:
    if isinstance(value, str) and TURN_ID.fullmatch(value):
        return value
    raise refuse(path, "1 to 64 characters of A-Z a-z 0-9 _ . : -")


def mapping(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise refuse(path, "an object")


def small(value: Any, path: str) -> Any:
    """Anything that is given back as it came."""
    if len(orjson.dumps(value)) > LARGEST_ECHO:
        raise refuse(path, f"at most {LARGEST_ECHO} bytes of JSON")
    return value


def deep(value: Any, levels: int) -> bool:
    """Whether objects and lists stand deeper in each other than this."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(deep(each, levels - 1) for each in inner)


def none_or(check: Check) -> Check:
    return lambda value, path: None if value is None else check(value, path)


def list_of(check: Check, longest: int) -> Check:
    def checked(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= longest:
            raise refuse(path, f"a list of 1 to {longest} items")
        return tuple(check(item, f"{path}.{index}") for index, item in enumerate(value))

    return checked


def must(check: Check) -> Any:
    """A dataclass field that has to be given."""
    return dataclasses.field(metadata={"check": check})


def may(check: Check, default: Any = None) -> Any:
    """A dataclass field with a default."""
    return dataclasses.field(default=default, metadata={"check": check})


@cache
def _fields(kind: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(kind)}


def build(kind: type[T], given: Mapping[str, Any], path: str) -> T:
    """Check `given` field by field into a dataclass; an unknown key is refused."""
    known = _fields(kind)  # type: ignore[arg-type]
    for key in given.keys() - known.keys():
        raise refuse(path + key[:64], f"left out; known are {', '.join(known)}")
    for name, field in known.items():
        if name not in given and field.default is dataclasses.MISSING:
            raise refuse(path + name, "given")
    checked = {name: known[name].metadata["check"](given[name], path + name) for name in known if name in given}
    return kind(**checked)
