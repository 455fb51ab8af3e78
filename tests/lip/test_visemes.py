"""Phonemes become what is seen of them, at times that share out their words'."""

import json
import random
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.espeak.languages import TAGS
from gateway.espeak.pool import Job, open_pool
from gateway.lip import visemes
from gateway.lip.visemes import SILENCE, VISEMES, shown, track


class Word(NamedTuple):
    from_ms: float
    to_ms: float


SENTENCES = json.loads((Path(__file__).parent.parent / "end_to_end/sentences.json").read_text("utf-8"))
"""In the forty languages."""

IPA = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟʘǀǃǂǁɓɗʄɠʛʍwɥʜʢʡɕʑɺɧiyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝ"
"""The chart of 2020."""


def test_the_fifteen_visemes_are_those_that_avatars_know():
    assert " ".join(VISEMES) == "sil PP FF TH DD kk CH SS nn RR aa E ih oh ou"


@pytest.mark.parametrize("letter", IPA)
def test_every_letter_of_the_ipa_is_seen(letter):
    assert len(shown(letter).visemes) == 1


@pytest.mark.parametrize(
    ("phoneme", "seen"),
    [
        ("ˈoʊ", "oh ou"),
        ("aɪə", "aa ih E"),
        ("ˈɔːɹ", "oh RR"),
        ("t͡ʃ", "CH"),
        ("tʃʲ", "CH"),
        ("pf", "PP FF"),
        ("ts", "SS"),
        ("tɕh", "CH"),
        ("th", "DD"),
        ("ts.h", "CH"),
        ("cʰcʰ", "kk"),
        ("ɑ̃", "aa"),
        ("ç", "ih"),
        ("ˈɑuɜ", "aa ou"),
        ("ɜ", "E"),
        ("ˈɜː", "E"),
        ("iɛ5", "ih E"),
        ("onɡ5", "oh kk"),
        ("ɯᵝ", "ou"),
        ("h", "kk"),
        ("ˈha", "kk aa"),
        ("ʲ", ""),
        ("", ""),
    ],
)
def test_a_phoneme_is_read_by_its_letters(phoneme, seen):
    assert list(shown(phoneme).visemes) == seen.split()


def _unknown(name: str) -> str:
    rest = visemes._LETTER.sub("", visemes._UNSEEN.sub("", unicodedata.normalize("NFD", name)))
    return "".join(each for each in rest if unicodedata.category(each) in {"Ll", "Lu", "Lo"})


async def test_every_phoneme_that_espeak_speaks_is_known():
    unknown = {}
    async with open_pool(1) as pool:
        for tag, sentence in SENTENCES.items():
            utterance = await pool.speak(Job(sentence, TAGS[tag], "", 175, 0.0))
            told = await pool.phonemes(sentence, TAGS[tag])
            names = {each.name for each in utterance.phonemes} | {name for word in told for name in word.phonemes}
            assert len(names) > 10
            unknown |= {(tag, name): _unknown(name) for name in names if _unknown(name)}
    assert unknown == {}


def test_stress_and_length_lengthen_vowels_alone():
    lengths = [shown(name).length_ms for name in ("a", "ˈa", "aː", "ˈaː", "s", "ˈs", "sː")]
    assert lengths == [65, 65 * 1.4, 65 * 1.45, 65 * 1.4 * 1.45, 80, 80, 80]


def test_a_word_shares_its_time_out_by_typical_lengths():
    assert track([Word(100, 390)], [["t", "ˈaɪ", "s"]]) == [
        (100, "DD"),
        (147, "aa"),
        (222, "ih"),
        (296, "SS"),
        (390, "sil"),
    ]


def test_a_pause_is_silence_and_a_breath_between_words_is_none():
    words = [Word(0, 100), Word(120, 200), Word(300, 400)]
    assert track(words, [["m"], ["f"], ["o"]]) == [(0, "PP"), (120, "FF"), (200, "sil"), (300, "oh"), (400, "sil")]


def test_words_that_look_alike_are_one_entry():
    assert track([Word(0, 100), Word(100, 200)], [["m"], ["p"]]) == [(0, "PP"), (200, "sil")]


def test_a_mark_that_takes_time_is_a_pause():
    words = [Word(0, 100), Word(100, 300), Word(300, 400)]
    assert track(words, [["m"], [], ["f"]]) == [(0, "PP"), (100, "sil"), (300, "FF"), (400, "sil")]


def test_without_words_nothing_is_shown():
    assert track([], []) == track([Word(0, 100)], [[]]) == []


def test_times_rise_and_each_entry_is_a_change_whatever_upstream_tells():
    chance = random.Random(5)
    names = [*IPA, "ʲ", "", "aɪ", "tʃ"]
    for _ in range(300):
        words = [Word(begin, begin + chance.choice([0, 1, 30, 400])) for begin in chance.choices(range(2000), k=6)]
        phonemes = [chance.choices(names, k=chance.randrange(8)) for _ in words]
        found = track(words, phonemes)
        assert all(one[0] < other[0] and one[1] != other[1] for one, other in pairwise(found))
        assert {viseme for _, viseme in found} <= set(VISEMES)
        assert not found or found[-1][1] == SILENCE
