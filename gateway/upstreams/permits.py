"""Where gateways that use the same key keep its rates."""

from dataclasses import dataclass
from typing import Protocol

from gateway.upstreams.governor import Level


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a key. `refusing`: the error of whoever asks it, for `refusing_s` more."""

    granted: bool
    requests: Level
    characters: Level
    refusing: str
    refusing_s: float


class Permits(Protocol):
    """Of one key. Raises `Refused` while the store is away."""

    @property
    def away(self) -> bool:
        """Whether it was a moment ago, so that it is not worth waiting for."""

    async def take(self, characters: int) -> Told:
        """One request of so many characters may go, or may not yet."""

    async def failed(self, *, requests: bool, characters: bool, refusing: str, for_s: float) -> None:
        """Let the rates give way, and leave the key alone where `refusing` says why."""
