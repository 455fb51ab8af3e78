"""What an Opus packet says of itself (RFC 6716, section 3.1). Pure."""

_SILK_MS = (10, 20, 40, 60)
_HYBRID_MS = (10, 20)
_CELT_MS = (2.5, 5, 10, 20)
_FRAME_MS = (*_SILK_MS * 3, *_HYBRID_MS * 2, *_CELT_MS * 4)

SILENCE = b"\xf8\xff\xfe"
"""20 ms of it; 48 kHz, mono."""


def samples(packet: bytes, rate: int = 48_000) -> int:
    """How long it sounds. An empty packet or one that breaks off is 0."""
    if not packet:
        return 0
    frames = (1, 2, 2)[packet[0] & 3] if packet[0] & 3 < 3 else (packet[1] & 63 if len(packet) > 1 else 0)
    return int(_FRAME_MS[packet[0] >> 3] * frames * rate / 1000)
