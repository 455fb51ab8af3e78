"""Every container at every rate decodes to the length that is told."""

import pytest

from tests.emulator.served import decoded, order, post, samples, spoken, streamed

RATES = (8000, 16000, 22050, 24000, 32000, 44100)
TEXT = "one two three"


def answered(url, container, rate, channels):
    audio = {"format": container, "sample_rate": rate, "channel": channels}
    body = order(TEXT, voice="test_tones", audio=audio)
    *going, last = streamed(url, body)
    chunks = bytes.fromhex("".join(event["data"]["audio"] for event in going))
    return last["extra_info"], chunks, bytes.fromhex(last["data"]["audio"])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("container", ["mp3", "flac", "wav", "pcmu_wav", "opus"])
def test_files_and_streams_decode_to_the_same_length(url, container, rate, channels):
    info, chunks, file = answered(url, container, rate, channels)
    count, decoded_rate, decoded_channels = decoded(file)
    assert decoded(chunks) == (count, decoded_rate, decoded_channels)
    assert decoded_channels == info["audio_channel"] == channels
    assert decoded_rate == (48000 if container == "opus" else info["audio_sample_rate"])
    padding = 3 * 1152 / rate if container == "mp3" else 0
    assert count / decoded_rate == pytest.approx(info["audio_length"] / 1000 + padding / 2, abs=0.001 + padding / 2)


@pytest.mark.parametrize("rate", RATES)
def test_raw_forms_have_the_length_that_is_told(url, rate):
    for container, width, real_rate in (("pcm", 4, rate), ("pcmu_raw", 2, 8000)):
        info, chunks, file = answered(url, container, rate, 2)
        assert chunks == file
        assert info["audio_sample_rate"] == real_rate
        assert len(file) / width / real_rate == pytest.approx(info["audio_length"] / 1000, abs=0.001)


def test_both_channels_carry_the_same(url):
    both = samples(spoken(url, order(TEXT, voice="test_tones", audio={"channel": 2})))
    assert (both[::2] == both[1::2]).all()
    assert both[::2].tobytes() == spoken(url, order(TEXT, voice="test_tones"))


@pytest.mark.parametrize(("rate", "told"), [(8000, 64000), (16000, 160000), (24000, 160000), (32000, 256000)])
def test_the_bitrate_told_is_the_one_that_comes_out(url, rate, told):
    text = "word " * 80
    audio = {"format": "mp3", "sample_rate": rate, "bitrate": 256000, "force_cbr": True}
    info = post(url, order(text, voice="test_tones", audio=audio)).json()["extra_info"]
    assert info["bitrate"] == told
    assert 8000 * (info["audio_size"] - 564) / info["audio_length"] == pytest.approx(told, rel=0.04)
