"""The events of one HTTP answer → what was spoken. Pure."""

from gateway.errors import UpstreamError
from gateway.text.billing import billable
from gateway.upstreams.base import Audio, Finished, Hear, Request, Traced, Word, Words
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import Chunks, Event, decode
from gateway.upstreams.t2a.sse import SseDecoder
from gateway.upstreams.t2a.subtitles import Subtitles

_END_MARK = b"[DONE]"
"""Documented nowhere, expected by some clients."""


class Answer:
    """Feed the body, cut anywhere, then `close` it.

    What one piece brings is told as one piece too, and what came before a refusal before that is raised.
    """

    def __init__(self, request: Request, trace_id: str | None, hear: Hear) -> None:
        """`trace_id` is the one of the response's headers, which was told; an event's own goes before it."""
        self._finished: Finished | None = None
        self._request = request
        self._trace_id = trace_id
        self._hear = hear
        self._decoder = SseDecoder()
        self._chunks = Chunks()
        self._subtitles = Subtitles()
        self._words: tuple[Word, ...] | None = None
        """Not told yet."""
        self._heard = False

    def feed(self, data: bytes) -> bool:
        """Whether the last event has come. Raises `UpstreamError` for a refusal and for a malformed answer."""
        self._take(self._decoder.feed(data))
        return self._finished is not None

    def close(self) -> Finished:
        """The body has ended. Raises `UpstreamError` when the answer was cut."""
        self._take(self._decoder.close())
        if self._finished is None:
            raise broken("Upstream's answer was cut.", self._trace_id)
        return self._finished

    def _take(self, payloads: list[bytes]) -> None:
        sound: list[bytes] = []
        try:
            for payload in payloads:
                if self._finished is not None or payload == _END_MARK:
                    continue
                audio = self._chunks.audio(payload)
                if audio is None:
                    audio = self._understand(decode(payload))
                elif self._trace_id is None:
                    self._name(self._chunks.trace_id)
                if audio:
                    self._heard = True
                    sound.append(audio)
        except UpstreamError as error:
            error.trace_id = error.trace_id or self._trace_id
            raise
        finally:
            self._tell(sound)

    def _understand(self, event: Event) -> bytes:
        """Its audio, as far as it is to be heard."""
        self._name(event.trace_id)
        if event.subtitle:
            self._words = self._subtitles.add(event.subtitle) or self._words
        audio = b"" if event.last and self._heard else event.audio
        if event.last:
            self._heard = self._heard or bool(audio)
            self._finish(event.billed_characters, event.duration_ms)
        return audio

    def _name(self, trace_id: str | None) -> None:
        if trace_id is not None and trace_id != self._trace_id:
            self._trace_id = trace_id
            self._hear(Traced(trace_id))

    def _tell(self, sound: list[bytes]) -> None:
        words, self._words = self._words, None
        if words:
            self._hear(Words(words))
        if sound:
            self._hear(Audio(sound[0] if len(sound) == 1 else b"".join(sound)))

    def _finish(self, billed: int | None, duration_ms: float | None) -> None:
        if not self._heard:
            raise broken("Upstream finished without any audio.", self._trace_id)
        if billed is None:
            billed = billable(self._request.text)
        self._finished = Finished(self._trace_id, billed, duration_ms)
