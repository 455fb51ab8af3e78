"""Validators of untrusted JSON: each takes a value and its dotted path, gives the value back or raises `Refused`.

The message names what is allowed and, where one can tell, the nearest good value; the value itself is never repeated.
"""

import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

import orjson

from gateway.errors import Refused

Check = Callable[[Any, str], Any]
T = TypeVar("T")

LARGEST_ECHO = 256
LONGEST_NAME = 64
"""What is longer is no misspelt name, and not worth comparing."""
LEAST_BEGUN = 3
"""A name is recognised by its beginning, from so many characters on."""
_CONTAINERS = (dict, list)
TURN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def refuse(path: str, allowed: str, hint: str = "") -> Refused:
    """`hint` leads to a good value: `closest` and `nearest` make one."""
    return Refused("bad_request", f"{path} must be {allowed}{hint or '.'}", field=path)


def nearest(value: Any) -> str:
    return f"; {value:g} is the nearest." if isinstance(value, float) else f"; {value} is the nearest."


def closest(value: Any, choices: Iterable[str]) -> str:
    """The name that was probably meant; nothing where none is alike."""
    if not isinstance(value, str):
        return ""
    said = value[:LONGEST_NAME].casefold()
    by_folded = {choice.casefold(): choice for choice in choices}
    begun = [choice for choice in by_folded if choice.startswith(said)] if len(said) >= LEAST_BEGUN else []
    alike = begun or difflib.get_close_matches(said, by_folded, 1)
    return f"; did you mean {by_folded[alike[0]]}?" if alike else ""


def boolean(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise refuse(path, "true or false")


def integer(low: int, high: int) -> Check:
    def check(value: Any, path: str) -> int:
        found = _whole(value)
        if found is not None and low <= found <= high:
            return found
        hint = nearest(round(min(max(value, low), high))) if _is_number(value) else ""
        raise refuse(path, f"a whole number from {low} to {high}", hint)

    return check


def number(low: float, high: float = math.inf, *, above: float | None = None) -> Check:
    """With `above` the low end itself is outside; `above` is what is offered in its place."""
    allowed = f"a number from {low:g} to {high:g}" if math.isfinite(high) else f"a number of at least {low:g}"
    if above is not None:
        allowed = f"a number above {low:g}, up to {high:g}"

    def check(value: Any, path: str) -> float:
        if not _is_number(value):
            raise refuse(path, allowed)
        if value < low or value > high or (above is not None and value == low):
            raise refuse(path, allowed, nearest(float(high if value > high else low if above is None else above)))
        return float(value)

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> int | None:
    """`2.0` is 2."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def whole(example: int) -> Check:
    """Where what is allowed depends on something else."""

    def check(value: Any, path: str) -> int:
        found = _whole(value)
        if found is None:
            raise refuse(path, f"a whole number, such as {example}")
        return found

    return check


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
        raise refuse(path, "one of " + ", ".join(choices), closest(value, choices))

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
    if not isinstance(value, _CONTAINERS):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(deep(each, levels - 1) for each in inner if isinstance(each, _CONTAINERS))


def none_or(check: Check) -> Check:
    return lambda value, path: None if value is None else check(value, path)


def list_of(check: Check, longest: int) -> Check:
    def checked(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= longest:
            raise refuse(path, f"a list of 1 to {longest} items")
        return tuple(check(item, f"{path}.{index}") for index, item in enumerate(value))

    return checked


def part(kind: type[Any]) -> Check:
    """An object within a message."""
    return lambda value, path: build(kind, mapping(value, path), path + ".")


def must(check: Check) -> Any:
    """A dataclass field that has to be given."""
    return dataclasses.field(metadata={"check": check})


def may(check: Check, default: Any = None, *, shown: bool = True) -> Any:
    """A dataclass field with a default; one that is not `shown` stays out of its `repr`."""
    return dataclasses.field(default=default, metadata={"check": check}, repr=shown)


@cache
def _fields(kind: type[Any]) -> dict[str, tuple[str, Check]]:
    """Attributes and their checks by their names on the wire: a trailing underscore (`from_`) is not part of them."""
    return {field.name.rstrip("_"): (field.name, field.metadata["check"]) for field in dataclasses.fields(kind)}


@cache
def _needed(kind: type[Any]) -> dict[str, str]:
    """Names on the wire, by attribute, of what has to be given."""
    fields = dataclasses.fields(kind)
    return {field.name: field.name.rstrip("_") for field in fields if field.default is dataclasses.MISSING}


def build(kind: type[T], given: Mapping[str, Any], path: str) -> T:
    """Check `given` field by field into a dataclass; an unknown key is refused."""
    values = checked(kind, given, path)
    for attribute, name in _needed(kind).items():  # type: ignore[arg-type]
        if attribute not in values:
            raise refuse(path + name, "given")
    return kind(**values)


def checked(kind: type[Any], given: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values that are given for a dataclass's fields."""
    known = _fields(kind)  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise refuse(path + key[:LONGEST_NAME], f"left out; known are {', '.join(known)}", closest(key, known))
    values = {}
    for name, value in given.items():
        attribute, check = known[name]
        values[attribute] = check(value, path + name)
    return values
