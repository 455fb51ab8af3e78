"""Faults by script: what goes wrong with which request, and what that does to its audio.

    delay      wait `ms` before answering              stall      after `at` bytes wait `ms` (none: for ever)
    error      refuse with `code`; with `at`, in mid-answer
    http       answer `status` with an HTML page       key        refuse the key, on a socket in `form`
    cut        reset the connection after `at` bytes; `torn` sends half of the next event before
    truncated  end cleanly after `at` bytes            missing_final  all audio, no final event
    bad_hex    the chunk after `at` bytes is not hex   odd        every chunk of odd length
    drip       write `bytes` at a time, each `ms` later
    none       let one request pass
    failed, expired   a long text is accepted and comes to this end; `delay` and `stall` hold it up

Of the account's calls `delay`, `error`, `http` and `key` are known, and `cut`: done, but the answer is lost.

Bytes are of audio, before it becomes hex.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from gateway.emulator.refusals import Refusal

Kind = Literal[
    "delay",
    "stall",
    "error",
    "http",
    "key",
    "cut",
    "truncated",
    "missing_final",
    "bad_hex",
    "odd",
    "drip",
    "none",
    "failed",
    "expired",
]
_SOCKETS = {"ws", "bidi"}
_SPEECH = {"http", *_SOCKETS}
SocketForm = Literal["upgrade_401", "frame_1004", "frame_2049"]


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    at: int | None = None
    ms: int | None = None
    code: int = 1000
    message: str = "unknown error"
    status: int = 502
    form: SocketForm | None = None
    torn: bool = False
    bytes: int = 64
    # which requests
    text: str | None = None
    """Only requests whose text has this in it."""
    endpoint: str | None = None
    """Only `http`, `ws` or `bidi`; None all three. Of the account's, only the one that is named: `clone`, `design`,
    `get_voice`, `delete_voice`, `upload`, `file`, `download`, `async` (a long text), `query` (its state).
    """
    probability: float = 1.0
    seed: int | None = None
    times: int | None = 1
    """How many requests; None all."""

    @property
    def refusal(self) -> Refusal:
        return Refusal(self.code, self.message)


@dataclass(slots=True)
class _Loaded:
    fault: Fault
    left: int | None
    dice: random.Random = field(default_factory=random.Random)


class Faults:
    """Each request takes the first fault that is meant for it."""

    def __init__(self) -> None:
        self._loaded: list[_Loaded] = []

    def load(self, faults: list[Fault]) -> None:
        for fault in faults:
            self._loaded.append(_Loaded(fault, fault.times, random.Random(fault.seed)))  # noqa: S311 - not a secret

    def clear(self) -> None:
        self._loaded.clear()

    def take(self, endpoint: str, text: str, *, upgrade: bool = False) -> Fault | None:
        """`upgrade` asks for what befalls a connection before its first text."""
        for loaded in self._loaded:
            if _meant(loaded, endpoint, text, upgrade=upgrade):
                if loaded.left is not None:
                    loaded.left -= 1
                self._loaded = [each for each in self._loaded if each.left != 0]
                return loaded.fault
        return None


def _meant(loaded: _Loaded, endpoint: str, text: str, *, upgrade: bool) -> bool:
    fault = loaded.fault
    if fault.endpoint != endpoint and (fault.endpoint is not None or endpoint not in _SPEECH):
        return False
    of_connections = fault.kind in {"key", "http"}
    if endpoint in _SOCKETS and of_connections != upgrade:
        return False
    if fault.text is not None and fault.text not in text:
        return False
    return fault.probability >= 1 or loaded.dice.random() < fault.probability


def fault_of(values: dict[str, Any]) -> Fault:
    """Raises ValueError for an unknown kind, key or form."""
    try:
        fault = Fault(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if fault.kind not in get_args(Kind):
        raise ValueError("unknown kind of fault")
    if fault.form is not None and fault.form not in get_args(SocketForm):
        raise ValueError("unknown form of a refused key")
    return fault


@dataclass(frozen=True, slots=True)
class Garbled:
    """These bytes go out as something that is not hex."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset; `data` would have come next."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer ends cleanly, without its final event."""


Damaged = bytes | Garbled | Cut | Ended | Refusal


async def damaged(chunks: AsyncGenerator[bytes, None], fault: Fault | None) -> AsyncGenerator[Damaged, None]:
    """The audio as it goes out. Nothing follows a `Cut`, an `Ended` or a `Refusal`. Closes `chunks`."""
    left = _strikes_after(fault)
    async with aclosing(odd_chunks(chunks) if fault and fault.kind == "odd" else chunks) as source:
        async for chunk in source:
            if fault is None or left is None or len(chunk) <= left:
                left = None if left is None else left - len(chunk)
                yield chunk
                continue
            if left:
                yield chunk[:left]
            harm = await _harm(fault, chunk[left:])
            yield harm
            if not isinstance(harm, bytes | Garbled):
                return
            left = None
    if fault and fault.kind == "missing_final":
        yield Ended()


def _strikes_after(fault: Fault | None) -> int | None:
    """Bytes that go out whole; None all of them."""
    if fault is None or fault.kind not in {"stall", "cut", "truncated", "bad_hex", "error"}:
        return None
    return fault.at or 0


async def _harm(fault: Fault, rest: bytes) -> Damaged:
    match fault.kind:
        case "cut":
            return Cut(rest if fault.torn else b"")
        case "truncated":
            return Ended()
        case "bad_hex":
            return Garbled(rest)
        case "error":
            return fault.refusal
        case _:
            await _stall(fault.ms)
            return rest


async def _stall(ms: int | None) -> None:
    if ms is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(ms / 1000)


async def odd_chunks(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same bytes, every chunk but perhaps the last of odd length. Closes `chunks`."""
    held = b""
    async with aclosing(chunks):
        async for chunk in chunks:
            held += chunk
            size = len(held) - 1 + len(held) % 2
            if size > 0:
                yield held[:size]
                held = held[size:]
    if held:
        yield held
