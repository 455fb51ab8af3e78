"""Opus in Ogg without ffmpeg, read back by libavformat and by RFC 3533's own words."""

import random
import struct

import pytest
from voice_gateway_client import record
from voice_gateway_client.messages import AudioFormat
from voice_gateway_client.ogg import OggOpus, ogg
from voice_gateway_client.opus import samples

from tests.client_python.packets import decoded, encoded

MONO = AudioFormat("opus", 24_000, 1, "samples")


def noise(seconds: float, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    return b"".join(struct.pack("<h", chance.randrange(-9000, 9000)) for _ in range(int(24_000 * seconds)))


def crc(page: bytes) -> int:
    """Bit by bit, as the RFC tells it."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ 0x04C11DB7 if register >> 31 else register << 1) & 0xFFFFFFFF
    return register


def pages(file: bytes) -> list[tuple]:
    """(flags, granule, number, payload) of each; a wrong checksum or length fails."""
    found = []
    while file:
        magic, version, flags, granule, _, number, checksum, laces = struct.unpack_from("<4sBBqIIIB", file)
        size = 27 + laces + sum(file[27 : 27 + laces])
        page = file[:size]
        assert (magic, version, len(page)) == (b"OggS", 0, size)
        assert crc(page[:22] + bytes(4) + page[26:]) == checksum
        found.append((flags, granule, number, page[27 + laces :]))
        file = file[size:]
    return found


@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
def test_a_packet_tells_how_long_it_sounds(frame_ms):
    packets = encoded(noise(0.3), frame_ms)
    assert {samples(packet, 24_000) for packet in packets} == {24 * frame_ms}


@pytest.mark.parametrize(
    ("packet", "length"), [(b"", 0), (b"\xf8\xff\xfe", 960), (b"\xf9", 1920), (b"\xfb", 0), (b"\xfb\x03", 2880)]
)
def test_a_packet_of_several_frames_is_as_long_as_they(packet, length):
    assert samples(packet) == length


@pytest.mark.parametrize("seconds", [0.02, 0.98, 1.0, 1.02, 3.3])
def test_a_file_holds_the_packets_and_plays_as_long_as_they(seconds):
    packets = encoded(noise(seconds))
    played, held = decoded(ogg(packets))
    assert held == packets
    assert played == len(packets) * 960 - 312


def test_large_packets_make_more_pages():
    packets = [b"\xfc" + bytes([number]) * 1500 for number in range(100)]
    found = pages(ogg(packets))
    assert b"".join(page[3] for page in found[2:]) == b"".join(packets)
    assert [page[2] for page in found] == list(range(len(found)))
    assert [page[0] for page in found] == [2, *[0] * (len(found) - 2), 4]
    assert len(found) == 5


def test_the_granule_counts_what_has_ended_and_the_end_may_lie_within_a_packet():
    file = OggOpus()
    parts = [file.begin(), *[file.add(packet) for packet in [b"\xf8\xff\xfe"] * 60], file.end(57_000)]
    assert [page[1] for page in pages(b"".join(parts))] == [0, 0, 48_000, 57_312]


@pytest.mark.parametrize("name", ["a.ogg", "a.opus"])
def test_it_is_recorded_as_it_comes(tmp_path, name):
    packets = encoded(noise(0.5))
    recording = record(str(tmp_path / name))
    assert recording.codec == "opus"
    for packet in packets:
        recording.write(packet, MONO)
    recording.close()
    assert decoded((tmp_path / name).read_bytes())[1] == packets
