"""What a turn's first sentence is taken for, nothing being known before."""

import json
from pathlib import Path

import pytest

from gateway.protocol.languages import LANGUAGES
from gateway.text.languages import Linguist
from gateway.text.scripts import thai, unspaced

CORPUS: dict[str, list[str]] = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
WORDS, CHARACTERS = 4, 8
"""A clause, as a turn's opening has it."""
LESS = {"ms": 0.6}
"""Indonesian and Malay share most sentences."""


def taken_for(text: str, expected: tuple[str, ...] = ()) -> str:
    (run,) = Linguist(expected).runs(text)
    return run.language


def clause(sentence: str) -> str:
    if unspaced(sentence[0]) or thai(sentence[0]):
        return sentence[:CHARACTERS]
    return " ".join(sentence.split()[:WORDS])


def right(texts: dict[str, list[str]], *, expected: bool = False) -> dict[str, float]:
    """The share of each language's texts that are taken for it."""
    return {
        language: sum(taken_for(text, (language,) if expected else ()) == language for text in own) / len(own)
        for language, own in texts.items()
    }


def mean(shares: dict[str, float]) -> float:
    return sum(shares.values()) / len(shares)


CLAUSES = {language: [clause(sentence) for sentence in sentences] for language, sentences in CORPUS.items()}


def test_each_of_the_forty_has_sentences():
    assert set(CORPUS) == set(LANGUAGES)
    assert min(map(len, CORPUS.values())) >= 6


def test_sentences_are_taken_for_what_they_are():
    shares = right(CORPUS)
    assert mean(shares) >= 0.96
    assert {language for language, share in shares.items() if share < LESS.get(language, 0.85)} == set()


def test_four_words_are_taken_for_what_they_are():
    shares = right(CLAUSES)
    assert mean(shares) >= 0.94
    assert {language for language, share in shares.items() if share < LESS.get(language, 0.6)} == set()


def test_a_voice_for_a_language_is_heard_where_it_fits():
    assert mean(right(CLAUSES, expected=True)) >= 0.99


@pytest.mark.parametrize("other", ["en", "de", "zh", "ja", "ru"])
def test_a_voice_for_another_language_bends_little(other):
    texts = {language: sentences for language, sentences in CORPUS.items() if language != other}
    shares = [taken_for(text, (other,)) == language for language, own in texts.items() for text in own]
    assert sum(shares) / len(shares) >= 0.95


@pytest.mark.parametrize("before", ["en", "zh"])
def test_a_sentence_is_taken_for_what_it_is_after_one_of_another_language(before):
    shares = []
    for language in set(CORPUS) - {before}:
        for sentence in CORPUS[language]:
            linguist = Linguist()
            linguist.runs(CORPUS[before][4])
            shares.append([run.language for run in linguist.runs(sentence)] == [language])
    assert sum(shares) / len(shares) >= 0.95


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_turn_is_taken_for_what_it_is(language):
    assert taken_for(" ".join(CORPUS[language])) == language
