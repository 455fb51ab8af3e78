"""MPEG audio layer III as a stream of frames, fed in any pieces.

A frame's header (ISO 11172-3 §2.4.1.3, 13818-3; MPEG 2.5 by convention):

    11 bits  sync, all ones        4 bits  bitrate
     2 bits  3 = 1, 2 = 2, 0 = 2.5  2 bits  sampling rate
     2 bits  1 = layer III         1 bit   one padding byte follows
     1 bit   0 = two bytes of CRC  1 bit   private
     2 bits  3 = mono              6 bits  nothing that matters here

Not sound, and passed over: ID3v2 and ID3v1 tags, and the frames that hold an encoder's note (Xing, Info, VBRI).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gateway.audio.base import Piece

_KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By version, then as a header counts them."""
_HEADER_BYTES = 4
_CRC_BYTES = 2
_ID3_BYTES = 10
_ID3V1_BYTES = 128


class Header(NamedTuple):
    rate: int
    samples: int
    """Per channel."""
    bytes: int
    note_at: int
    """Where an encoder's note would begin: after the side information."""


def header(data: bytes, at: int = 0) -> Header | None:
    """The header of the frame that begins here; None if none does. A free bitrate is not understood."""
    return _understood(data[at : at + _HEADER_BYTES])


@lru_cache(4096)
def _understood(four: bytes) -> Header | None:
    if len(four) < _HEADER_BYTES:
        return None
    first, second, third, fourth = four
    version, bitrate, rate = second >> 3 & 3, third >> 4, third >> 2 & 3
    if first != 0xFF or second & 0xE6 != 0xE2 or version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    kilobits = (_KILOBITS_1 if version == 3 else _KILOBITS_2)[bitrate]
    hertz = RATES[version][rate]
    padding = third >> 1 & 1
    mono = fourth >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return Header(hertz, samples, samples // 8 * kilobits * 1000 // hertz + padding, _HEADER_BYTES + side)


def _is_note(frame: bytes, note_at: int) -> bool:
    note = frame[note_at : note_at + 4 + _CRC_BYTES]
    return b"Xing" in note or b"Info" in note or frame[36:40] == b"VBRI"


def _tag_bytes(data: bytes, at: int) -> int:
    """The whole length of the tag that begins here, 0 if none does. ID3v2 has a size of four times seven bits."""
    if data.startswith(b"TAG", at):
        return _ID3V1_BYTES
    size = data[at + 6 : at + _ID3_BYTES]
    if not data.startswith(b"ID3", at) or max(size) > 0x7F:
        return 0
    footer = _ID3_BYTES if data[at + 5] & 0x10 else 0
    return _ID3_BYTES + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]) + footer


def each(pieces: list[Piece]) -> Iterator[Piece]:
    """The frames of a splitter's pieces, one by one."""
    for piece in pieces:
        at = 0
        while found := header(piece.data, at):
            yield Piece(piece.data[at : at + found.bytes], found.samples)
            at += found.bytes


def cuttable(frames: Piece, largest: int) -> list[Piece]:
    """Whole frames in pieces of as many as `largest` bytes take, one at least."""
    data, pieces = frames.data, []
    if len(data) <= largest:
        return [frames]
    begin = at = samples = 0
    while found := header(data, at):
        if at > begin and at + found.bytes - begin > largest:
            pieces.append(Piece(data[begin:at], samples))
            begin, samples = at, 0
        at += found.bytes
        samples += found.samples
    return [*pieces, Piece(data[begin:at], samples)]


def joined(pieces: list[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    return Piece(b"".join([piece.data for piece in pieces]), sum([piece.samples for piece in pieces]))


class FrameSplitter:
    """One stream → pieces of whole frames of sound.

    A header where the frame before ended is believed; after garbage its successor must agree.
    """

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        """Bytes of a tag that are still to come."""
        self._in_step = True
        self._begun = False
        """A frame of sound has come, and nothing else since."""

    def feed(self, data: bytes) -> list[Piece]:
        return self._split(data, ended=False)

    def end(self) -> list[Piece]:
        """Nothing follows: give the frame whose successor was waited for, drop what is incomplete."""
        frames = self._split(b"", ended=True)
        self._held, self._skip, self._in_step, self._begun = b"", 0, True, False
        return frames

    def _split(self, data: bytes, *, ended: bool) -> list[Piece]:
        skip = self._skip
        held = self._held + data[skip:] if skip else self._held + data
        at = max(0, skip - len(data)) if skip else 0
        frames: list[Piece] = []
        while len(held) - at >= _ID3_BYTES:
            if self._begun:
                run = at
                at, samples, is_short = self._run(held, at)
                if samples:
                    frames.append(Piece(held[run:at], samples))
                if is_short:
                    break
            step = self._step(held, at, frames, ended=ended)
            if not step:
                break
            at += step
        self._skip = max(0, at - len(held))
        self._held = held[at:]
        return frames

    @staticmethod
    def _run(held: bytes, at: int) -> tuple[int, int, bool]:
        """Frames in step behind the first, which alone may be a note: nearly all of a stream. Where they end, their
        samples, and whether they end because more must come.
        """
        samples = 0
        last = len(held)
        while at + _ID3_BYTES <= last:
            found = _understood(held[at : at + _HEADER_BYTES])
            if found is None:
                return at, samples, False
            _, each_samples, size, _ = found
            if at + size > last:
                break
            at += size
            samples += each_samples
        return at, samples, True

    def _step(self, held: bytes, at: int, frames: list[Piece], *, ended: bool) -> int:
        """How far on the next thing may begin; 0 if more must come to tell."""
        if self._in_step and (tag := _tag_bytes(held, at)):
            self._begun = False
            return tag
        found = header(held, at)
        if found is None:
            self._in_step = self._begun = False
            return 1
        end = at + found.bytes
        sure_at = end if self._in_step else end + _ID3_BYTES
        if len(held) < end or (len(held) < sure_at and not ended):
            return 1 if ended and not self._in_step else 0
        if not self._in_step and not _agrees(held, end, found):
            return 1
        self._in_step = True
        frame = held[at:end]
        if not _is_note(frame, found.note_at):
            self._begun = True
            frames.append(Piece(frame, found.samples))
        return found.bytes


def _agrees(held: bytes, at: int, found: Header) -> bool:
    """What stands at the end of a frame is another like it, a tag, or nothing that could be either."""
    if len(held) - at < _ID3_BYTES or _tag_bytes(held, at):
        return True
    after = header(held, at)
    return after is not None and (after.rate, after.samples) == (found.rate, found.samples)
