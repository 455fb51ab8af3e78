"""Ask again for a segment that was refused or lost, without saying a word twice."""

import asyncio
import dataclasses
import logging
import random
from collections.abc import Callable
from typing import assert_never

from gateway.audio.splice import Continued
from gateway.audio.splice_mp3 import ContinuedMp3
from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Format, Hear, Heard, Request, Retried, Traced, Upstream, Word, Words
from gateway.upstreams.governed import NotAsked
from gateway.upstreams.valve import Valve

TRIES = 3

log = logging.getLogger(__name__)


def jittered(failed: int) -> float:
    """Seconds to wait after the nth failure: 0.1–0.2, 0.2–0.4, …, up to 1."""
    return min(1.0, 0.1 * (1 << failed)) * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy


class Attempts:
    """What to do after each failure of one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        """As it is to be asked next."""
        self.failed = 0

    def after(self, error: UpstreamError, *, resumable: bool) -> Retried | None:
        """None: give up. `resumable`: what was already heard can be gone on from."""
        if not resumable:
            return None
        if error.field == "voice.emotion" and self.request.voice.emotion is not None:
            voice = dataclasses.replace(self.request.voice, emotion=None)
            self.request = dataclasses.replace(self.request, voice=voice)
            return Retried(error.code, "without_emotion", error.trace_id)
        self.failed += 1
        if not error.retryable or isinstance(error, NotAsked) or self.failed >= TRIES:
            return None
        return Retried(error.code, "again", error.trace_id)


class Retrying:
    """An `Upstream` around one. PCM and MP3 go on after a break; of FLAC a begun answer is final."""

    def __init__(self, inner: Upstream, pause: Callable[[int], float] = jittered) -> None:
        self._inner = inner
        self._pause = pause

    async def speak(self, request: Request, hear: Hear, valve: Valve) -> Finished:
        attempts = Attempts(request)
        sound = Sound(request, hear)
        while True:
            try:
                finished = await self._inner.speak(attempts.request, sound.hear, valve)
            except UpstreamError as error:
                error.trace_id = error.trace_id or sound.trace_id
                log.info("« %s, code %s, trace %r", error.code, error.upstream_code, error.trace_id)
                retried = attempts.after(error, resumable=sound.break_off())
                if retried is None:
                    raise
            else:
                sound.close()
                return finished
            hear(retried)
            await asyncio.sleep(self._pause(attempts.failed) if retried.reason == "again" else 0)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Sound:
    """What was heard of a request so far, whatever its codec."""

    def __init__(self, request: Request, hear: Hear) -> None:
        self.trace_id: str | None = None
        """Of the answer that is under way: what cuts it does not tell."""
        self._hear = hear
        self._continued = _continued(request.format)
        self._begun = False
        self._told: tuple[Word, ...] = ()
        """The current attempt's words, as it told them."""
        self._words: tuple[Word, ...] = ()
        """Where they are heard."""
        self._kept: tuple[Word, ...] = ()
        """Those that were said before the last break."""

    def go_on(self, heard_ms: float, tail: bytes) -> bool:
        """The request was asked before, by another process; False where it cannot be gone on with. `tail`: the end of
        what was heard, where that is known.
        """
        if self._continued is None:
            return False
        self._begun = True
        self._continued.go_on(heard_ms, tail)
        return True

    def hear(self, event: Heard) -> None:
        match event:
            case Audio() if self._continued is not None:
                self._begun = True
                data, samples = self._continued.feed(event.data)
                if data:
                    self._hear(Audio(data, event.cached, samples))
            case Words(words=words):
                self._hear(Words(self._placed(words)))
            case Traced() | Retried():
                self.trace_id = event.trace_id if isinstance(event, Traced) else None
                self._hear(event)
            case _:
                self._begun = self._begun or isinstance(event, Audio)
                self._hear(event)

    def break_off(self) -> bool:
        """Whether another attempt may follow."""
        self.trace_id = None
        if self._continued is None:
            return not self._begun
        self._continued.break_off()
        broken_ms = self._continued.heard_ms
        self._kept = tuple(word for word in self._words if word.to_ms <= broken_ms)
        return True

    def _placed(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """An attempt's words where they are heard: those before a break stay, the others move with their sound."""
        shift_ms = self._continued.shift_ms if self._continued else 0.0
        moved = (Word(text, from_ms + shift_ms, to_ms + shift_ms) for text, from_ms, to_ms in words[len(self._kept) :])
        self._told = words
        self._words = (*self._kept, *moved)
        return self._words

    def close(self) -> None:
        """The text was spoken: tell the rest, and the words once more where a joint, made after they were told, has
        moved their sound.
        """
        data, samples = (b"", 0) if self._continued is None else self._continued.close()
        if data:
            self._hear(Audio(data, samples=samples))
        before = self._words
        if self._placed(self._told) != before:
            self._hear(Words(self._words))


def _continued(form: Format) -> Continued | ContinuedMp3 | None:
    match form.codec:
        case "pcm":
            return Continued(form.rate, form.channels)
        case "mp3":
            return ContinuedMp3(form.rate)
        case "flac":
            return None
        case _:
            assert_never(form.codec)
