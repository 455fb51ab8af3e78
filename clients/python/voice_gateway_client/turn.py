"""One reply that is being spoken.

open ──→ over      with a `result`, or with an error: refused, session lost, or its text broke off

Whoever made the turn takes its audio, as it comes:

    async for frame in turn: ...            AudioFrame after AudioFrame
    async for event in turn.events(): ...   and what lies between them

or gives it up: `cancel` and `wait` throw away what is not taken. A turn that is neither taken nor given up fills the
client's buffer and then holds up the turns behind it.
`words` and `mouth` keep what was told, to be asked for any time of the turn's audio clock.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, Protocol

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    AudioFormat,
    AudioFrame,
    Captions,
    Configured,
    Gap,
    Lip,
    Result,
    SegmentStarted,
    TurnDone,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from voice_gateway_client.mouth import Mouth
from voice_gateway_client.pieces import Source, hand_on
from voice_gateway_client.room import Room
from voice_gateway_client.words import Words


class Send(Protocol):
    def __call__(self, type_: str, /, **fields: object) -> Awaitable[None]:
        """One message, as soon as there is a connection. Raises `VoiceError` when there will be none."""


class Ask(Protocol):
    def __call__(self, type_: str, /, **fields: object) -> Awaitable[Configured | Result]:
        """One message, and the gateway's answer. Raises `VoiceError`."""


class Turn:
    """Made by `VoiceClient.speak` and `VoiceClient.open`."""

    def __init__(self, turn_id: str, send: Send, report: Send, ask: Ask, room: Room) -> None:
        self.id = turn_id
        self.audio: AudioFormat | None = None
        """Known from the first frame on."""
        self.result: Result | None = None
        self.handle: int | None = None
        """Known once the gateway has accepted the turn."""
        self.segments: list[SegmentStarted] = []
        self.gaps: list[Gap] = []
        """What of the sound was lost; nearly always nothing, even where the connection was cut."""
        self.words = Words()
        """Filled with `captions: "words"` in the session's config."""
        self.mouth = Mouth()
        """Moves with `lip: True` there."""
        self._send = send
        self._report = report
        self._ask = ask
        self._room = room
        self._untaken: deque[tuple[TurnEvent, int]] = deque()
        self._next_position: int | None = 0
        self._bytes = 0
        self._discarding = False
        self._error: BaseException | None = None
        self._over = asyncio.Event()
        self._news = asyncio.Event()
        self._feeding: asyncio.Task[None] | None = None

    # Hearing

    def __aiter__(self) -> AsyncIterator[AudioFrame]:
        return self

    async def __anext__(self) -> AudioFrame:
        """The next frame. Raises `VoiceError` when the turn failed, and what its text raised."""
        while (event := await self.next_event()) is not None:
            if isinstance(event, AudioFrame):
                return event
        raise StopAsyncIteration

    def events(self) -> AsyncIterator[TurnEvent]:
        """Frames and what is said between them, in order. Raises as iterating over the frames does."""
        return _Events(self)

    async def next_event(self) -> TurnEvent | None:
        """None at the end."""
        while not self._untaken:
            if self.over or self._discarding:
                self._raise_what_ended_it()
                return None
            self._news.clear()
            await self._news.wait()
        event, size = self._untaken.popleft()
        self._room.give_back(size)
        return event

    async def wait(self) -> Result:
        """How the turn ended; audio that was not taken is thrown away. Raises `VoiceError` when nothing ended it."""
        self._discard()
        await self._over.wait()
        if self.result is None:
            raise self._error or VoiceError("closed", "The turn was given up.")
        return self.result

    async def cancel(self, *, played_ms: float | None = None, reason: str = "client") -> Result:
        """Stop speaking, and learn what was heard, given how much was `played_ms`. Frames end at once.

        `reason` is `client` or `barge_in`. A turn that had already ended answers with its result; `TurnDone` says what
        was heard, too, if it still sounded.
        """
        self._discard()
        self._stop_feeding()
        with self._room.hurry():
            if not self.over or (isinstance(self.result, TurnDone) and self.result.heard is None):
                await self._cancel(played_ms, reason)
            return await self.wait()

    async def _cancel(self, played_ms: float | None, reason: str) -> None:
        """A cancel that crosses the end of its turn is answered by that end once more, with what was heard."""
        try:
            answer = await self._ask("turn.cancel", turn=self.id, played_ms=played_ms, reason=reason)
        except VoiceError:
            if not self.over:
                raise
        else:
            if isinstance(answer, TurnDone):
                self.result = answer

    async def played(self, ms: float, *, ended: bool = False) -> None:
        """Report what the loudspeaker has really played of this turn; the gateway's lookahead follows it."""
        if self._error is None:
            await self._report("playback", turn=self.id, played_ms=ms, state="ended" if ended else "playing")

    # Speaking, for turns of `VoiceClient.open`

    async def append(
        self, text: str, *, voice: str | Mapping[str, Any] | None = None, language: str | None = None
    ) -> None:
        """`voice` and `language` hold for this text only."""
        await self._send("turn.append", turn=self.id, text=text, voice=voice, language=language)

    async def mark(self, name: str) -> None:
        """Set a mark here in the text: `Mark` comes back with the time at which the sound gets there."""
        await self._send("turn.append", turn=self.id, mark=name)

    async def pause(self, ms: int) -> None:
        """Be silent for so long, here in the text."""
        await self._send("turn.append", turn=self.id, pause_ms=ms)

    async def flush(self) -> None:
        """Speak what is held now, without waiting for more text."""
        await self._send("turn.flush", turn=self.id)

    async def commit(self) -> None:
        """No more text."""
        await self._send("turn.commit", turn=self.id)

    # The client's side

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def feed(self, source: Source) -> asyncio.Task[None]:
        """Begin to append a text that comes in pieces."""
        self._feeding = asyncio.create_task(self._feed(source))
        return self._feeding

    async def withdraw(self) -> None:
        """The turn failed here and not at the gateway: it need not wait for more text."""
        with contextlib.suppress(VoiceError):
            await self._send("turn.cancel", turn=self.id)

    def take(self, event: TurnEvent, size: int) -> None:
        """Something came, `size` bytes long."""
        if isinstance(event, AudioFrame):
            self._count(event)
        self._note(event)
        self._hold(event, size)

    def _hold(self, event: TurnEvent, size: int) -> None:
        if self._discarding or self.over:
            return
        self._untaken.append((event, size))
        self._room.hold(size)
        self._news.set()

    def _note(self, event: TurnEvent) -> None:
        match event:
            case TurnStarted(audio=audio):
                self.audio = audio
            case SegmentStarted():
                self.segments.append(event)
            case Captions():
                self.words.take(event)
            case Lip():
                self.mouth.take(event)

    def _count(self, frame: AudioFrame) -> None:
        """Each frame begins where the one before ended, or something was lost."""
        self._miss(frame.position)
        length = self.audio.length(frame.data) if self.audio else None
        self._next_position = None if length is None else frame.position + length
        self._bytes += len(frame.data)

    def _miss(self, position: int) -> None:
        """The sound goes on there, or would have."""
        if self._next_position is not None and position > self._next_position:
            gap = Gap(self._next_position, position - self._next_position)
            self.gaps.append(gap)
            self._hold(gap, 0)

    def end(self, result: Result) -> None:
        if isinstance(result, TurnDone) and self._bytes < result.bytes:
            self._miss(self._length(result))
        self.result = result
        self._finish()

    def _length(self, result: TurnDone) -> int:
        if self.audio is None or self.audio.unit == "bytes":
            return result.bytes
        return round(result.duration_ms * self.audio.rate / 1000)

    def fail(self, error: BaseException) -> None:
        """Over without a result; a turn that is over stays as it is."""
        if not self.over:
            self._error = error
            self._finish()

    def _finish(self) -> None:
        self._over.set()
        self._news.set()
        self._stop_feeding()

    def _stop_feeding(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
            self._feeding = None

    async def _feed(self, source: Source) -> None:
        try:
            await hand_on(source, self.append)
            await self.commit()
        except Exception as error:  # noqa: BLE001 - the source's own, for whoever takes the audio
            self._feeding = None
            self.fail(error)
            await self.withdraw()

    def _discard(self) -> None:
        self._discarding = True
        while self._untaken:
            self._room.give_back(self._untaken.popleft()[1])
        self._news.set()

    def _raise_what_ended_it(self) -> None:
        if self._error is not None:
            raise self._error
        if isinstance(self.result, TurnFailed):
            error = self.result.error
            raise VoiceError(error.code, error.message, error.field, error.retryable)


class _Events:
    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __aiter__(self) -> AsyncIterator[TurnEvent]:
        return self

    async def __anext__(self) -> TurnEvent:
        event = await self._turn.next_event()
        if event is None:
            raise StopAsyncIteration
        return event
