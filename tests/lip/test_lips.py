"""Words and a language in, a viseme track out, by the real espeak-ng."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio

from gateway.espeak.pool import Pool, open_pool
from gateway.lip import lips as lips_module
from gateway.lip.lips import Lips, open_lips

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Word(NamedTuple):
    text: str
    from_ms: float
    to_ms: float


def words(text: str, word_ms: float = 100.0) -> list[Word]:
    return [Word(each, at * word_ms, (at + 1) * word_ms) for at, each in enumerate(text.split())]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    async with open_pool(1) as pool:
        yield pool


async def shapes(lips: Lips, text: str, language: str) -> str | None:
    found = await lips.visemes(words(text), language)
    return None if found is None else " ".join(viseme for _, viseme in found)


@pytest.mark.parametrize(
    ("language", "text", "seen"),
    [
        ("en", "my “five” fish!", "PP aa ih FF aa ih FF ih CH sil"),
        ("en", "50% — off", "FF ih FF DD ih PP RR SS E nn DD sil oh FF sil"),
        ("de", "Heute, Pferd", "kk oh DD E PP FF E DD sil"),
        ("hi", "मौसम है।", "PP oh SS E PP kk E sil"),
        ("ru", "чай", "CH aa ih sil"),
        ("ar", "مرحبا،", "PP RR kk PP aa sil"),
        ("zh", "你 好 ，", "nn ih kk aa ou sil"),
        ("fil", "mabuti", "PP aa PP ou DD ih sil"),
        ("nn", "fisk", "FF ih SS kk sil"),
        ("ja", "ティ ー ファ ー ム", "DD E ih FF ou aa PP ou sil"),
        ("auto", "Привет fish", "PP RR ih FF E DD FF ih CH sil"),
        ("en", "fish 你", "FF ih CH nn ih sil"),
    ],
)
async def test_words_are_seen_as_they_sound(pool: Pool, language: str, text: str, seen: str):
    assert await shapes(Lips(pool), text, language) == seen


@pytest.mark.parametrize(
    ("language", "text"), [("ja", "今日 は"), ("auto", "天気 です"), ("th", "สวัสดี"), ("en", "fish ครับ")]
)
async def test_what_espeak_cannot_read_has_no_track(pool: Pool, language: str, text: str):
    assert await shapes(Lips(pool), text, language) is None


async def test_words_without_sound_show_nothing(pool: Pool):
    assert await shapes(Lips(pool), "— …", "en") == ""
    assert await shapes(Lips(pool), "", "auto") == ""


async def test_without_espeak_there_is_no_track(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lips_module, "find_spec", lambda _: None)
    async with open_lips() as lips:
        assert await shapes(lips, "fish", "en") is None


async def test_with_espeak_there_is_one():
    async with open_lips() as lips:
        assert await shapes(lips, "fish", "en") == "FF ih CH sil"


async def test_a_word_is_asked_for_once(pool: Pool):
    lips = Lips(pool)
    first = await lips.visemes(words("fish and fish"), "en")
    await pool.workers[0].stop()
    assert await lips.visemes(words("fish and fish"), "en") == first
    assert pool.workers[0].pid is None
    assert await lips.visemes(words("and ships"), "en")
    assert pool.workers[0].pid is not None


async def test_the_words_longest_unheard_are_forgotten(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lips_module, "_MOST_KNOWN", 2)
    lips = Lips(pool)
    for text in ("one", "two", "one", "three"):
        await lips.visemes(words(text), "en")
    assert [run.text for run in lips._known] == ["one", "three"]


async def test_whoever_would_wait_too_long_gets_no_track(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lips_module, "PATIENCE_S", 0.0)
    assert await Lips(pool).visemes(words("late"), "en") is None
    monkeypatch.setattr(lips_module, "PATIENCE_S", 1.0)
    monkeypatch.setattr(lips_module, "_MOST_WAITING", 0)
    assert await Lips(pool).visemes(words("full"), "en") is None
