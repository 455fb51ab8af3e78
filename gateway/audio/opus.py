"""Opus packets of one length, made by libopus. About 9 ms of CPU a second of sound.

    packets    │ 6.5 ms │ sound                          │ silence │
               pre-skip: what the encoder looks ahead     up to a whole packet

Every packet has any of Opus's rates: what was encoded from 24 kHz mono plays as 48 kHz stereo (RFC 6716 §2).
"""

from fractions import Fraction
from typing import Any

from gateway.audio.base import Piece, Streamed, Unit
from gateway.audio.libav import frame, layout
from gateway.audio.pcm import SAMPLE_BYTES

RATES = (8000, 12000, 16000, 24000, 48000)
FRAME_MS = (10, 20, 40, 60)
USUAL_FRAME_MS = 20
BITRATES = (6000, 128_000)
"""Least and most; speech is clear from 24000 on."""
CLOCK = 48000
"""Opus counts in it, whatever was encoded."""
PRE_SKIP = 312
"""Of libopus for speech, at 48 kHz (`OpusHead`)."""


class Encoder:
    def __init__(self, rate: int, channels: int, bitrate: int, frame_ms: int | None) -> None:
        self.samples = rate * (frame_ms or USUAL_FRAME_MS) // 1000
        """Per channel, of a packet."""
        self.rate = rate
        self.channels = channels
        self.bitrate = bitrate
        self._group = SAMPLE_BYTES * channels
        self._size = self.samples * self._group
        self._rest = b""
        self._position = 0
        self._context: Any = None

    def feed(self, pcm: bytes) -> list[bytes]:
        data = self._rest + pcm
        end = len(data) - len(data) % self._size
        self._rest = data[end:]
        return [self._packet(data[at : at + self._size]) for at in range(0, end, self._size)]

    def end(self) -> list[bytes]:
        """The rest, filled up with silence, so that the last sample that was fed is in it. Then it begins anew."""
        if self._context is None and not self._rest:
            return []
        ahead = PRE_SKIP * self.rate // CLOCK * self._group
        short = -(len(self._rest) + ahead) % self._size
        packets = self.feed(bytes(ahead + short))
        self._context, self._position = None, 0
        return packets

    def retune(self, bitrate: int) -> None:
        """From the next packet on. libavcodec sets a bitrate once, so another encoder goes on: the few milliseconds
        that this one looked ahead at fade, which a pause hides.
        """
        self.bitrate, self._context = bitrate, None

    def _packet(self, pcm: bytes) -> bytes:
        if self._context is None:
            self._context = self._opened()
        made = self._context.encode(frame(pcm, self.rate, self.channels, self._position))
        self._position += self.samples
        return b"".join(map(bytes, made))

    def _opened(self) -> Any:
        import av

        context: Any = av.CodecContext.create("libopus", "w")
        context.sample_rate, context.layout, context.format = self.rate, layout(self.channels), "s16"
        context.bit_rate, context.time_base = self.bitrate, Fraction(1, self.rate)
        frame_ms = self.samples * 1000 // self.rate
        context.options = {"application": "voip", "frame_duration": str(frame_ms), "vbr": "constrained"}
        context.open()
        return context


class Packets(Streamed):
    """Raw packets, one a frame."""

    unit: Unit = "samples"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def feed(self, pcm: bytes) -> list[Piece]:
        return self._pieces(self._encoder.feed(pcm))

    def end_turn(self) -> list[Piece]:
        return self._pieces(self._encoder.end())

    def _pieces(self, packets: list[bytes]) -> list[Piece]:
        return [Piece(packet, self._encoder.samples) for packet in packets]
