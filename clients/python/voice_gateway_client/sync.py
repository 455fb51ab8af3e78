"""The client for code without `async`: the same, on an event loop in a thread of its own.

with SyncVoiceClient("http://127.0.0.1:8080") as client:
    for frame in client.speak("Hello."):
        play(frame.data)
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, Unpack

from voice_gateway_client.client import ClientOptions, TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    AudioFormat,
    AudioFrame,
    Configured,
    Gap,
    Result,
    Resumed,
    SegmentStarted,
    TurnEvent,
    Welcome,
)
from voice_gateway_client.mouth import Mouth
from voice_gateway_client.pieces import Source
from voice_gateway_client.turn import Turn
from voice_gateway_client.words import Words

T = TypeVar("T")


class Run(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Run in the loop's thread, and wait."""


class SyncTurn:
    """As `Turn`."""

    def __init__(self, turn: Turn, run: Run) -> None:
        self._turn = turn
        self._run = run

    @property
    def id(self) -> str:
        return self._turn.id

    @property
    def audio(self) -> AudioFormat | None:
        return self._turn.audio

    @property
    def segments(self) -> Sequence[SegmentStarted]:
        return self._turn.segments

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._turn.gaps

    @property
    def words(self) -> Words:
        return self._turn.words

    @property
    def mouth(self) -> Mouth:
        return self._turn.mouth

    @property
    def result(self) -> Result | None:
        return self._turn.result

    def __iter__(self) -> Iterator[AudioFrame]:
        return (event for event in self.events() if isinstance(event, AudioFrame))

    def events(self) -> Iterator[TurnEvent]:
        while (event := self._run(self._turn.next_event())) is not None:
            yield event

    def wait(self) -> Result:
        return self._run(self._turn.wait())

    def cancel(self, *, played_ms: float | None = None, reason: str = "client") -> Result:
        return self._run(self._turn.cancel(played_ms=played_ms, reason=reason))

    def played(self, ms: float, *, ended: bool = False) -> None:
        self._run(self._turn.played(ms, ended=ended))

    def append(self, text: str, *, voice: str | Mapping[str, Any] | None = None, language: str | None = None) -> None:
        self._run(self._turn.append(text, voice=voice, language=language))

    def mark(self, name: str) -> None:
        self._run(self._turn.mark(name))

    def pause(self, ms: int) -> None:
        self._run(self._turn.pause(ms))

    def flush(self) -> None:
        self._run(self._turn.flush())

    def commit(self) -> None:
        self._run(self._turn.commit())


class SyncVoiceClient:
    """As `VoiceClient`. May be used from several threads; its callbacks are called in a thread of their own."""

    def __init__(self, url: str, **options: Unpack[ClientOptions]) -> None:
        self._client = VoiceClient(url, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def welcome(self) -> Welcome | Resumed | None:
        return self._client.welcome

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="voice-gateway")
        self._thread.start()
        try:
            self._run(self._client.connect())
        except BaseException:
            self._stop()
            raise

    def close(self) -> None:
        if self._loop is not None:
            try:
                self._run(self._client.aclose())
            finally:
                self._stop()

    def speak(self, text: str | Source, **options: Unpack[TurnOptions]) -> SyncTurn:
        return SyncTurn(self._run(self._client.speak(text, **options)), self._run)

    def open(self, **options: Unpack[TurnOptions]) -> SyncTurn:
        return SyncTurn(self._run(self._client.open(**options)), self._run)

    def configure(self, config: Mapping[str, Any], *, apply: str = "next_segment") -> Configured:
        return self._run(self._client.configure(config, apply=apply))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise VoiceError("closed", "The client is not connected.")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def _stop(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None
