"""Opus packets → an Ogg file (RFC 3533, RFC 7845), as messengers want it. Pure.

A page:

0   "OggS"    version 0
5   u8        1 goes on with a packet, 2 the stream's first, 4 its last
6   i64       granule: samples of 48 kHz up to here, what the decoder skips at the beginning included
14  u32       the stream's serial number
18  u32       the page's number
22  u32       CRC-32 of the page with this field zero
26  u8, …     how many lacing values, the lacing values: a packet is 255s and one smaller number
    packets
"""

import struct
import zlib
from collections.abc import Iterable

from voice_gateway_client.opus import samples

CLOCK = 48_000
PRE_SKIP = 312
"""Samples by which libopus' sound comes late."""
PAGE_PACKETS = 50
"""A second of the usual 20 ms."""
_HEAD = struct.Struct("<4sBBqIII")
_CHECKSUM = 22
_FIRST, _LAST = 2, 4
_VENDOR = b"voice-gateway"
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggOpus:
    """Bytes of the file are what `begin`, `add` and `end` return."""

    def __init__(self, rate: int = 24_000, channels: int = 1, pre_skip: int = PRE_SKIP, serial: int = 1) -> None:
        self._rate = rate
        self._channels = channels
        self._pre_skip = pre_skip
        self._serial = serial
        self._pages = 0
        self._granule = 0
        self._waiting: list[bytes] = []
        self._laces = 0

    def begin(self) -> bytes:
        head = struct.pack("<8sBBHIhB", b"OpusHead", 1, self._channels, self._pre_skip, self._rate, 0, 0)
        tags = struct.pack("<8sI", b"OpusTags", len(_VENDOR)) + _VENDOR + struct.pack("<I", 0)
        return self._page([head], _FIRST) + self._page([tags], 0)

    def add(self, packet: bytes) -> bytes:
        """Nothing, or the page that is full without this one."""
        laces = len(packet) // 255 + 1
        full = len(self._waiting) >= PAGE_PACKETS or self._laces + laces > 255
        page = self._page(self._waiting, 0) if full else b""
        if full:
            self._waiting, self._laces = [], 0
        self._waiting.append(packet)
        self._laces += laces
        self._granule += samples(packet, CLOCK)
        return page

    def end(self, sound: int | None = None) -> bytes:
        """The last page. `sound`: after so many samples of 48 kHz the rest of the last packet is not played."""
        if sound is not None:
            self._granule = min(self._granule, sound + self._pre_skip)
        return self._page(self._waiting, _LAST)

    def _page(self, packets: list[bytes], flags: int) -> bytes:
        laces = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
        head = _HEAD.pack(b"OggS", 0, flags, self._granule, self._serial, self._pages, 0)
        page = bytearray(head + bytes([len(laces)]) + laces + b"".join(packets))
        struct.pack_into("<I", page, _CHECKSUM, checksum(page))
        self._pages += 1
        return bytes(page)


def ogg(packets: Iterable[bytes], rate: int = 24_000, channels: int = 1, pre_skip: int = PRE_SKIP) -> bytes:
    """A whole file."""
    file = OggOpus(rate, channels, pre_skip)
    return b"".join([file.begin(), *map(file.add, packets), file.end()])


def checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC has zlib's polynomial but the other order of bits, and neither of its complements."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
