"""The events of one HTTP answer → what was spoken. Pure."""

from collections.abc import Iterator

from gateway.errors import UpstreamError
from gateway.text.billing import billable
from gateway.upstreams.base import Audio, Finished, Request
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import decode
from gateway.upstreams.t2a.sse import SseDecoder

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
        self._heard = False

    def feed(self, data: bytes) -> Iterator[Audio]:
        """Raises `UpstreamError` for a refusal and for a malformed answer."""
        return self._take(self._decoder.feed(data))

    def take(self, data: bytes) -> tuple[bytes, UpstreamError | None]:
        """The same as one piece: all the audio that came at once, and the refusal behind it."""
        heard: list[bytes] = []
        try:
            heard.extend(audio.data for audio in self.feed(data))
        except UpstreamError as error:
            return b"".join(heard), error
        return heard[0] if len(heard) == 1 else b"".join(heard), None

    def close(self) -> Iterator[Audio]:
        """The body has ended. Raises `UpstreamError` when the answer was cut."""
        yield from self._take(self._decoder.close())
        if self.finished is None:
            raise broken("Upstream's answer was cut.", self._trace_id)

    def _take(self, payloads: list[bytes]) -> Iterator[Audio]:
        for payload in payloads:
            if audio := self._hear(payload):
                yield audio

    def _hear(self, payload: bytes) -> Audio | None:
        if self.finished is not None or payload == _END_MARK:
            return None
        try:
            event = decode(payload)
        except UpstreamError as error:
            error.trace_id = error.trace_id or self._trace_id
            raise
        self._trace_id = event.trace_id or self._trace_id
        repeated = event.last and self._heard
        self._heard = self._heard or bool(event.audio)
        if event.last:
            self._finish(event.billed_characters, event.duration_ms)
        return Audio(event.audio) if event.audio and not repeated else None

    def _finish(self, billed: int | None, duration_ms: float | None) -> None:
        if not self._heard:
            raise broken("Upstream finished without any audio.", self._trace_id)
        if billed is None:
            billed = billable(self._request.text)
        self.finished = Finished(self._trace_id, billed, duration_ms)
