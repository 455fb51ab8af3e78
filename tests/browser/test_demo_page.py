"""The demo page under its Content-Security-Policy."""

import re

import pytest

from gateway.settings import Settings
from tests.conftest import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "open sesame ✓"


async def opened(tab, url: str) -> None:
    await tab.page.goto(url)
    await tab.page.wait_for_selector("#lamp[data-state=on]")


async def choose_tones(page) -> None:
    await page.select_option("#voice", "")
    await page.fill("#voice-id", "test_tones")


async def shown(page, kind: str) -> str:
    """The text of these parts."""
    return "".join(await page.locator(f"#reading .{kind}").all_text_contents())


async def status(page, beginning: str) -> str:
    await page.wait_for_function(
        "text => document.querySelector('#status').textContent.startsWith(text)", arg=beginning
    )
    return await page.inner_text("#status")


WATCH = """element => {
  globalThis.seen = [];
  const heard = document.querySelector('#meter-heard');
  const look = () => seen.push([document.querySelector('.lit')?.textContent, parseFloat(heard.textContent)]);
  new MutationObserver(look).observe(element, { attributes: true, subtree: true, attributeFilter: ['class'] });
}"""


async def test_a_click_speaks_and_the_text_lights_up_to_its_end(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "First a sentence. Then another one.")
    await tab.page.locator("#reading").evaluate(WATCH)
    await tab.page.click("#speak")
    assert re.fullmatch(r"Heard to its end: \d\.\d s\.", await status(tab.page, "Heard"))
    assert await tab.page.evaluate("seen.some(([lit]) => lit)")
    assert await shown(tab.page, "heard") == "First a sentence. Then another one."
    assert re.fullmatch(r"\d+ ms", await tab.page.inner_text("#meter-first"))
    assert await tab.page.inner_text("#meter-segments") == "2"


async def test_escape_interrupts_and_shows_what_was_not_heard(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    text = " ".join(["interrupt"] * 200)  # some half a minute: longer than a busy machine takes to press a key
    await tab.page.fill("#text", text)
    await tab.page.click("#speak")
    await tab.page.wait_for_selector(".reading .lit")
    await tab.page.keyboard.press("Escape")
    said = await status(tab.page, "Interrupted after")
    heard, unheard = await shown(tab.page, "heard"), await shown(tab.page, "unheard")
    assert heard + unheard == text
    assert heard.endswith("interrupt")
    assert f"{round(100 * len(heard) / len(text))}% was heard" in said
    await tab.page.click("#edit")
    assert await tab.page.input_value("#text") == text


async def test_the_word_that_is_lit_is_the_one_whose_time_it_is(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "One **two** three four five, six seven. Eight nine ten!")
    await tab.page.locator("#reading").evaluate(WATCH)
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    captions = {told["segment"]: told["words"] for told in tab.told if told["type"] == "captions"}
    times = {word["text"]: (word["from_ms"], word["to_ms"]) for words in captions.values() for word in words}
    seen = [(text, s * 1000) for text, s in await tab.page.evaluate("seen") if text]
    assert {text for text, _ in seen} == set(times)
    assert [(text, ms) for text, ms in seen if not times[text][0] - 51 <= ms < times[text][1] + 51] == []


async def test_words_from_right_to_left_light_up_in_their_order(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.select_option("#voice-ar", "")
    await tab.page.fill("#text", "English first.\nأتكلم العربية أيضا.")
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    words = tab.page.locator('#reading [lang="ar"] .word')
    boxes = [await word.bounding_box() for word in await words.all()]
    assert await words.all_text_contents() == ["أتكلم", "العربية", "أيضا."]
    assert [box["x"] for box in boxes] == sorted((box["x"] for box in boxes), reverse=True)
    assert len({box["y"] for box in boxes}) == 1


@pytest.mark.parametrize(("motion", "shapes"), [("no-preference", range(6, 999)), ("reduce", [2])])
async def test_the_face_speaks_and_rests_again(gateway, tab, motion, shapes):
    await tab.page.emulate_media(reduced_motion=motion)
    await opened(tab, gateway)
    await tab.page.fill("#text", "How do you do? Fine, thank you.")
    await tab.page.locator("#lips").evaluate(
        """lips => {
          globalThis.seen = [lips.getAttribute('d')];
          new MutationObserver(() => seen.push(lips.getAttribute('d'))).observe(lips, { attributes: true });
        }"""
    )
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    await tab.page.wait_for_function("() => seen.at(-1) === seen[0]")
    assert len(set(await tab.page.evaluate("seen"))) in shapes


async def test_each_language_has_its_voice_and_both_are_shown(gateway, tab):
    await opened(tab, gateway)
    await tab.page.select_option("#voice-ja", "Japanese_GentleButler")
    await tab.page.select_option("#more-voices", "de")
    await tab.page.fill("#text", "The weather is nice today, my friends. こんにちは。")
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    assert tab.said("configure")[-1]["config"]["voices"] == {
        "en": {"voice_id": None},
        "ja": {"voice_id": "Japanese_GentleButler"},
        "ar": {"voice_id": "Arabic_CalmWoman"},
        "zh": {"voice_id": "female-shaonv"},
        "es": {"voice_id": "Spanish_SereneWoman"},
        "de": {"voice_id": "German_SweetLady"},
    }
    assert await tab.page.locator("#cast li").all_text_contents() == ["English Graceful lady", "Japanese Gentle butler"]


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_jumps_when_it_speaks_and_stops(gateway, tab, width):
    await tab.page.set_viewport_size({"width": width, "height": 900})
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "# Title\n\n" + "Some words to wrap, and more of them. " * 6)
    places = """() => ['.page', '.deck', '#interrupt', '#edit', '.panel'].map((name) => {
      return document.querySelector(name).getBoundingClientRect().toJSON();
    })"""
    await tab.page.focus("#speak")
    before = await tab.page.evaluate(places)
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_selector(".reading .lit")
    during = await tab.page.evaluate(places)
    await tab.page.keyboard.press("Escape")
    await status(tab.page, "Interrupted after")
    assert [before, during] == [await tab.page.evaluate(places)] * 2


async def test_a_long_text_is_followed_until_the_reader_scrolls_away(gateway, tab):
    await tab.page.set_viewport_size({"width": 390, "height": 600})
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", " ".join(f"word{n}" for n in range(200)))
    await tab.page.evaluate("scrollTo(0, 0)")
    await tab.page.focus("#speak")
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_function(
        """() => {
          const [lit, deck] = ['.lit', '.deck'].map((selector) => document.querySelector(selector));
          const far = Number(lit?.textContent.slice(4)) >= 25;
          return far && lit.getBoundingClientRect().bottom <= deck.getBoundingClientRect().top;
        }"""
    )
    await tab.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    there = await tab.page.evaluate("scrollY")
    said = await tab.page.locator(".word.said").count()
    await tab.page.wait_for_function("said => document.querySelectorAll('.word.said').length > said + 3", arg=said)
    assert await tab.page.evaluate("scrollY") == there


async def test_word_by_word_is_a_streamed_turn(gateway, tab):
    await opened(tab, gateway)
    await choose_tones(tab.page)
    await tab.page.fill("#text", "Word by word.")
    await tab.page.check("#streamed")
    await tab.page.click("#speak")
    await status(tab.page, "Heard to its end")
    assert [message["text"] for message in tab.said("turn.append")] == ["Word", " ", "by", " ", "word", "."]


async def test_it_opens_with_a_text_in_several_languages(gateway, tab):
    await opened(tab, gateway)
    text = await tab.page.input_value("#text")
    assert all(part in text for part in ("## ", "**", "](https://", "🎈", "こんにちは", "العربية", "你想", "¿"))
    assert await tab.page.is_checked("input[value=auto]")


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
