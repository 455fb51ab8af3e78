import pytest

from gateway.audio.formats import CODECS, check, form, upstream_format
from gateway.errors import Refused
from gateway.protocol.config import Audio
from gateway.upstreams.base import Format

from .chunks import chunkings, heard, joined
from .sounds import decoded_samples, encoded, mp3, tone

SERVED = {
    "pcm_s16le": (Audio(), Format("pcm", 24000, 1, 128000), "samples", 1),
    "mulaw": (Audio(codec="mulaw", rate=8000), Format("pcm", 8000, 1, 128000), "samples", 1),
    "mp3": (Audio(codec="mp3", rate=32000, bitrate=64000), Format("mp3", 32000, 1, 64000), "bytes", 1),
    "wav": (Audio(codec="wav", channels=2), Format("pcm", 24000, 2, 128000), "bytes", 2),
    "flac": (Audio(codec="flac", rate=44100), Format("flac", 44100, 1, 128000), "bytes", 2),
}
SOUNDS = {
    "pcm_s16le": tone(24000),
    "mulaw": tone(8000),
    "mp3": mp3(32000),
    "wav": tone(24000, 2),
    "flac": encoded("flac", "flac", 44100),
}


def test_every_codec_has_an_example():
    assert set(SERVED) == set(SOUNDS) == set(CODECS)


@pytest.mark.parametrize("codec", SERVED)
def test_a_form_is_made_of_what_it_asks_of_upstream(codec: str):
    audio, asked, unit, kind = SERVED[codec]
    made = form(audio, 4096)
    assert (upstream_format(audio), made.unit, made.kind) == (asked, unit, kind)


@pytest.mark.parametrize("codec", SERVED)
def test_every_form_gives_the_same_in_every_chunking_within_the_payload(codec: str):
    made = form(SERVED[codec][0], 2560)
    expected = joined(heard(made, [SOUNDS[codec]]))
    assert expected.data
    for chunks in chunkings(SOUNDS[codec], 10):
        pieces = heard(made, chunks)
        assert joined(pieces) == expected
        assert all(0 < len(piece.data) <= 2560 for piece in pieces)


def test_flac_is_relayed_as_it_is():
    file = joined(heard(form(SERVED["flac"][0], 2560), [SOUNDS["flac"]])).data
    assert file == SOUNDS["flac"]
    assert decoded_samples(file, "flac") == 22050


REFUSED = {
    "opus": (Audio(codec="opus"), "audio.codec", "one of pcm_s16le, mulaw, mp3, wav, flac"),
    "ogg_opus": (Audio(codec="ogg_opus"), "audio.codec", "one of pcm_s16le, mulaw, mp3, wav, flac"),
    "a file a turn": (Audio(codec="wav", file="turn"), "audio.file", "segment"),
    "an odd rate": (
        Audio(rate=48000),
        "audio.rate",
        "one of 8000, 16000, 22050, 24000, 32000, 44100 with pcm_s16le; 44100 is the nearest",
    ),
    "mulaw's rate": (Audio(codec="mulaw"), "audio.rate", "8000 with mulaw"),
    "mulaw's channels": (Audio(codec="mulaw", rate=8000, channels=2), "audio.channels", "1 with mulaw"),
    "too many channels": (Audio(channels=3), "audio.channels", "one of 1, 2 with pcm_s16le; 2 is the nearest"),
    "mp3's bitrate": (
        Audio(codec="mp3", bitrate=96000),
        "audio.bitrate",
        "one of 32000, 64000, 128000, 256000 with mp3; 64000 is the nearest",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_served_is_refused_naming_what_is(name: str):
    audio, field, allowed = REFUSED[name]
    for ask in (check, lambda audio: form(audio, 4096)):
        with pytest.raises(Refused) as refusal:
            ask(audio)
        assert (refusal.value.code, refusal.value.field) == ("unsupported_audio", field)
        assert refusal.value.message == f"{field} must be {allowed}."


def test_a_bitrate_matters_to_mp3_only():
    check(Audio(codec="flac", bitrate=96000))
