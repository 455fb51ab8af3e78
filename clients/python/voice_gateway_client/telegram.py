"""Voice notes for Telegram: Opus in Ogg, small enough for a waveform, with their length.

    async for note in voice_notes(client, text, language=user.language_code):
        await bot.send_voice(chat, BufferedInputFile(note.ogg, "voice.ogg"), duration=note.seconds)

Of a note over 1 MiB Telegram makes no waveform, and without a duration it shows 0:00.
"""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Unpack

from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.language import speak_in
from voice_gateway_client.messages import AudioFrame, SegmentDone
from voice_gateway_client.ogg import PRE_SKIP, ogg
from voice_gateway_client.opus import samples
from voice_gateway_client.pieces import Source, pieces
from voice_gateway_client.portions import turns
from voice_gateway_client.turn import Turn

RATE = 24_000
OPUS = {"codec": "opus", "rate": RATE, "channels": 1}
LARGEST = 1 << 20
"""Bytes of a note."""
PACKET_COST = 1 + 27 / 50
"""Bytes that Ogg adds to a small packet: its lacing value and its share of a page's head."""


@dataclass(frozen=True, slots=True)
class VoiceNote:
    ogg: bytes
    seconds: int
    """Rounded up: a note of none would show 0:00."""


async def voice_notes(
    client: VoiceClient, text: str | Source, *, largest: int = LARGEST, **options: Unpack[TurnOptions]
) -> AsyncGenerator[VoiceNote, None]:
    """Each as soon as it is whole; cut between sentences where that is possible. Closing it cancels the rest.

    Raises `VoiceError`.
    """
    async for portion in turns(pieces(text)):
        turn = await speak_in(client, portion, **options | {"audio": OPUS})
        async with contextlib.aclosing(_notes(turn, largest)) as notes:
            async for note in notes:
                yield note


async def _notes(turn: Turn, largest: int) -> AsyncGenerator[VoiceNote, None]:
    waiting = _Waiting(largest)
    pre_skip = PRE_SKIP
    said_ms = 0
    try:
        async for event in turn.events():
            match event:
                case AudioFrame(data=data):
                    if (packets := waiting.add(data)) is not None:
                        yield _note(packets, pre_skip)
                        pre_skip = 0
                case SegmentDone(duration_ms=duration_ms):
                    waiting.border()
                    said_ms += duration_ms
                    await turn.played(said_ms)
    finally:
        if not turn.over:
            with contextlib.suppress(VoiceError):
                await turn.cancel()
    if waiting.packets:
        yield _note(waiting.packets, pre_skip)


class _Waiting:
    """Packets of the note that is being filled."""

    def __init__(self, largest: int) -> None:
        self.packets: list[bytes] = []
        self._largest = largest - 200
        """Without the two pages at the beginning."""
        self._size = 0.0
        self._border = 0

    def border(self) -> None:
        """A sentence ends here."""
        self._border = len(self.packets)

    def add(self, packet: bytes) -> list[bytes] | None:
        """A note's packets, when this one does not fit: up to the last border."""
        full = None
        if self._size + self._cost(packet) > self._largest:
            end = self._border or len(self.packets)
            full, self.packets, self._border = self.packets[:end], self.packets[end:], 0
            self._size = sum(map(self._cost, self.packets))
        self.packets.append(packet)
        self._size += self._cost(packet)
        return full

    def _cost(self, packet: bytes) -> float:
        return len(packet) + len(packet) // 255 + PACKET_COST


def _note(packets: list[bytes], pre_skip: int) -> VoiceNote:
    sounding = sum(samples(packet, RATE) for packet in packets)
    return VoiceNote(ogg(packets, RATE, pre_skip=pre_skip), -(-sounding // RATE))
