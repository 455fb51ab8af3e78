"""A session of which nothing speaks or sounds: all there is to know of it, but for the turns that have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.access.rights import Rights


@dataclass(frozen=True, slots=True)
class Rest:
    given: dict[str, Any]
    """Its settings, as they were given."""
    ignored: list[str]
    rights: Rights
    last_n: int | None
    handles: int
    """Turns so far."""
    languages: dict[str, str | None]
    """Tracks, and what was heard last on each."""
    legacy: Sequence[str] = ()
    """Models of which the client was told that they are."""
