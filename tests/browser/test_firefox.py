"""The browser client in a real Firefox: it speaks, is interrupted, and survives a cut, to the sample."""

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.browser.firefox import Page, firefox, found
from tests.browser.tab import Wave, faded, samples, sounding
from tests.compared import COMPARED
from tests.end_to_end.client import speak
from tests.proofs.wires import Cut, wires
from tests.tools import missing

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = {"voice": {"voice_id": "test_tones"}}
TEXT = "One two three. Four five six."


async def hears_to_the_end(page: Page, url: str, wave: Wave) -> int:
    await page.harness(url, config=CONFIG)
    finish = await page.ask("text => voice.speak(text).finished", TEXT)
    assert np.array_equal(sounding(await page.recorded()), sounding(wave))
    assert (finish["outcome"], round(finish["heardMs"] * 24)) == ("done", len(wave))
    return len(sounding(wave))


async def is_interrupted(page: Page, url: str, wave: Wave) -> int:
    await page.harness(url, config=CONFIG)
    finish = await page.ask("text => interruptAt(voice.speak(text), 400)", TEXT)
    expected = sounding(faded(wave, round(finish["heardMs"] * 24)))
    assert np.allclose(sounding(await page.recorded()), expected, rtol=0, atol=1e-6)
    assert (finish["outcome"], finish["heard"] + finish["unheard"]) == ("interrupted", TEXT)
    return len(expected)


async def survives_cuts(page: Page, url: str, wave: Wave) -> int:
    half = len(wave)  # in bytes
    async with wires(url, Cut(half, reset=False), Cut(half // 2, reset=True)) as cutting:
        return await hears_to_the_end(page, cutting.url, wave)


async def decodes_opus(page: Page, url: str, wave: Wave) -> int:
    await page.harness(url, config=CONFIG, codec="auto")
    finish, codec = await page.ask(
        "async text => { const turn = voice.speak(text); return [await turn.finished, turn.audio.codec]; }", TEXT
    )
    assert (finish["outcome"], codec, round(finish["heardMs"] * 24)) == ("done", "opus", len(wave))
    return 0


PARTS = (hears_to_the_end, is_interrupted, survives_cuts, decodes_opus)


async def test_firefox_speaks_is_interrupted_and_survives_cuts(gateway):
    """It may lose the connection over which it is driven: then it is tried once more, and the summary says so."""
    path = found()
    if path is None:
        missing("BROWSER", "there is no Firefox with a PulseAudio to play into")
    wave = samples((await speak(gateway, TEXT, config=CONFIG)).audio)
    note = ""
    try:
        engine, count = await told(path, gateway, wave)
    except (ConnectionClosed, ConnectionError, TimeoutError) as error:
        note = f" (tried twice: {type(error).__name__})"
        engine, count = await told(path, gateway, wave)
    COMPARED[engine + note] += count


async def told(path: str, url: str, wave: Wave) -> tuple[str, int]:
    async with firefox(path) as page:
        compared = [await part(page, url, wave) for part in PARTS]
        return f"Firefox {page.version}", sum(compared)
