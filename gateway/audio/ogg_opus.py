"""Ogg/Opus files, one a segment or one a turn. Pages leave as they are full; a file plays to the sample.

Behind pages that another process has made another encoder goes on: what the first had looked ahead at is not in them,
and the sound behind it comes so much later, 6.5 ms, in which nothing is heard.
"""

from gateway.audio.base import Filed, Piece, Unit
from gateway.audio.ogg import MOST_LACED, Stream, laced, last_page
from gateway.audio.opus import BITRATES, CLOCK, PRE_SKIP, Encoder
from gateway.audio.pcm import SAMPLE_BYTES

_PAGE_MS = 1000
_RETUNED = 0.9
"""Of the bitrate so far: what is nearer is not worth a joint."""


class OggOpus(Filed):
    unit: Unit = "bytes"
    mime = "audio/ogg"

    def __init__(self, encoder: Encoder, largest: int, *, parts: bool, file_bytes: int | None) -> None:
        """`largest`: bytes of a piece; `parts`: a file a segment; `file_bytes`: what a file should stay below."""
        super().__init__(parts=parts)
        self._encoder = encoder
        self._bitrate = encoder.bitrate
        self._largest = largest
        self._room = file_bytes
        self._group = SAMPLE_BYTES * encoder.channels
        self._pre_skip = PRE_SKIP * encoder.rate // CLOCK
        self._most = encoder.rate * _PAGE_MS // 1000 // encoder.samples
        """Packets of a page."""
        self._files = 0
        self._begin()

    def _begin(self) -> None:
        self._stream = Stream(self._files)
        self._packets: list[bytes] = []
        self._laced = self._bytes = 0
        self._fed = self._encoded = self._told = 0
        """Samples per channel of sound, of packets, and of pieces."""
        self._gap = 0
        """Samples between the sound that was begun by another process and the first that is fed."""
        self._over = False
        """Another process has made all of the file."""

    def go_on(self, begun: bytes) -> bool:
        page = last_page(begun)
        if page is None:
            return False
        self._files, self._over = page.serial, page.last
        self._stream = Stream(page.serial, page.number + 1)
        self._bytes = len(begun)
        self._encoded = page.granule * self._encoder.rate // CLOCK
        self._fed = self._told = self._encoded - self._pre_skip
        self._gap = self._pre_skip
        if self._room is not None:
            self._retune(self._room)
        return True

    def feed(self, pcm: bytes) -> list[Piece]:
        if self._over or not pcm:
            return []
        self._fed += self._gap + len(pcm) // self._group
        self._gap = 0
        return self._pieces(self._pages(self._encoder.feed(pcm)), ended=False)

    def end_segment(self) -> list[Piece]:
        if self.parts:
            return super().end_segment()
        pieces = self._pieces(self._page() if self._packets else b"", ended=False)
        if self._room is not None:
            self._retune(self._room)
        return pieces

    def _retune(self, room: int) -> None:
        """By what is left of the room: a file takes ever longer to fill the rest, down to Opus's least bitrate."""
        bitrate = max(BITRATES[0], self._bitrate * max(0, room - self._bytes) // room)
        if bitrate < self._encoder.bitrate * _RETUNED:
            self._encoder.retune(bitrate)

    def _end(self) -> list[Piece]:
        if not self._fed:
            return []
        last = b"" if self._over else self._pages(self._encoder.end()) + self._page(last=True)
        pieces = self._pieces(last, ended=True)
        self._files += 1
        self._begin()
        return pieces

    def _pages(self, packets: list[bytes]) -> bytes:
        """Those that are full."""
        pages = []
        for packet in packets:
            if len(self._packets) == self._most or self._laced + laced(packet) > MOST_LACED:
                pages.append(self._page())
            self._packets.append(packet)
            self._laced += laced(packet)
        return b"".join(pages)

    def _page(self, *, last: bool = False) -> bytes:
        rate, channels = self._encoder.rate, self._encoder.channels
        head = b"" if self._encoded else self._stream.head(rate, channels, PRE_SKIP)
        self._encoded += len(self._packets) * self._encoder.samples
        end = self._pre_skip + self._fed if last else self._encoded
        page = self._stream.page(self._packets, end * CLOCK // rate, last=last)
        self._packets, self._laced = [], 0
        return head + page

    def _pieces(self, data: bytes, *, ended: bool) -> list[Piece]:
        """What they play for stands in the first of them."""
        self._bytes += len(data)
        parts = [data[at : at + self._largest] for at in range(0, len(data), self._largest)]
        end = self._fed if ended else max(0, self._encoded - self._pre_skip)
        samples = [end - self._told] + [0] * len(parts)
        if parts:
            self._told = end
        return [Piece(part, sound) for part, sound in zip(parts, samples, strict=False)]
