"""Opus packets by libopus, and what a decoder that is not ours makes of them."""

import io
from fractions import Fraction

import av

PACKET = 480
"""Samples of 24 kHz: 20 ms."""


def encoded(pcm: bytes, frame_ms: int = 20) -> list[bytes]:
    """16-bit mono of 24 kHz; the encoder's last look ahead stays in it."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = 24_000, "mono", "s16"
    context.time_base = Fraction(1, 24_000)
    context.options = {"application": "voip", "frame_duration": str(frame_ms)}
    context.open()
    size = 48 * frame_ms
    packets = []
    for at in range(0, len(pcm) - len(pcm) % size, size):
        frame = av.AudioFrame(format="s16", layout="mono", samples=size // 2)
        frame.planes[0].update(pcm[at : at + size])
        frame.sample_rate, frame.pts, frame.time_base = 24_000, at // 2, Fraction(1, 24_000)
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets


def decoded(ogg: bytes) -> tuple[int, list[bytes]]:
    """Samples of 48 kHz that a player plays, and the packets that the file holds."""
    with av.open(io.BytesIO(ogg)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    with av.open(io.BytesIO(ogg)) as container:
        return sum(frame.samples for frame in container.decode(audio=0)), packets
