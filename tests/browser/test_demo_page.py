"""The demo page under its Content-Security-Policy."""

import re

import pytest

from gateway.settings import Settings
from tests.conftest import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "open sesame ✓"


async def opened(tab, url: str) -> None:
    await tab.page.goto(url)
    await tab.page.wait_for_selector("#lamp[data-state=on]", timeout=10_000)


async def choose_tones(page) -> None:
    await page.select_option("#voice", "")
    await page.fill("#voice-id", "test_tones")


async def status(page, beginning: str) -> str:
    await page.wait_for_function(
        "text => document.querySelector('#status').textContent.startsWith(text)", arg=beginning
    )
    return await page.inner_text("#status")


async def test_a_click_speaks_and_the_text_lights_up_to_its_end(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "First a sentence. Then another one.")
    await tab.page.click("#speak")
    await tab.page.wait_for_selector(".reading .now b")
    assert re.fullmatch(r"Heard to its end: \d\.\d s\.", await status(tab.page, "Heard"))
    assert await tab.page.inner_text(".reading .heard") == "First a sentence. Then another one."
    assert re.fullmatch(r"\d+ ms", await tab.page.inner_text("#meter-first"))
    assert await tab.page.inner_text("#meter-segments") == "2"


async def test_escape_interrupts_and_shows_what_was_not_heard(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    text = " ".join(["interrupt"] * 40)
    await tab.page.fill("#text", text)
    await tab.page.click("#speak")
    await tab.page.wait_for_selector(".reading .now b")
    await tab.page.keyboard.press("Escape")
    await status(tab.page, "Interrupted after")
    heard, unheard = [await tab.page.text_content(f".reading .{part}") for part in ("heard", "unheard")]
    assert heard + unheard == text
    await tab.page.click("#edit")
    assert await tab.page.input_value("#text") == text


async def test_word_by_word_is_a_streamed_turn(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "Word by word.")
    await tab.page.check("#streamed")
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    assert [message["text"] for message in tab.said("turn.append")] == ["Word", " ", "by", " ", "word", "."]


async def test_the_dial_chooses_language_sample_and_voice(gateway, tab):
    await opened(tab, gateway)
    await tab.page.check("input[value=ja]", force=True)
    assert await tab.page.input_value("#voice") == "Japanese_KindLady"
    assert (await tab.page.input_value("#text")).startswith("こんにちは")
    await tab.page.focus("input[value=ja]")
    await tab.page.keyboard.press("ArrowRight")
    assert await tab.page.input_value("#voice") == "Italian_BraveHeroine"
    await tab.page.fill("#text", "Mine.")
    await tab.page.keyboard.press("Tab")
    await tab.page.check("input[value=ko]", force=True)
    assert await tab.page.input_value("#text") == "Mine."


async def test_what_cannot_be_spoken_is_said(gateway, tab):
    await opened(tab, gateway)
    await tab.page.select_option("#voice", "")
    await tab.page.fill("#voice-id", "no_such_voice")
    await tab.page.click("#speak")
    assert await status(tab.page, "Upstream") == "Upstream knows no such voice."


async def test_the_secret_is_asked_for_and_kept_for_the_tab(tab):
    with serving(Settings(port=0, upstream="emulator:", secret=SECRET)) as url:
        await tab.page.goto(url)
        for attempt in ("wrong", SECRET):
            await tab.page.wait_for_selector("#door[open]")
            await tab.page.fill("#token", attempt)
            await tab.page.click("#door button[type=submit]")
        await tab.page.wait_for_selector("#lamp[data-state=on]")
        await tab.page.reload()
        await tab.page.wait_for_selector("#lamp[data-state=on]")
        assert not await tab.page.is_visible("#door")


async def test_the_page_fits_a_phone(gateway, tab):
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await opened(tab, gateway)
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
    assert await tab.page.is_visible("#speak")
