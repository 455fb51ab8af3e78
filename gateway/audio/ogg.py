"""Ogg pages around Opus packets (RFC 3533, RFC 7845).

     0  "OggS"  u8 0  u8 flags: 2 first page, 4 last    26  u8 number of lacing values, then they: a packet is as many
     6  u64 granule: samples at 48 kHz up to its end        of 255 as fit and one that is less, its rest
    14  u32 stream  u32 page  u32 checksum              then the packets

A page of its own for `OpusHead` and for `OpusTags`; then sound. The first page's granule less the pre-skip is where
the sound begins, the last one's where it ends, in the middle of a packet if need be.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

_PAGE = struct.Struct("<4sBBqIII")
_HEAD = struct.Struct("<8sBBHIhB")
_CHECKSUM_AT = 22
_FIRST, _LAST = 2, 4
MOST_LACED = 255
_VENDOR = b"voice-gateway"
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def laced(packet: bytes) -> int:
    """Lacing values that the packet takes."""
    return len(packet) // 255 + 1


class Page(NamedTuple):
    """What a page's head says of it."""

    last: bool
    granule: int
    serial: int
    number: int


def last_page(file: bytes) -> Page | None:
    """Of a file's beginning; None where that does not end with a page."""
    at, page = 0, None
    while at < len(file):
        head = file[at : at + _PAGE.size + 1]
        if len(head) <= _PAGE.size or not head.startswith(b"OggS"):
            return None
        _, _, flags, granule, serial, number, _ = _PAGE.unpack_from(head)
        sound_at = at + len(head) + head[-1]
        at = sound_at + sum(file[at + len(head) : sound_at])
        page = Page(bool(flags & _LAST), granule, serial, number)
    return page if at == len(file) else None


class Stream:
    """One logical stream. Each call gives a whole page; `granule`: where the sound ends that is in it."""

    def __init__(self, serial: int, number: int = 0) -> None:
        """`number`: of its next page."""
        self._serial = serial
        self._number = number

    def head(self, rate: int, channels: int, pre_skip: int) -> bytes:
        """`rate`: what was encoded, for the record."""
        head = _HEAD.pack(b"OpusHead", 1, channels, pre_skip, rate, 0, 0)
        tags = b"OpusTags" + struct.pack("<I", len(_VENDOR)) + _VENDOR + struct.pack("<I", 0)
        return self._page([head], 0, _FIRST) + self._page([tags], 0, 0)

    def page(self, packets: Sequence[bytes], granule: int, *, last: bool = False) -> bytes:
        """At most `MOST_LACED` lacing values of packets."""
        return self._page(packets, granule, _LAST if last else 0)

    def _page(self, packets: Sequence[bytes], granule: int, flags: int) -> bytes:
        lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)
        head = _PAGE.pack(b"OggS", 0, flags, granule, self._serial, self._number, 0)
        page = b"".join((head, bytes((len(lacing),)), lacing, *packets))
        self._number += 1
        return page[:_CHECKSUM_AT] + struct.pack("<I", checksum(page)) + page[_CHECKSUM_AT + 4 :]


def checksum(page: bytes) -> int:
    """CRC-32 by 0x04c11db7, the most significant bit first, from zero: zlib's of the mirrored bits, mirrored."""
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
