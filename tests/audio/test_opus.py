import io
import itertools
import random
import struct

import numpy as np
import pytest
import soundfile

from gateway.audio import ogg
from gateway.audio.base import Piece
from gateway.audio.files import file
from gateway.audio.ogg_opus import OggOpus
from gateway.audio.opus import FRAME_MS, PRE_SKIP, RATES, Encoder, Packets
from gateway.protocol.config import Audio

from .sounds import decoded_samples, tone


def decoded(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), dtype="int16")[0]


def pages(data: bytes) -> list[tuple[int, int, int, list[bytes]]]:
    """Flags, granule, number and packets of each, its checksum proved bit by bit."""
    found = []
    while data:
        magic, version, flags, granule, _, number, checksum, count = struct.unpack_from("<4sBBqIIIB", data)
        assert (magic, version) == (b"OggS", 0)
        lacing = data[27 : 27 + count]
        size = 27 + count + sum(lacing)
        assert checksum == slow_checksum(data[:22] + bytes(4) + data[26:size])
        packets, packet, at = [], b"", 27 + count
        for value in lacing:
            packet += data[at : at + value]
            at += value
            if value < 255:
                packets.append(packet)
                packet = b""
        assert packet == b""
        found.append((flags, granule, number, packets))
        data = data[size:]
    return found


def slow_checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return value


def fed(form: Packets | OggOpus, pcm: bytes, size: int = 2880) -> list[Piece]:
    return [piece for at in range(0, len(pcm), size) for piece in form.feed(pcm[at : at + size])]


def levels_of(samples: np.ndarray, rate: int) -> np.ndarray:
    """Of each whole 10 ms."""
    hop = rate // 100
    return np.sqrt(np.mean(samples[: len(samples) // hop * hop].astype(float).reshape(-1, hop) ** 2, axis=1))


def levels(data: bytes, rate: int) -> np.ndarray:
    return levels_of(decoded(data), rate)


@pytest.mark.parametrize("size", [0, 1, 254, 255, 256, 510, 511, 1275])
def test_a_packet_of_any_size_is_laced(size: int):
    stream = ogg.Stream(7)
    packet = random.Random(size).randbytes(size)
    assert len(pages(stream.page([packet], 0))[0][3][0]) == size
    assert pages(stream.page([packet, b"x"], 5, last=True)) == [(4, 5, 1, [packet, b"x"])]
    assert ogg.laced(packet) == size // 255 + 1


@pytest.mark.parametrize("ms", FRAME_MS)
@pytest.mark.parametrize("rate", RATES)
def test_packets_are_of_one_length_and_hold_all_sound_also_its_last_sample(rate: int, ms: int):
    sound = tone(rate, seconds=0.333)
    packets = Packets(Encoder(rate, 1, 32000, ms))
    pieces = fed(packets, sound, 1234) + packets.end_turn()
    assert {piece.samples for piece in pieces} == {rate * ms // 1000}
    ahead = PRE_SKIP * rate // 48000
    assert len(pieces) == -(-(len(sound) // 2 + ahead) // pieces[0].samples)
    audio = Audio(codec="opus", rate=rate, frame_ms=ms)
    heard = levels(file(audio, [[piece.data for piece in pieces]])[1], rate)
    true = levels_of(np.frombuffer(sound, "<i2"), rate)
    assert np.abs(heard[: len(true)] / true - 1).max() < 0.35
    assert heard[len(true) + 2 :].max(initial=0) < 0.1 * true.max()


def test_a_turn_without_sound_has_no_packet():
    assert Packets(Encoder(24000, 1, 32000, 20)).end_turn() == []


def test_a_file_a_turn_has_pages_that_leave_as_they_are_full_and_ends_at_the_last_sample():
    form = OggOpus(Encoder(24000, 1, 32000, None), 400, parts=False, file_bytes=None)
    sounds = [tone(24000, seconds=seconds) for seconds in (1.29, 0.51, 0.333)]
    segments = [fed(form, sound) + form.end_segment() for sound in sounds]
    assert all(segments)
    pieces = [piece for segment in segments for piece in segment] + form.end_turn()
    assert all(0 < len(piece.data) <= 400 for piece in pieces)
    length = sum(map(len, sounds)) // 2
    assert sum(piece.samples for piece in pieces) == length
    data = b"".join(piece.data for piece in pieces)
    assert len(decoded(data)) == length
    found = pages(data)
    assert [number for _, _, number, _ in found] == list(range(len(found)))
    assert [flags for flags, _, _, _ in found] == [2] + [0] * (len(found) - 2) + [4]
    assert found[-1][1] == PRE_SKIP + length * 2
    assert max(len(packets) for _, _, _, packets in found) == 50
    assert found[0][3][0][:8] == b"OpusHead"


def test_a_file_a_segment_is_whole_and_two_of_them_are_a_chain():
    form = OggOpus(Encoder(24000, 1, 32000, None), 4000, parts=True, file_bytes=None)
    sounds = [tone(24000, seconds=0.3), tone(24000, seconds=0.2)]
    files = [b"".join(piece.data for piece in fed(form, sound) + form.end_segment()) for sound in sounds]
    assert [len(decoded(data)) for data in files] == [7200, 4800]
    assert form.end_turn() == []
    serials = {data[14:18] for data in files}
    assert len(serials) == 2


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("rate", RATES)
def test_a_file_that_another_process_has_begun_goes_on_behind_each_of_its_pages(rate: int, parts: bool):
    sound, ahead = tone(rate, seconds=3.333), PRE_SKIP * rate // 48000
    whole = OggOpus(Encoder(rate, 1, 32000, None), 1 << 20, parts=parts, file_bytes=None)
    pieces = fed(whole, sound) + (whole.end_segment() if parts else whole.end_turn())
    for number in range(1, len(pieces)):
        begun = b"".join(piece.data for piece in pieces[:number])
        at = sum(piece.samples for piece in pieces[:number])
        heir = OggOpus(Encoder(rate, 1, 32000, None), 1 << 20, parts=parts, file_bytes=None)
        assert heir.go_on(begun)
        rest = fed(heir, sound[at * 2 :]) + (heir.end_segment() if parts else heir.end_turn())
        data = begun + b"".join(piece.data for piece in rest)
        assert [found[2] for found in pages(data)] == list(range(len(pages(data))))
        length = len(sound) // 2 + ahead
        assert at + sum(piece.samples for piece in rest) == length
        assert decoded_samples(data, "ogg") == len(decoded(data)) * 48000 // rate == length * 48000 // rate
        heard = levels(data, rate)[1:333]
        assert heard.min() > 0.5 * heard.max()


def test_a_file_that_another_process_has_finished_takes_nothing_more_and_the_next_is_another():
    sound = tone(24000, seconds=0.3)
    first = OggOpus(Encoder(24000, 1, 32000, None), 4000, parts=True, file_bytes=None)
    begun = b"".join(piece.data for piece in fed(first, sound) + first.end_segment())
    heir = OggOpus(Encoder(24000, 1, 32000, None), 4000, parts=True, file_bytes=None)
    assert heir.go_on(begun)
    assert fed(heir, sound) + heir.end_segment() == []
    after = b"".join(piece.data for piece in fed(heir, sound) + heir.end_segment())
    assert (len(decoded(after)), after[14:18]) == (7200, struct.pack("<I", 1))


def test_a_file_that_lacks_only_its_end_is_ended_where_its_pages_end():
    form = OggOpus(Encoder(24000, 1, 32000, None), 1 << 20, parts=False, file_bytes=None)
    begun = b"".join(piece.data for piece in fed(form, tone(24000, seconds=1.0)) + form.end_segment())
    heir = OggOpus(Encoder(24000, 1, 32000, None), 1 << 20, parts=False, file_bytes=None)
    assert heir.go_on(begun)
    data = begun + b"".join(piece.data for piece in heir.end_turn())
    assert pages(data)[-1][0::3] == (4, [])
    assert decoded_samples(data, "ogg") == pages(data)[-1][1] - PRE_SKIP == 48000 - PRE_SKIP
    assert heir.end_turn() == []


def test_what_does_not_end_with_a_page_cannot_be_gone_on_with():
    form = OggOpus(Encoder(24000, 1, 32000, None), 1 << 20, parts=False, file_bytes=None)
    data = b"".join(piece.data for piece in fed(form, tone(24000, seconds=0.5)) + form.end_turn())
    ends = [ends for ends in range(1, len(data)) if ogg.last_page(data[:ends]) is not None]
    sizes = [27 + sum(map(ogg.laced, packets)) + sum(map(len, packets)) for _, _, _, packets in pages(data)]
    assert ends == list(itertools.accumulate(sizes))[:-1]
    assert ogg.last_page(data) == ogg.Page(last=True, granule=PRE_SKIP + 24000, serial=0, number=2)
    assert ogg.last_page(data + b"OggS") is None
    assert ogg.last_page(b"x" + data) is None


def test_a_file_that_should_stay_small_does_at_any_length_and_loses_no_sound():
    noise = np.random.default_rng(1).normal(0, 3000, 8000 * 10).astype("<i2").tobytes()
    form = OggOpus(Encoder(8000, 1, 32000, None), 1 << 20, parts=False, file_bytes=100_000)
    pieces = []
    for _ in range(6):
        pieces += fed(form, noise, 16000) + form.end_segment()
    pieces += form.end_turn()
    data = b"".join(piece.data for piece in pieces)
    assert len(data) < 100_000 < 60 * 32000 // 8
    assert len(decoded(data)) == 60 * 8000


def test_a_bitrate_that_changes_leaves_no_gap():
    sound = tone(24000, seconds=1.0)
    encoder = Encoder(24000, 1, 32000, 20)
    packets = encoder.feed(sound[: len(sound) // 2])
    encoder.retune(16000)
    packets += encoder.feed(sound[len(sound) // 2 :]) + encoder.end()
    heard = levels(file(Audio(codec="opus"), [packets])[1], 24000)[:100]
    assert heard[1:].min() > 0.75 * heard.max()
