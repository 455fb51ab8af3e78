"""The catalogue, put together and searched."""

import tomllib

import pytest

from gateway.upstreams.management.answers import Listed
from gateway.upstreams.t2a.offer import MODELS
from gateway.voices.aliases import aliases, descriptions
from gateway.voices.entries import Entry, Query, chosen, entries
from gateway.voices.known import known, names, samples
from gateway.voices.record import LIFETIME_S, VoiceRecord

FILE = tomllib.loads(
    """
[narrator]
description = "Tells what happens."
voice_id = "Japanese_KindLady"
model = "speech-02-hd"

[ghost]
timbre_weights = [{ voice_id = "Wise_Woman", weight = 30 }, { voice_id = "Deep_Voice_Man", weight = 70 }]
"""
)
LISTED = [
    Listed("Persian_female_1_v1", "system", "Farsi Woman", "Warm."),
    Listed("female-shaonv", "system"),
    Listed("jazz-1", "music", created="2025-08-20"),
    Listed("my-clone", "cloned", created="2025-08-21"),
]
WAITING = VoiceRecord("waiting-1", "designed", 1_000_000.0, "fa", "An old sailor.")
ALL = entries(LISTED, {"waiting-1": WAITING}, aliases(FILE), descriptions(FILE))
NOT_PERSIAN = {model for model, each in MODELS.items() if "fa" in each.lacks}


def test_aliases_come_first_and_upstreams_own_voices_last_in_their_languages():
    ids = [entry.voice_id for entry in ALL]
    assert ids == ["narrator", "ghost", "my-clone", "waiting-1", "jazz-1", "female-shaonv", "Persian_female_1_v1"]


def test_what_upstream_does_not_say_of_its_voices_is_known_here():
    shown = ALL[5].shown()
    assert (shown["name"], shown["language"], shown["gender"], shown["state"]) == ("少女", "zh", "female", "active")
    assert (ALL[6].name, ALL[6].language, ALL[6].description) == ("Farsi Woman", "fa", "Warm.")
    assert set(MODELS) - set(ALL[6].models) == NOT_PERSIAN


def test_what_upstream_hides_is_shown_from_our_record_with_its_deadline_and_fee():
    assert ALL[3].shown() == {
        "voice_id": "waiting-1",
        "kind": "designed",
        "name": "waiting-1",
        "language": "fa",
        "gender": None,
        "description": "An old sailor.",
        "created": "1970-01-12",
        "models": tuple(model for model in MODELS if model not in NOT_PERSIAN),
        "state": "inactive",
        "expires_at": 1_000_000.0 + LIFETIME_S,
        "fee_usd": 3.0,
    }


def test_an_alias_tells_what_it_is_like_and_not_whom_it_stands_for():
    expected = Entry("narrator", "alias", "narrator", "ja", "female", "Tells what happens.", models=("speech-02-hd",))
    assert ALL[0] == expected
    assert (ALL[1].language, ALL[1].gender) == ("en", "male")


def test_what_was_deleted_is_not_shown_though_an_older_list_has_it():
    deleted = VoiceRecord("my-clone", "cloned", 1.0, activated_at=2.0, ended="deleted", ended_at=3.0)
    assert "my-clone" not in [entry.voice_id for entry in entries(LISTED, {"my-clone": deleted}, {}, {})]


def test_until_upstream_has_answered_its_known_voices_are_shown():
    assert {entry.voice_id for entry in entries(None, {}, {}, {})} == set(known())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "chinese FEMALE"}, ["female-shaonv"]),
        ({"q": "male"}, ["ghost"]),
        ({"q": "sailor"}, ["waiting-1"]),
        ({"q": "japanese tells"}, ["narrator"]),
        ({"q": "jap tells not"}, []),
        ({"kind": "music"}, ["jazz-1"]),
        ({"language": "fa"}, ["waiting-1", "Persian_female_1_v1"]),
        ({"gender": "male"}, ["ghost"]),
        ({"limit": 2, "offset": 1}, ["ghost", "my-clone"]),
    ],
)
def test_voices_are_found_by_words_kind_language_and_gender(query, found):
    assert [entry.voice_id for entry in chosen(ALL, Query(**query), None)[1]] == found


def test_a_page_says_how_many_there_are_and_rights_limit_both():
    total, page = chosen(ALL, Query(limit=1), {"my-clone", "jazz-1"})
    assert (total, [entry.voice_id for entry in page]) == (2, ["my-clone"])


def test_the_data_is_whole():
    assert set(samples()) == set(names())
    for voice in known().values():
        assert voice.language in names(), voice
        assert voice.label, voice
        assert voice.gender in (None, "female", "male"), voice
