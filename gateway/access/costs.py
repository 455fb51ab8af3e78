"""What a turn cost, and which voices and models it cost it with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.protocol.events import Terminal, TurnDone
from gateway.text.billing import billable

NOBODY: Mapping[str, "Spent"] = MappingProxyType({})
"""No voice or model."""
FEES = "(fees)"
"""In the place of a model: what none is paid for."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Billable characters of turns: what is billed or cached is heard or not; `wasted` was billed and not heard.

    `cost` is an estimate in micro-dollars; `unpriced` were billed by models of which no price is known, and are not in
    it.
    """

    turns: int = 0
    billed: int = 0
    heard: int = 0
    wasted: int = 0
    cached: int = 0
    cost: int = 0
    unpriced: int = 0

    def __iter__(self) -> Iterator[int]:
        return (getattr(self, name) for name in Spent.__slots__)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*map(sum, zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Share:
    """A segment's. `voice` as the client knows it; `cost` in micro-dollars, None without a known price."""

    voice: str
    model: str
    billed: int
    cached: int
    cost: int | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What is booked at once: the whole, and the parts of it by voice and by model. A fee has no model."""

    cost: Spent
    voices: Mapping[str, Spent] = field(default_factory=dict)
    models: Mapping[str, Spent] = field(default_factory=dict)


def bill(terminal: Terminal, shares: Sequence[Share]) -> Bill:
    """Of a turn. `shares` in the order of its text."""
    whole, voices, models = Spent(1), dict[str, Spent](), dict[str, Spent]()
    left = _heard(terminal, shares)
    for share in shares:
        given = share.billed + share.cached
        heard = min(given, left)
        left -= heard
        cost = _spent(share, heard, wasted=0 if isinstance(terminal, TurnDone) else min(share.billed, given - heard))
        whole += cost
        if given:
            voices[share.voice] = voices.get(share.voice, Spent(1)) + cost
            models[share.model] = models.get(share.model, Spent(1)) + cost
    return Bill(whole, voices, models)


def delivered(voice: str, model: str | None, characters: int, cost: int | None) -> Bill:
    """Of what is nobody's turn: a book, a preview. `cost` in micro-dollars, None without a known price."""
    spent = Spent(billed=characters, heard=characters, cost=cost or 0, unpriced=characters if cost is None else 0)
    return Bill(spent, {voice: spent}, {} if model is None else {model: spent})


def _heard(terminal: Terminal, shares: Iterable[Share]) -> int:
    """A turn that is done was heard; of one that went into the cache only nothing is heard or wasted. What was heard
    of another is its beginning.
    """
    if isinstance(terminal, TurnDone):
        return sum(share.billed + share.cached for share in shares) if terminal.bytes else 0
    return billable(terminal.heard.text or "")


def _spent(share: Share, heard: int, wasted: int) -> Spent:
    cost, unpriced = (0, share.billed) if share.cost is None else (share.cost, 0)
    return Spent(0, share.billed, heard, wasted, share.cached, cost, unpriced)
