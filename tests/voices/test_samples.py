"""What a sample is, by its content."""

import io
import struct

import av
import numpy as np
import pytest

from gateway.errors import Refused
from gateway.voices import samples
from gateway.voices.samples import Sample, probe
from tests.emulator.account import sample


def encoded(form: str, codec: str, seconds: float = 11.0, rate: int = 44100, *, picture: bool = False) -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate)
        film = container.add_stream("mpeg4", rate=1, width=64, height=64, pix_fmt="yuv420p") if picture else None
        tone = np.sin(np.arange(round(seconds * rate)) / 30).astype("<f4")[None] * 0.1
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if film is not None:
            container.mux(film.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(film.encode(None))
    return written.getvalue()


@pytest.mark.parametrize(
    ("form", "file"),
    [("mp3", encoded("mp3", "libmp3lame")), ("m4a", encoded("ipod", "aac")), ("wav", sample(11))],
)
def test_the_three_forms_are_known_by_their_content_and_measured(form, file):
    found = probe(io.BytesIO(file), "audio", 300)
    assert (found.form, found.seconds) == (form, pytest.approx(11, abs=0.1))


def test_a_header_that_lies_about_the_length_is_not_believed():
    honest = sample(3)
    lying = honest[:40] + struct.pack("<I", 100 * len(honest)) + honest[44:]
    assert probe(io.BytesIO(lying), "audio", 300).seconds == pytest.approx(3, abs=0.01)


def test_a_long_one_is_not_read_to_its_end():
    assert probe(io.BytesIO(sample(200)), "audio", 8) == Sample("wav", pytest.approx(9, abs=0.5))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00" * 5000,
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        encoded("flac", "flac", 1),
        encoded("mp4", "aac", 1, picture=True),
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\n/etc/hostname\n#EXT-X-ENDLIST\n",
    ],
    ids=["empty", "zeros", "cut", "flac", "film", "list of files", "playlist"],
)
def test_what_is_none_of_them_is_refused(file):
    with pytest.raises(Refused, match=r"audio must be an mp3, m4a or wav file"):
        probe(io.BytesIO(file), "audio", 300)


def test_without_libav_it_is_said_what_is_missing(monkeypatch):
    monkeypatch.setattr(samples, "installed", lambda: False)
    with pytest.raises(Refused, match=r"voice-gateway\[codecs\]") as refused:
        probe(io.BytesIO(sample(11)), "audio", 300)
    assert refused.value.code == "unsupported_audio"
