from dataclasses import replace

import pytest

from gateway.errors import Refused
from gateway.protocol.config import TimbreWeight, Voice, VoiceModify
from gateway.protocol.languages import LANGUAGES
from gateway.upstreams.base import Codec
from gateway.upstreams.t2a import offer
from gateway.upstreams.t2a.parameters import check

VOICE = Voice()


@pytest.mark.parametrize(
    "voice",
    [
        VOICE,
        *(replace(VOICE, model=model) for model in offer.MODELS),
        replace(VOICE, speed=0.5, vol=0.01, pitch=-12),
        replace(VOICE, speed=2, vol=10, pitch=12),
        *(replace(VOICE, model="speech-2.6-hd", emotion=emotion) for emotion in offer.EMOTIONS),
        replace(VOICE, emotion="happy"),
        replace(VOICE, timbre_weights=tuple(TimbreWeight("v", weight) for weight in (1, 100, 50, 7))),
        replace(VOICE, pronunciation_dict=("omg/oh my god", "处理/(chu3)(li3)", "a/(/b/)")),
        replace(VOICE, voice_modify=VoiceModify(-100, 100, 0, "robotic")),
    ],
)
def test_what_upstream_offers_is_accepted(voice: Voice):
    check(voice, "auto")


@pytest.mark.parametrize(
    ("voice", "field", "allowed"),
    [
        (replace(VOICE, model="speech-3"), "voice.model", "speech-2.8-turbo"),
        (replace(VOICE, speed=0.49), "voice.speed", "0.5 to 2"),
        (replace(VOICE, speed=2.01), "voice.speed", "0.5 to 2"),
        (replace(VOICE, vol=0), "voice.vol", "above 0, up to 10"),
        (replace(VOICE, vol=10.5), "voice.vol", "above 0, up to 10"),
        (replace(VOICE, pitch=13), "voice.pitch", "-12 to 12"),
        (replace(VOICE, emotion="auto"), "voice.emotion", "happy"),
        (replace(VOICE, emotion="whisper"), "voice.emotion", "with this model"),
        (replace(VOICE, emotion="fluent", model="speech-02-hd"), "voice.emotion", "with this model"),
        (replace(VOICE, timbre_weights=()), "voice.timbre_weights", "1 to 4"),
        (replace(VOICE, timbre_weights=(TimbreWeight("v", 1),) * 5), "voice.timbre_weights", "1 to 4"),
        (replace(VOICE, timbre_weights=(TimbreWeight("v", 0),)), "voice.timbre_weights.0.weight", "1 to 100"),
        (replace(VOICE, pronunciation_dict=("a/b", "omg")), "voice.pronunciation_dict.1", "written/spoken"),
        (replace(VOICE, pronunciation_dict=("a/",)), "voice.pronunciation_dict.0", "written/spoken"),
        (replace(VOICE, voice_modify=VoiceModify(pitch=101)), "voice.voice_modify.pitch", "-100 to 100"),
        (
            replace(VOICE, voice_modify=VoiceModify(intensity=-101)),
            "voice.voice_modify.intensity",
            "-100 to 100",
        ),
        (replace(VOICE, voice_modify=VoiceModify(timbre=101)), "voice.voice_modify.timbre", "-100 to 100"),
        (
            replace(VOICE, voice_modify=VoiceModify(sound_effects="cave")),
            "voice.voice_modify.sound_effects",
            "lofi_telephone",
        ),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_name_and_what_is_allowed(voice: Voice, field: str, allowed: str):
    with pytest.raises(Refused) as refused:
        check(voice, "auto")
    assert (refused.value.code, refused.value.field) == ("bad_request", field)
    assert allowed in refused.value.message


@pytest.mark.parametrize("codec", ["pcm", "flac"])
def test_a_modified_voice_is_streamed_as_mp3_only(codec: Codec):
    modified = replace(VOICE, voice_modify=VoiceModify(pitch=3))
    check(modified, "auto", "mp3")
    check(VOICE, "auto", codec)
    with pytest.raises(Refused) as refused:
        check(modified, "auto", codec)
    assert (refused.value.code, refused.value.field) == ("bad_request", "voice.voice_modify")
    assert refused.value.message == "voice.voice_modify must be null unless audio.codec is mp3."


@pytest.mark.parametrize("language", ["fa", "fil", "ta"])
def test_three_languages_need_a_newer_model(language: str):
    check(VOICE, language)
    for model in ("speech-01-hd", "speech-02-turbo"):
        with pytest.raises(Refused, match="speech-02"):
            check(replace(VOICE, model=model), language)


def test_every_language_has_its_own_name_upstream():
    assert set(offer.LANGUAGE_BOOST) == {*LANGUAGES, "auto"}
    assert len(set(offer.LANGUAGE_BOOST.values())) == 41
    with pytest.raises(Refused):
        check(VOICE, "tlh")
