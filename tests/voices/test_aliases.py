"""The operator's file of voices."""

import tomllib

import pytest

from gateway.errors import Refused
from gateway.protocol.config import TimbreWeight
from gateway.voices.aliases import aliases

FILE = """
[narrator]
description = "Tells what happens."
voice_id = "English_Graceful_Lady"
speed = 0.9
pronunciation_dict = ["omg/oh my god"]

[narrator.voices.ja-JP]
voice_id = "Japanese_KindLady"
pitch = 2

[choir]
timber_weights = [{ voice_id = "Wise_Woman", weight = 30 }, { voice_id = "Deep_Voice_Man", weight = 70 }]
english_normalization = true

[choir.voices.yue]
voice_id = "Cantonese_GentleLady"
"""


def test_an_alias_is_a_voice_whole_for_each_language_it_names():
    narrator = {"voice_id": "English_Graceful_Lady", "speed": 0.9, "pronunciation_dict": ("omg/oh my god",)}
    mixture = (TimbreWeight("Wise_Woman", 30), TimbreWeight("Deep_Voice_Man", 70))
    assert aliases(tomllib.loads(FILE)) == {
        "narrator": {"auto": narrator, "ja": {**narrator, "voice_id": "Japanese_KindLady", "pitch": 2}},
        "choir": {
            "auto": {"timbre_weights": mixture, "text_normalization": True},
            "yue": {"voice_id": "Cantonese_GentleLady", "text_normalization": True},
        },
    }


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("narrator = 3", "narrator must be an object."),
        ('[""]', "an alias must be a string of 1 to 256 characters."),
        ("[a]", "a.voice_id must be given, or timbre_weights."),
        ("[a]\nspeed = 1", "a.voice_id must be given, or timbre_weights."),
        ('[a]\nvoice_id = "v"\nspeed = 3', "a.speed must be a number from 0.5 to 2; 2 is the nearest."),
        ('[a]\nvoice_id = "v"\npitch = 1.5', "a.pitch must be a whole number from -12 to 12; 2 is the nearest."),
        ('[a]\nvoice_id = "v"\nemotion = "hapy"', "did you mean happy?"),
        ('[a]\nvoice_id = "v"\nemotion = "whisper"', "a.emotion must be null or one of happy, sad"),
        ('[a]\nvoice_id = "v"\nmodel = "speech-2.8"', "did you mean speech-2.8-hd?"),
        ('[a]\nvoice_id = "v"\nsped = 1', "a.sped must be left out; known are description, voices, voice_id, "),
        ('[a]\nvoice_id = "v"\nsped = 1', "did you mean speed?"),
        ('[a]\nvoice_id = "v"\nvoices = 1', "a.voices must be an object."),
        ('[a]\nvoice_id = "v"\ndescription = 1', "a.description must be a string of 0 to 1000 characters."),
        ('[a]\nvoice_id = "v"\n[a.voices.tlh]', "a.voices.tlh must be named by a BCP-47 tag"),
        (
            '[a]\nvoice_id = "v"\n[a.voices.zh-HK]\n[a.voices.yue]',
            "a.voices.yue must be left out: yue is there already",
        ),
        ('[a]\nvoice_id = "v"\n[a.voices.ja]\nspeed = 9', "a.voices.ja.speed must be a number from 0.5 to 2"),
        ('[a]\nvoice_id = "v"\n[a.voices.ja]\nlanguage = "ja"', "a.voices.ja.language must be left out; known are"),
        (
            '[a]\nvoice_id = "v"\nmodel = "speech-02-hd"\n[a.voices.fa]',
            "a.voices.fa.model must be a model that speaks fa",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_named_by_alias_and_field(file: str, message: str):
    with pytest.raises(Refused) as refused:
        aliases(tomllib.loads(file))
    assert message in refused.value.message
