import pytest

from gateway.audio import formats
from gateway.audio.base import Form
from gateway.audio.formats import CODECS, check, is_made, needs_libav, upstream_format
from gateway.audio.loudness import Loudness
from gateway.errors import Refused
from gateway.protocol.config import Audio
from gateway.upstreams.base import Format

from .chunks import chunkings, heard, heard_out, joined
from .sounds import decoded_samples, encoded, mp3, tone

SERVED = {
    "pcm_s16le": (Audio(), Format("pcm", 24000, 1, 128000), "samples", 1),
    "mulaw": (Audio(codec="mulaw", rate=8000), Format("pcm", 8000, 1, 128000), "samples", 1),
    "mp3": (Audio(codec="mp3", rate=32000, bitrate=64000), Format("mp3", 32000, 1, 64000), "bytes", 1),
    "opus": (Audio(codec="opus", rate=48000, bitrate=24000), Format("pcm", 44100, 1, 128000), "samples", 1),
    "wav": (Audio(codec="wav", channels=2), Format("pcm", 24000, 2, 128000), "bytes", 2),
    "flac": (Audio(codec="flac", rate=44100), Format("flac", 44100, 1, 128000), "bytes", 2),
    "ogg_opus": (Audio(codec="ogg_opus", rate=12000, bitrate=24000), Format("pcm", 24000, 1, 128000), "bytes", 2),
}
SOUNDS = {
    "pcm_s16le": tone(24000),
    "mulaw": tone(8000),
    "mp3": mp3(32000),
    "opus": tone(44100),
    "wav": tone(24000, 2),
    "flac": encoded("flac", "flac", 44100),
    "ogg_opus": tone(24000),
}


def form(audio: Audio, largest: int) -> Form:
    return formats.form(audio, largest, Loudness())


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
    expected = joined(heard_out(made, [SOUNDS[codec]]))
    assert expected.data
    for chunks in chunkings(SOUNDS[codec], 10):
        pieces = heard_out(form(SERVED[codec][0], 2560), chunks)
        assert joined(pieces) == expected
        assert all(0 < len(piece.data) <= 2560 for piece in pieces)


def test_flac_is_relayed_as_it_is():
    file = joined(heard(form(SERVED["flac"][0], 2560), [SOUNDS["flac"]])).data
    assert file == SOUNDS["flac"]
    assert decoded_samples(file, "flac") == 22050


REFUSED = {
    "a file a turn of a stream": (Audio(codec="mp3", file="turn"), "audio.file", "segment with mp3"),
    "an odd rate": (
        Audio(rate=11025),
        "audio.rate",
        "one of 8000, 16000, 22050, 24000, 32000, 44100, 48000 with pcm_s16le; 8000 is the nearest",
    ),
    "opus's rate": (
        Audio(codec="opus", rate=44100, bitrate=32000),
        "audio.rate",
        "one of 8000, 12000, 16000, 24000, 48000 with opus; 48000 is the nearest",
    ),
    "opus's packet": (
        Audio(codec="opus", bitrate=32000, frame_ms=30),
        "audio.frame_ms",
        "one of 10, 20, 40, 60 with opus; 20 is the nearest",
    ),
    "a frame of half a sample": (Audio(rate=22050, frame_ms=10), "audio.frame_ms", "a multiple of 20 with rate 22050"),
    "a frame too long": (Audio(frame_ms=86), "audio.frame_ms", "at most 85 for a frame to fit into max_frame_bytes"),
    "a frame of mp3": (Audio(codec="mp3", frame_ms=20), "audio.frame_ms", "null with mp3"),
    "the size of what is no file": (
        Audio(file_bytes=1_000_000),
        "audio.file_bytes",
        "null but for one ogg_opus file a turn",
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
    with pytest.raises(Refused) as refusal:
        check(audio, 4096)
    assert (refusal.value.code, refusal.value.field) == ("unsupported_audio", field)
    assert refusal.value.message == f"{field} must be {allowed}."


def test_a_bitrate_matters_to_what_is_compressed():
    check(Audio(codec="flac", bitrate=96000), 4096)
    with pytest.raises(Refused, match="from 6000 to 128000; 128000 is the nearest"):
        check(Audio(codec="opus", bitrate=256000), 4096)


def test_what_upstream_gives_in_the_right_form_is_relayed():
    assert [codec for codec, (audio, *_) in SERVED.items() if is_made(audio)] == ["opus", "ogg_opus"]
    assert is_made(Audio(frame_ms=20))
    assert not needs_libav(Audio(frame_ms=20))


NEEDING = {
    "audio.codec opus": Audio(codec="opus", bitrate=32000),
    "audio.rate 48000": Audio(rate=48000),
    "audio.loudness": Audio(codec="mp3", loudness=-18.0),
    "audio.file turn": Audio(codec="flac", file="turn"),
}


@pytest.mark.parametrize("what", NEEDING)
def test_without_the_extra_what_needs_it_is_refused_saying_what_to_install(what: str, monkeypatch):
    monkeypatch.setattr(formats, "installed", lambda: False)
    with pytest.raises(Refused) as refusal:
        check(NEEDING[what], 4096)
    assert (refusal.value.code, refusal.value.field) == ("unsupported_audio", what.split(maxsplit=1)[0])
    assert refusal.value.message == f'{what} needs the gateway\'s `codecs` extra: pip install "voice-gateway[codecs]".'
    check(Audio(frame_ms=20), 4096)
