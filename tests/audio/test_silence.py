"""Silence, decoded by a library that is not ours."""

import io

import av
import numpy as np
import pytest

from gateway.audio.mpeg import FrameSplitter
from gateway.audio.silence import silence
from gateway.upstreams.base import Format
from tests.audio.sounds import mp3

RATES = (8000, 16000, 22050, 24000, 32000, 44100)


def decoded(data: bytes, codec: str) -> np.ndarray:
    with av.open(io.BytesIO(data), format=codec) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("ms", [1, 700, 3000])
def test_flac_silence_is_as_long_as_asked_for(rate: int, channels: int, ms: int):
    sound = decoded(silence(Format("flac", rate, channels, 0), ms), "flac")
    assert not sound.any()
    assert sound.shape == (1, rate * ms // 1000 * channels)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("bitrate", [32000, 64000, 128000, 256000])
def test_mp3_silence_is_whole_frames_of_nothing(rate: int, channels: int, bitrate: int):
    data = silence(Format("mp3", rate, channels, bitrate), 700)
    splitter = FrameSplitter()
    frames = splitter.feed(data) + splitter.end()
    samples = sum(frame.samples for frame in frames)
    assert b"".join(frame.data for frame in frames) == data
    assert 0 <= samples - rate * 700 / 1000 < frames[0].samples
    sound = decoded(data, "mp3")
    assert not sound.any()
    assert sound.shape == (channels, samples)


def test_mp3_silence_joins_a_voices_stream():
    voice = mp3()
    pause = silence(Format("mp3", 24000, 1, 64000), 500)
    sound = decoded(voice + pause + voice, "mp3")
    alone = decoded(voice, "mp3")
    assert sound.shape[1] == 2 * alone.shape[1] + 24000 // 2 + (-12000 % 576)


def test_pcm_silence_is_zeros():
    assert silence(Format("pcm", 8000, 2, 0), 10) == bytes(320)
