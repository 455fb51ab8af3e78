"""As much of MLS (RFC 9420) as Discord's voice servers say: the external sender that proposes members, by hand.

What members say is davey's: this server only relays it, but must tell a commit from the welcome behind it.
"""

import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MLS_10, PUBLIC_MESSAGE = 1, 1
EXTERNAL, PROPOSAL, COMMIT, ADD = 2, 2, 3, 1
APPEND = b"\0"


def vector(data: bytes) -> bytes:
    """Length as QUIC's varint (2.1.2), then the data."""
    if len(data) < 64:
        return bytes([len(data)]) + data
    return struct.pack(">H", len(data) | 0x4000) + data


class ExternalSender:
    """Discord's voice server, in a group of one channel's members."""

    def __init__(self, channel: int) -> None:
        self._group = struct.pack(">Q", channel)
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def credential(self) -> bytes:
        """Its key, and a basic credential."""
        point = serialization.PublicFormat.UncompressedPoint
        key = self._key.public_key().public_bytes(serialization.Encoding.X962, point)
        return vector(key) + struct.pack(">H", 1) + vector(bytes(8))

    def propose(self, key_package: bytes, epoch: int = 0) -> bytes:
        """That the owner of this key package be a member."""
        sender = struct.pack(">BI", EXTERNAL, 0)
        add = struct.pack(">BH", PROPOSAL, ADD) + key_package
        content = vector(self._group) + struct.pack(">Q", epoch) + sender + vector(b"") + add
        head = struct.pack(">HH", MLS_10, PUBLIC_MESSAGE)
        signed = vector(b"MLS 1.0 FramedContentTBS") + vector(head + content)
        return APPEND + vector(head + content + vector(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))))


class _Reading:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def number(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self._data[self.at - size : self.at])

    def skip(self, vectors: int = 1) -> None:
        for _ in range(vectors):
            first = self.number(1)
            size = 1 << (first >> 6)
            length = (first & 63) << 8 * (size - 1) | self.number(size - 1)
            self.at += length


def commit_and_welcome(data: bytes) -> tuple[bytes, bytes]:
    """A member's MLSMessage(PublicMessage(Commit)), and what stands behind it (6, 12.4)."""
    reading = _Reading(data)
    reading.number(4)
    reading.skip()
    reading.number(8 + 1 + 4)
    reading.skip()
    assert reading.number(1) == COMMIT
    reading.skip()
    if reading.number(1):
        _skip_path(reading)
    reading.skip(3)
    return data[: reading.at], data[reading.at :]


def _skip_path(reading: _Reading) -> None:
    """A leaf node (7.2) and the nodes above it."""
    reading.skip(2)
    reading.number(2)
    reading.skip(1 + 5)
    match reading.number(1):
        case 3:  # of a commit: its parent hash
            reading.skip()
        case 1:  # of a key package: its lifetime
            reading.number(16)
    reading.skip(2 + 1)
