"""The events of one HTTP answer → what was spoken. Pure."""

from collections.abc import Iterator

from gateway.errors import UpstreamError
from gateway.text.billing import billable
from gateway.upstreams.base import Audio, Finished, Request, Words
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import Event, decode
from gateway.upstreams.t2a.sse import SseDecoder
from gateway.upstreams.t2a.subtitles import Subtitles

_END_MARK = b"[DONE]"
"""Documented nowhere, expected by some clients."""


class Answer:
    """Feed the body, cut anywhere; `finished` is set once the last event has come.

    `feed` and `close` give audio as they go: what came before a refusal in the same bytes is heard before
    it is raised.
    """

    def __init__(self, request: Request, trace_id: str | None) -> None:
        """`trace_id` is the one of the response's headers; an event's own goes before it."""
        self.finished: Finished | None = None
        self._request = request
        self._trace_id = trace_id
        self._decoder = SseDecoder()
        self._subtitles = Subtitles()
        self._heard = False

    def feed(self, data: bytes) -> Iterator[Audio | Words]:
        """Raises `UpstreamError` for a refusal and for a malformed answer."""
        return self._take(self._decoder.feed(data))

    def take(self, data: bytes) -> tuple[bytes, Words | None, UpstreamError | None]:
        """The same as one piece: all the audio that came at once, the words by now, and the refusal behind it."""
        heard: list[bytes] = []
        words = problem = None
        try:
            for event in self.feed(data):
                if isinstance(event, Audio):
                    heard.append(event.data)
                else:
                    words = event
        except UpstreamError as error:
            problem = error
        return heard[0] if len(heard) == 1 else b"".join(heard), words, problem

    def close(self) -> Iterator[Audio | Words]:
        """The body has ended. Raises `UpstreamError` when the answer was cut."""
        yield from self._take(self._decoder.close())
        if self.finished is None:
            raise broken("Upstream's answer was cut.", self._trace_id)

    def _take(self, payloads: list[bytes]) -> Iterator[Audio | Words]:
        for payload in payloads:
            if self.finished is not None or payload == _END_MARK:
                continue
            event = self._decode(payload)
            repeated = event.last and self._heard
            self._heard = self._heard or bool(event.audio)
            if event.subtitle and (words := self._subtitles.add(event.subtitle)):
                yield Words(words)
            if event.audio and not repeated:
                yield Audio(event.audio)
            if event.last:
                self._finish(event.billed_characters, event.duration_ms)

    def _decode(self, payload: bytes) -> Event:
        try:
            event = decode(payload)
        except UpstreamError as error:
            error.trace_id = error.trace_id or self._trace_id
            raise
        self._trace_id = event.trace_id or self._trace_id
        return event

    def _finish(self, billed: int | None, duration_ms: float | None) -> None:
        if not self._heard:
            raise broken("Upstream finished without any audio.", self._trace_id)
        if billed is None:
            billed = billable(self._request.text)
        self.finished = Finished(self._trace_id, billed, duration_ms)
