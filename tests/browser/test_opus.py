"""Opus in a real Chromium, beside the PCM of the same text: the same sound, at the same places."""

import numpy as np
import pytest

from gateway.settings import Settings
from tests.browser.tab import Wave, samples
from tests.conftest import serving
from tests.end_to_end.client import speak
from tests.proofs.wires import Cut, wires

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "One two three. Four five six seven, eight nine ten."
CONFIG = {"voice": {"voice_id": "test_tones"}}
CALM_MS = 1500
"""A jitter buffer that outlives a cut and a busy machine: silence in between would be another sound."""
NEAR = 120
"""Samples either way in which the best place is looked for: 5 ms."""


def likeness(recorded: Wave, wave: Wave) -> tuple[float, int]:
    """How well what was recorded correlates with the wave, and how many samples apart they are then.

    The voice sounds from its first sample on, and the player is silent before, to the sample.
    """
    begin = np.flatnonzero(recorded)[0] - np.flatnonzero(wave)[0]
    padded = np.concatenate([np.zeros(NEAR, np.float32), recorded[begin:], np.zeros(NEAR + len(wave), np.float32)])
    lags = range(-NEAR, NEAR + 1)
    return max((float(np.corrcoef(padded[NEAR + lag :][: len(wave)], wave)[0, 1]), lag) for lag in lags)


@pytest.mark.parametrize("cuts", [(), (Cut(5000, reset=True),)], ids=["whole", "cut"])
async def test_opus_sounds_like_the_pcm_and_is_heard_to_the_same_end(gateway, tab, cuts):
    tab.cut = bool(cuts)
    wave = samples((await speak(gateway, TEXT, config=CONFIG)).audio)
    async with wires(gateway, *cuts) as wire:
        await tab.harness(wire.url, config=CONFIG, codec="auto", prebufferMs=CALM_MS)
        finish = await tab.ask("text => voice.speak(text).finished", TEXT)
        recorded = await tab.recorded()
    found, lag = likeness(recorded, wave)
    assert found > 0.95
    assert abs(lag) <= 1
    assert (finish["outcome"], finish["lostMs"]) == ("done", 0)
    assert finish["heardMs"] == finish["terminal"]["duration_ms"] == round(len(wave) / 24)
    assert finish["terminal"]["bytes"] * 8 < len(wave) * 2
    sounding = np.flatnonzero(recorded)
    assert sounding[-1] - sounding[0] < len(wave)


async def test_an_interrupted_turn_of_opus_is_silent_too(gateway, tab):
    await tab.harness(gateway, config=CONFIG, codec="opus", prebufferMs=CALM_MS)
    finish = await tab.ask("text => interruptAt(voice.speak(text), 700)", TEXT)
    sounding = np.flatnonzero(await tab.recorded())
    assert (finish["outcome"], finish["heard"] + finish["unheard"]) == ("interrupted", TEXT)
    assert 500 * 24 < sounding[-1] - sounding[0] <= finish["heardMs"] * 24


async def test_where_opus_cannot_be_had_pcm_sounds(tab):
    """A rate that Opus lacks stands for a gateway without it: both refuse the hello."""
    with serving(Settings(port=0, upstream="emulator:")) as url:
        await tab.harness(url, config={"audio": {"rate": 22050}}, codec="auto")
        finish = await tab.ask("() => voice.speak('One.').finished")
    assert finish["outcome"] == "done"
    assert [hello["config"]["audio"].get("codec") for hello in tab.said("hello")] == ["opus", None]
    started = next(message for message in tab.told if message["type"] == "turn.started")
    assert (started["audio"]["codec"], started["audio"]["rate"]) == ("pcm_s16le", 22050)


async def test_settings_that_the_gateway_refuses_are_an_error_of_connect(gateway, tab):
    with pytest.raises(Exception, match=r"voice\.speed"):
        await tab.harness(gateway, config={"voice": {"speed": 9}})
