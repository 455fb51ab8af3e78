"""The browser client in a real Chromium: what sounds, what was heard, what is said on the wire."""

import itertools

import numpy as np
import pytest

from gateway.settings import Settings
from tests.browser.tab import faded, sounding
from tests.conftest import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = {"voice": {"voice_id": "test_tones"}}
LONG = " ".join(f"word{n}" for n in range(40)) + "."


async def test_what_sounds_is_to_the_sample_what_was_sent(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    finish = await tab.ask("() => voice.speak('One two three. Four five six seven.').finished")
    recorded = await tab.recorded()
    sent = tab.wave(1)
    tab.compare(sounding(recorded), sounding(sent))
    assert (finish["outcome"], round(finish["heardMs"] * 24)) == ("done", len(sent))
    assert (finish["heard"], finish["unheard"]) == ("One two three. Four five six seven.", "")


async def test_after_an_interrupt_nothing_sounds_beyond_the_fade(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    finish = await tab.ask("text => interruptAt(voice.speak(text), 400)", LONG)
    recorded = await tab.recorded()
    samples = round(finish["heardMs"] * 24)
    assert finish["outcome"] == "interrupted"
    assert 400 * 24 <= samples < len(tab.wave(1))
    assert np.allclose(sounding(recorded), sounding(faded(tab.wave(1), samples)), rtol=0, atol=1e-6)


async def test_late_frames_of_an_interrupted_turn_are_not_heard_in_the_next(tab):
    with serving(Settings(port=0, upstream="emulator:", emulator_pace=2)) as url:
        await tab.harness(url, config=CONFIG)
        finish = await tab.ask("text => interruptAt(voice.speak(text), 300)", LONG)
        await tab.ask("() => voice.speak('Another turn.').finished")
        recorded = await tab.recorded()
        first = faded(tab.wave(1), round(finish["heardMs"] * 24))
        assert np.allclose(sounding(recorded), sounding(first, tab.wave(2)), rtol=0, atol=1e-6)
        assert tab.said("turn.cancel") == [
            {"type": "turn.cancel", "id": "c2", "turn": "t1", "played_ms": finish["heardMs"], "reason": "barge_in"}
        ]
        assert finish["terminal"]["heard"]["by"] == "client"
        assert finish["heard"] + finish["unheard"] == LONG


async def test_the_gateway_is_told_what_was_played(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    finish = await tab.ask("() => voice.speak('One two three four five six.').finished")
    *playing, ended = tab.said("playback")
    assert {report["state"] for report in playing} == {"playing"}
    assert ended == {"type": "playback", "turn": "t1", "played_ms": finish["heardMs"], "state": "ended"}
    played = [report["played_ms"] for report in playing]
    assert played == sorted(played)
    assert all(later - earlier >= 250 for earlier, later in itertools.pairwise(played))


async def test_a_context_at_another_rate_takes_as_long(gateway, tab):
    await tab.harness(gateway, config=CONFIG, rate=44100)
    finish = await tab.ask("() => voice.speak('One two three.').finished")
    recorded = await tab.recorded()
    sent = tab.wave(1)
    assert round(finish["heardMs"] * 24) == len(sent)
    assert np.sum(recorded**2) / 44100 == pytest.approx(np.sum(sent**2) / 24000, rel=0.01)


async def test_sound_that_the_browser_stops_goes_on_where_it_was(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    finish, told = await tab.ask(
        """async () => {
          const told = [];
          for (const name of ['audio-unavailable', 'audio-available']) voice.on(name, () => told.push(name));
          const turn = voice.speak('One two three. Four five six seven.');
          await new Promise((resolve) => turn.on('heard', (ms) => ms > 300 && resolve()));
          await voice.player.context.suspend();
          await voice.unlock();
          return [await turn.finished, told];
        }"""
    )
    tab.compare(sounding(await tab.recorded()), sounding(tab.wave(1)))
    assert (finish["outcome"], told) == ("done", ["audio-unavailable", "audio-available"])


async def test_the_level_follows_the_sound(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    before, loudest, bins, after = await tab.ask(
        """async () => {
          const { player } = voice;
          const before = player.level();
          const turn = voice.speak('One two three.');
          let loudest = 0;
          turn.on('heard', () => (loudest = Math.max(loudest, player.level())));
          await turn.finished;
          await new Promise((resolve) => setTimeout(resolve, 200));
          return [before, loudest, player.analyser.frequencyBinCount, player.level()];
        }"""
    )
    assert (before, bins, after) == (0, 512, 0)
    assert 0.05 < loudest < 1


async def test_text_streams_in_and_its_segments_are_told(gateway, tab):
    await tab.harness(gateway, config=CONFIG)
    finish = await tab.ask(
        """async () => {
          const turn = voice.openTurn();
          for (const piece of ['Hel', 'lo there. And ', 'good', 'bye.']) turn.append(piece);
          turn.commit();
          return { ...(await turn.finished), segments: turn.segments.map(({ text, span }) => [text, ...span]) };
        }"""
    )
    assert finish["segments"] == [["Hello there.", 0, 12], ["And goodbye.", 13, 25]]
    assert finish["heard"] == "Hello there. And goodbye."


async def test_what_the_gateway_refuses_is_an_error_with_its_code(gateway, tab):
    await tab.harness(gateway)
    failed = await tab.ask("() => voice.speak('Hello.', { voice: 'no_such_voice' }).finished")
    refused = await tab.ask("() => voice.speak('Hello.', { turn: 'not an id' }).finished")
    settings = await tab.ask("() => voice.configure({ voice: { speed: 9 } }).catch(({ code, field }) => [code, field])")
    assert (failed["outcome"], failed["terminal"]["error"]["code"]) == ("failed", "voice_not_found")
    assert settings == ["bad_request", "voice.speed"]
    assert refused["outcome"] == "failed"


async def test_without_a_gesture_there_is_no_sound_and_with_one_there_is(gateway, tab):
    """The page speaks on its console: whatever is evaluated in it would count as a gesture."""
    async with tab.page.expect_console_message(is_info) as without:
        await tab.run("gesture.js", gateway)
    assert (await without.value).text == "audio-unavailable"
    async with tab.page.expect_console_message(is_info) as after:
        await tab.page.mouse.click(100, 100)
    assert (await after.value).text == "done"
    tab.complaints.clear()  # Chromium warns of every context that no gesture has allowed


def is_info(line) -> bool:
    return line.type == "info"
