"""One segment of a turn: what has come of it, what was asked for, and how that went. No word of its text.

running ──→ done, failed, cancelled
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

import orjson

from gateway.protocol.config import Voice
from gateway.upstreams.base import Format, Request

_KEPT_SETTINGS = 256


@dataclass(slots=True)
class Take:
    segment: int
    parts: list[bytes] = field(default_factory=list)
    counted: int = 0
    """Bytes of it that are counted among what is kept."""
    at: float = field(default_factory=time.time)
    """When it was asked for, in seconds since the epoch."""
    request: dict[str, Any] | None = None
    """Upstream's settings; None: a pause."""
    characters: int = 0
    span: tuple[int, int] = (0, 0)
    outcome: str = "running"
    error: dict[str, Any] | None = None
    """As `turn.failed` tells it."""
    trace_id: str | None = None
    """Upstream's, of the last attempt."""
    attempts: list[dict[str, str | None]] = field(default_factory=list)
    """Those before it: `trace_id` and the `code` with which each ended."""
    first_byte_ms: int | None = None
    duration_ms: int | None = None
    cached: bool = False

    @property
    def troubled(self) -> bool:
        """It failed, or was asked for again."""
        return self.error is not None or bool(self.attempts)

    @property
    def trace_ids(self) -> list[str]:
        told = [*(attempt["trace_id"] for attempt in self.attempts), self.trace_id]
        return [trace_id for trace_id in told if trace_id is not None]

    def ask(self, request: Request, span: tuple[int, int]) -> None:
        self.request = _settings(request.voice, request.language, request.format, words=request.words)
        self.characters, self.span = len(request.text), span

    def break_off(self, code: str, trace_id: str | None) -> None:
        """An attempt has failed, and another follows."""
        self.attempts.append({"trace_id": trace_id or self.trace_id, "code": code})
        self.trace_id = None


def packed(take: Take, *, borders: bool = False) -> bytes:
    """All but the audio. `borders`: where its parts end matters."""
    known = {name: getattr(take, name) for name in _KNOWN}
    return orjson.dumps(known | {_LENGTHS: [len(part) for part in take.parts]} if borders else known)


def unpacked(known: bytes, audio: bytes) -> Take:
    fields = orjson.loads(known)
    lengths = fields.pop(_LENGTHS, [len(audio)] if audio else [])
    return Take(parts=list(_cut(audio, lengths)), **fields)


def _cut(audio: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        yield audio[at : at + length]
        at += length


_LENGTHS = "lengths"
_KNOWN = [each.name for each in fields(Take) if each.name not in {"parts", "counted"}]


@lru_cache(_KEPT_SETTINGS)
def _settings(voice: Voice, language: str, form: Format, *, words: bool) -> dict[str, Any]:
    """Without the pronunciations: those are words of the text."""
    said = {name: value for name, value in asdict(voice).items() if name not in {"model", "pronunciation_dict"}}
    given = {name: value for name, value in said.items() if value is not None and value is not False}
    return {"model": voice.model, "voice": given, "language": language, "audio": asdict(form), "words": words}
