"""Captions, marks and a mouth in a real Chromium, beside what sounds: the test voice says each word in tones."""

import itertools

import pytest

from gateway.settings import Settings
from tests.conftest import serving
from tests.tones import number, spoken_words, timed

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = {"voice": {"voice_id": "test_tones"}, "captions": "words", "lip": True}
TEXT = "One **two** three, four! 你好。 Five six seven."
EDGE_MS = 3
"""A burst fades in and out: its edges are found within this."""


def sounding(tab, ms: float) -> int | None:
    """The id of the word whose tones stand there."""
    bursts = timed(tab.received[1], 24000)
    return next((each for each, start, end in bursts if start + EDGE_MS <= ms < end - EDGE_MS), None)


async def test_the_word_at_the_played_position_is_the_one_that_sounds(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    lit, words, visemes = await tab.ask(
        """async text => {
          const turn = voice.speak(text);
          const lit = [];
          turn.on('heard', (ms) => lit.push([ms, turn.wordAt()]));
          await turn.finished;
          return [lit, turn.words, turn.words.map(({ from_ms, to_ms }) => turn.mouthAt((from_ms + to_ms) / 2))];
        }""",
        TEXT,
    )
    checked = [(number(spoken_words(word["text"])[0]), sounding(tab, ms)) for ms, word in lit if word]
    assert len(checked) > 20
    assert [pair for pair in checked if pair[1] is not None and pair[0] != pair[1]] == []
    assert [TEXT[slice(*word["span"])] for word in words] == [word["text"] for word in words]
    assert {word["exact"] for word in words} == {True}
    assert all(mouth["level"] > 0.2 for mouth in visemes)


async def test_a_mark_comes_when_the_loudspeaker_gets_there(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    told, came, finished = await tab.ask(
        """async () => {
          const [told, came] = [[], []];
          voice.on('message', (message) => message.type === 'mark' && told.push(message.at_ms));
          voice.on('mark', ({ name, at_ms }, turn) => came.push([name, at_ms, turn.heardMs]));
          const turn = voice.openTurn();
          turn.append('One two ');
          turn.mark('middle');
          turn.append('three.');
          turn.pause(300);
          turn.append('四五。', { language: 'zh' });
          turn.mark('end');
          turn.commit();
          return [told, came, await turn.finished];
        }"""
    )
    assert [name for name, _, _ in came] == ["middle", "end"]
    assert [at_ms for _, at_ms, _ in came] == told
    (_, middle_ms, heard_ms), (_, end_ms, _) = came
    assert middle_ms <= heard_ms < middle_ms + 150
    assert abs(end_ms - finished["heardMs"]) < 1
    assert tab.said("turn.append")[1:5] == [
        {"type": "turn.append", "turn": "t1", "mark": "middle"},
        {"type": "turn.append", "turn": "t1", "text": "three."},
        {"type": "turn.append", "turn": "t1", "pause_ms": 300},
        {"type": "turn.append", "turn": "t1", "text": "四五。", "language": "zh"},
    ]
    starts = [start for _, start, _ in timed(tab.received[1], 24000)]
    assert abs(middle_ms - starts[2]) <= EDGE_MS


async def test_marks_behind_an_interrupt_do_not_come(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    came = await tab.ask(
        """async () => {
          const came = [];
          voice.on('mark', ({ name }) => came.push(name));
          const turn = voice.openTurn();
          turn.mark('begin');
          turn.append('One two three four five six seven eight nine ten.');
          turn.mark('end');
          turn.commit();
          await interruptAt(turn, 300);
          return came;
        }"""
    )
    assert came == ["begin"]


async def test_an_interrupt_behind_the_last_byte_is_told_what_was_heard_too(gateway, tab):
    """The gateway is ahead of the ear: it has sent all, and the turn still sounds."""
    await tab.harness(gateway, config=CONFIG)
    finish, words = await tab.ask(
        """async text => {
          const turn = voice.speak(text);
          await new Promise((resolve) => turn.on('terminal', resolve));
          return [await interruptAt(turn, 300), turn.words];
        }""",
        TEXT,
    )
    begun = [word for word in words if word["from_ms"] < finish["heardMs"]]
    assert (finish["outcome"], finish["terminal"]["type"]) == ("interrupted", "turn.done")
    assert (finish["terminal"]["repeated"], finish["terminal"]["heard"]["exact"]) == (True, True)
    assert (finish["heard"], finish["unheard"]) == (TEXT[: begun[-1]["span"][1]], TEXT[begun[-1]["span"][1] :])


async def test_an_interrupt_whose_answer_never_comes_still_ends(tab):
    with serving(Settings(port=0, upstream="emulator:")) as url:
        await tab.harness(url, config=CONFIG)
        finish = await tab.ask(
            """async text => {
              const turn = voice.speak(text);
              await new Promise((resolve) => turn.on('terminal', resolve));
              voice.on('sent', ({ type }) => type === 'turn.cancel' && queueMicrotask(() => voice.close()));
              return turn.cancel();
            }""",
            TEXT,
        )
    assert finish["outcome"] == "interrupted"
    assert finish["heard"] + finish["unheard"] == TEXT


async def test_what_is_interrupted_gets_shorter_with_the_place(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    heard = [
        (await tab.ask("([text, ms]) => interruptAt(voice.speak(text), ms)", [TEXT, ms]))["heard"]
        for ms in (200, 700, 1200)
    ]
    assert all(TEXT.startswith(part) for part in heard)
    assert all(len(earlier) < len(later) for earlier, later in itertools.pairwise(heard))
