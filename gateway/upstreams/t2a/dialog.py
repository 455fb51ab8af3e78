"""What is common to both WebSockets: one segment at a time, and what of it has been heard. Pure.

» connection                        « connected_success
» task_start                        « task_started
» the dialog's frames for a text    « task_continued …        (bidi.py, classic.py)
"""

from collections.abc import Sequence
from typing import Protocol

import orjson

from gateway.text.billing import billable
from gateway.upstreams.base import Audio, Finished, Heard, Request, Words
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import Event
from gateway.upstreams.t2a.subtitles import Subtitles

IDLE_TIMEOUT = 2201
"""Nothing was asked for 120 s: the connection is over, what is asked next needs another."""
EMPTY_TEXT = 2203
SOFT = frozenset({EMPTY_TEXT, 2204, 2205})
"""Codes about one text, after which the connection goes on: empty, too long, too many queued."""


Spoken = Heard | Finished


class Dialog(Protocol):
    """One connection's, after `task_started`."""

    keep_s: float
    """For how long an unused connection stays good."""

    @property
    def settled(self) -> bool:
        """Nothing more will come; another text may be asked."""

    def ask(self, request: Request) -> Sequence[bytes]:
        """The messages that have a text spoken."""

    def hear(self, message: bytes) -> list[Spoken]:
        """`Finished` is the text's last. Raises `UpstreamError`; after a soft one the connection goes on."""

    def cancel(self) -> Sequence[bytes] | None:
        """The messages that stop a text; `hear` on until `settled`. None: only closing does."""


class Tally:
    """What one text has brought."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._subtitles = Subtitles()
        self._heard = 0
        self._first = b""
        self._trace_id: str | None = None
        self._billed: int | None = None
        self._duration_ms: float | None = None

    @property
    def begun(self) -> bool:
        return self._heard > 0

    def add(self, event: Event) -> list[Spoken]:
        self._trace_id = event.trace_id or self._trace_id
        if event.last:
            self._bill(event)
        words = self._subtitles.add(event.subtitle) if event.subtitle else None
        told: list[Spoken] = [Words(words)] if words else []
        if not event.audio or (event.last and self._repeats(event.audio)):
            return told
        self._first = self._first or event.audio
        self._heard += len(event.audio)
        return [*told, Audio(event.audio)]

    def finish(self, *, empty: bool = False) -> Finished:
        """`empty`: upstream had nothing to say and said so; it bills nothing."""
        if not self._heard and not empty:
            raise broken("Upstream finished without any audio.", self._trace_id)
        billed = self._billed
        if billed is None:
            billed = 0 if empty else billable(self._request.text)
        return Finished(self._trace_id, billed, self._duration_ms)

    def _bill(self, event: Event) -> None:
        """Of a text that upstream has split, each part is billed by itself."""
        if event.billed_characters is not None:
            self._billed = (self._billed or 0) + event.billed_characters
        if event.duration_ms is not None:
            self._duration_ms = (self._duration_ms or 0.0) + event.duration_ms

    def _repeats(self, audio: bytes) -> bool:
        """Last events are empty, hold the last piece, or repeat the whole: the documents show each."""
        return self.begun and len(audio) >= self._heard and audio.startswith(self._first)


def message(event: str, **fields: str) -> bytes:
    return orjson.dumps({"event": event, **fields})
