"""MP3 and FLAC made here of PCM, by libav: 8 and 2 ms of CPU a second of sound.

An MP3 is one stream a turn without tags and notes, as a relayed one is. A FLAC file tells its length in front, so it
leaves when its segment or turn has been received.
"""

from fractions import Fraction
from typing import Any, Literal

from gateway.audio.base import Filed, Piece, Streamed, Unit
from gateway.audio.libav import frame, layout
from gateway.audio.pcm import SAMPLE_BYTES

_FORMATS = {"libmp3lame": "s16p", "flac": "s16"}
_OPTIONS = {"libmp3lame": {"compression_level": "7"}, "flac": {}}
"""Of LAME's levels the quickest: 8 ms a second of sound, where the usual one takes 14."""


class Coder:
    def __init__(self, codec: Literal["libmp3lame", "flac"], rate: int, channels: int, bitrate: int) -> None:
        self.rate = rate
        self.channels = channels
        self._codec = codec
        self._bitrate = bitrate
        self._group = SAMPLE_BYTES * channels
        self._rest = b""
        self._position = 0
        self._context: Any = None

    @property
    def head(self) -> bytes:
        """What a decoder is told first, once something was fed."""
        return bytes(self._context.extradata)

    def feed(self, pcm: bytes) -> list[Piece]:
        """Whole frames; the encoder keeps some back."""
        if self._context is None:
            self._open()
        samples: int = self._context.frame_size
        data, size = self._rest + pcm, samples * self._group
        end = len(data) - len(data) % size
        self._rest = data[end:]
        return [piece for at in range(0, end, size) for piece in self._coded(data[at : at + size])]

    def end(self) -> list[Piece]:
        """The rest. What is fed afterwards begins anew."""
        if self._context is None:
            return []
        pieces = self._coded(self._rest) if self._rest else []
        pieces += self._pieces(self._context.encode(None))
        self._context, self._rest, self._position = None, b"", 0
        return pieces

    def _open(self) -> None:
        import av

        context: Any = av.CodecContext.create(self._codec, "w")
        context.sample_rate, context.layout, context.format = self.rate, layout(self.channels), _FORMATS[self._codec]
        context.bit_rate, context.time_base = self._bitrate, Fraction(1, self.rate)
        context.options = _OPTIONS[self._codec]
        context.open()
        self._context = context

    def _coded(self, pcm: bytes) -> list[Piece]:
        made = frame(pcm, self.rate, self.channels, self._position, _FORMATS[self._codec])
        self._position += made.samples
        return self._pieces(self._context.encode(made))

    def _pieces(self, packets: list[Any]) -> list[Piece]:
        return [Piece(bytes(packet), self._context.frame_size) for packet in packets if packet.size]


class Mp3Stream(Streamed):
    unit: Unit = "bytes"

    def __init__(self, coder: Coder) -> None:
        self._coder = coder

    def feed(self, pcm: bytes) -> list[Piece]:
        return self._coder.feed(pcm) if pcm else []

    def end_turn(self) -> list[Piece]:
        return self._coder.end()


class FlacFile(Filed):
    unit: Unit = "bytes"
    mime = "audio/flac"

    def __init__(self, coder: Coder, largest: int, *, parts: bool) -> None:
        super().__init__(parts=parts)
        self._coder = coder
        self._largest = largest
        self._frames: list[bytes] = []
        self._samples = 0

    def feed(self, pcm: bytes) -> list[Piece]:
        if pcm:
            self._samples += len(pcm) // (SAMPLE_BYTES * self._coder.channels)
            self._frames += [piece.data for piece in self._coder.feed(pcm)]
        return []

    def _end(self) -> list[Piece]:
        """`STREAMINFO` holds the count of samples in the last 36 bits before its checksum, which may be missing."""
        if not self._samples:
            return []
        head = self._coder.head
        counted = int.from_bytes(head[10:18], "big") | self._samples
        info = head[:10] + counted.to_bytes(8, "big") + bytes(16)
        frames = [*self._frames, *(piece.data for piece in self._coder.end())]
        file = b"".join((b"fLaC", bytes((0x80, 0, 0, len(info))), info, *frames))
        samples, self._samples, self._frames = self._samples, 0, []
        parts = [file[at : at + self._largest] for at in range(0, len(file), self._largest)]
        return [Piece(parts[0], samples), *(Piece(part, 0) for part in parts[1:])]
