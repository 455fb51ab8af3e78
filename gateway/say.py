"""`voice-gateway say`: speak a text, or what a pipe brings, into a file or to the loudspeaker.

Exit codes: 0 all was spoken, 1 a turn failed, 2 it could not begin or the connection was lost.
"""

import argparse
import asyncio
import codecs
import contextlib
import importlib.util
import os
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from voice_gateway_client.client import VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.loudspeaker import Loudspeaker
from voice_gateway_client.messages import AudioFormat, AudioFrame, Gap, Notice, SegmentDone
from voice_gateway_client.pieces import Threaded
from voice_gateway_client.portions import turns
from voice_gateway_client.recording import CODECS, Recording, record
from voice_gateway_client.subtitles import Subtitles
from voice_gateway_client.turn import Turn

URL = "http://127.0.0.1:8080"
STDIN = "-"
INPUT = 0
"""Descriptor of standard input."""
FAREWELL_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    endings = ", ".join(CODECS)
    parser.add_argument(
        "text", nargs="?", default=STDIN, help="what to say; - or nothing reads standard input as it comes"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=f"write {endings}, or - for a WAV to standard output")
    parser.add_argument("--play", action="store_true", help="play it, too; without -o it is played anyway")
    parser.add_argument("--captions", metavar="FILE", help="write subtitles beside it: .srt or .vtt")
    parser.add_argument("--url", default=URL, help=f"the gateway ({URL})")
    parser.add_argument("--token", help="the gateway's secret (VOICE_GATEWAY_SECRET)")
    parser.add_argument("--voice", metavar="ID", help="voice_id")
    parser.add_argument("--language", metavar="TAG", help="en-GB, zh-HK, …; auto")
    parser.add_argument("--model", help="fast, best, or one of upstream's")
    parser.add_argument("--speed", type=float, help="0.5 to 2")
    parser.add_argument("--pitch", type=int, help="-12 to 12 semitones")


def run(args: argparse.Namespace) -> int:
    try:
        subtitles = Subtitles(args.captions) if args.captions else None
        saying = Saying(_recording(args), subtitles, play=args.play or args.output is None)
        return asyncio.run(_say(args, saying))
    except VoiceError as error:
        _tell(_advice(error))
        return 2
    except OSError as error:
        _tell(f"{error.filename or args.output}: {error.strerror}")
        return 2


def _recording(args: argparse.Namespace) -> Recording | None:
    if args.output is None or args.play:
        _must_play(args.output)
    return None if args.output is None else record(args.output)


def _must_play(output: str | None) -> None:
    """Raises `VoiceError`."""
    if output is not None and record(output).codec != "pcm_s16le":
        raise VoiceError("unsupported_audio", "--play goes with .wav, .pcm and .raw.", "output")
    if importlib.util.find_spec("miniaudio") is None:
        message = 'Write a file (-o hello.wav) or, to play, pip install "voice-gateway[play]".'
        raise VoiceError("no_player", message)


async def _say(args: argparse.Namespace, saying: "Saying") -> int:
    token = args.token or os.environ.get("VOICE_GATEWAY_SECRET")
    with contextlib.closing(saying):
        config = _config(args, saying.codec)
        async with VoiceClient(args.url, token=token, config=config, on_reconnecting=_coming_back) as client:
            async for text in turns(_pieces(args.text)):
                turn = await client.speak(text)
                try:
                    await saying.hear(turn)
                except VoiceError as error:
                    _tell(_advice(error))
                    return 2 if turn.result is None else 1
            await saying.drain()
    return saying.report(args.output)


def _config(args: argparse.Namespace, codec: str) -> dict[str, Any]:
    voice = {"voice_id": args.voice, "model": args.model, "speed": args.speed, "pitch": args.pitch}
    config: dict[str, Any] = {
        "voice": {name: value for name, value in voice.items() if value is not None},
        "audio": {"codec": codec},
        "captions": "words" if args.captions else "none",
    }
    return config if args.language is None else {**config, "language": args.language}


class Saying:
    """Where the audio goes, and what is known of it."""

    def __init__(self, recording: Recording | None, subtitles: Subtitles | None = None, *, play: bool) -> None:
        self.codec = recording.codec if recording else "pcm_s16le"
        self._recording = recording
        self._subtitles = subtitles
        self._play = play
        self._loudspeaker: Loudspeaker | None = None
        self._first_ms: float | None = None
        self._audio_ms = 0
        self._segments = 0

    async def hear(self, turn: Turn) -> None:
        """Take a turn's audio. Cancelled, it cancels the turn."""
        began = asyncio.get_running_loop().time()
        said_ms = 0
        try:
            async for event in turn.events():
                match event:
                    case AudioFrame(data=data) if turn.audio is not None:
                        if self._first_ms is None:
                            self._first_ms = (asyncio.get_running_loop().time() - began) * 1000
                        await self._write(data, turn.audio)
                    case SegmentDone(duration_ms=duration_ms):
                        self._segments += 1
                        said_ms += duration_ms
                        await self._keep_up(turn, said_ms)
                    case Notice(message=message):
                        _tell(message)
                    case Gap():
                        _tell("Some of the sound was lost with the connection.")
        except asyncio.CancelledError:
            with contextlib.suppress(VoiceError, TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await turn.cancel(played_ms=self._played_ms)
            _tell("Cancelled.")
            raise
        if self._subtitles is not None:
            self._subtitles.add(turn.words, turn.segments, self._audio_ms)
        self._audio_ms += said_ms

    async def _write(self, data: bytes, audio: AudioFormat) -> None:
        if self._recording is not None:
            self._recording.write(data, audio)
        if self._play:
            self._loudspeaker = self._loudspeaker or Loudspeaker(audio)
            await self._loudspeaker.play(data)

    async def _keep_up(self, turn: Turn, said_ms: int) -> None:
        """A file has heard what it was given; the gateway would speak ahead of real time by `lookahead_ms` only."""
        if not self._play:
            await turn.played(said_ms)

    @property
    def _played_ms(self) -> float | None:
        """Of the turn that is spoken now."""
        return None if self._loudspeaker is None else max(0.0, self._loudspeaker.played_ms - self._audio_ms)

    async def drain(self) -> None:
        if self._loudspeaker is not None:
            await self._loudspeaker.drain()

    def close(self) -> None:
        if self._loudspeaker is not None:
            self._loudspeaker.close()
        if self._recording is not None:
            self._recording.close()

    def report(self, output: str | None) -> int:
        if self._first_ms is None:
            _tell("There was nothing to speak.")
            return 2
        where = {None: "played", "-": "standard output"}.get(output, output)
        plural = "" if self._segments == 1 else "s"
        _tell(
            f"{where}: {self._audio_ms / 1000:.2f} s of audio in {self._segments} segment{plural}, "
            f"the first after {self._first_ms:.0f} ms"
        )
        return 0


def _pieces(text: str) -> AsyncIterator[str]:
    return aiter(Threaded(standard_input()) if text == STDIN else Threaded([text]))


def standard_input() -> Iterator[str]:
    """As it comes. Not by `sys.stdin`, whose lock a thread that waits for a line would hold beyond the end."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while chunk := os.read(INPUT, 65536):
        yield decoder.decode(chunk)


def _advice(error: VoiceError) -> str:
    more = {
        "cannot_connect": " Start one: voice-gateway serve",
        "unauthorized": " Give the gateway's secret: --token, or VOICE_GATEWAY_SECRET.",
    }
    return error.message + (f" ({error.field})" if error.field else "") + more.get(error.code, "")


def _coming_back(error: VoiceError, in_s: float) -> None:
    _tell(f"{error.message} Trying again in {in_s:.0f} s." if in_s >= 1 else error.message)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
