"""The demo page's picker: each voice of the catalogue is found and heard."""

import httpx
import pytest

from tests.emulator.account import sample

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(tab, url: str) -> None:
    async with tab.page.expect_response("**/v1/voices") as answer:
        await tab.page.goto(url)
    assert (await answer.value).ok
    await tab.page.wait_for_function("() => document.querySelectorAll('#voice option').length > 400")


async def options(page) -> list[str]:
    return await page.locator("#voice option").all_text_contents()


async def test_a_voice_is_found_by_words_and_heard_in_its_own_language(gateway, tab):
    await opened(tab, gateway)
    await tab.page.fill("#voice-search", "japanese whisper")
    assert await options(tab.page) == ["Whisper belle · Japanese", "Another voice_id …"]
    assert await tab.page.input_value("#voice") == "Japanese_Whisper_Belle"
    assert "female" in await tab.page.inner_text("#voice-about")
    await tab.page.click("#hear")
    await tab.page.wait_for_selector(".reading .lit")
    await tab.page.keyboard.press("Escape")
    (asked,) = tab.said("speak")
    assert (asked["language"], asked["voice"]["voice_id"]) == ("ja", "Japanese_Whisper_Belle")
    assert asked["text"].startswith("こんにちは")
    assert set(tab.said("configure")[-1]["config"]["voices"].values()) == {None}


async def test_what_is_searched_for_in_vain_leaves_the_field_for_an_id(gateway, tab):
    await opened(tab, gateway)
    await tab.page.fill("#voice-search", "no such voice")
    assert await tab.page.is_visible("#voice-id")
    await tab.page.fill("#voice-search", "")
    assert len(await options(tab.page)) > 400


async def test_what_a_new_voice_costs_is_said_before_it_is_heard(gateway, tab):
    async with httpx.AsyncClient(base_url=gateway, trust_env=False) as http:
        files = {"audio": sample(11)}
        made = await http.post("/v1/voices/clone", data={"voice_id": "made-for-page", "language": "de"}, files=files)
    assert made.status_code == 201
    await opened(tab, gateway)
    await tab.page.select_option("#voice", "made-for-page")
    about = "It has not spoken: its first words cost $1.50, and without them it expires in 6 days."
    assert await tab.page.inner_text("#voice-about") == about
    await tab.page.click("#hear")
    assert (await tab.page.inner_text("#status")).startswith("Its first words cost $1.50")
    assert tab.said("speak") == []
    async with tab.page.expect_response("**/v1/voices"):
        await tab.page.click("#hear")
        await tab.page.wait_for_selector(".reading .lit")
        await tab.page.keyboard.press("Escape")
    await tab.page.wait_for_function("() => !document.querySelector('#voice-about').textContent.includes('$')")
    assert await tab.page.input_value("#voice") == "made-for-page"


async def test_turning_the_dial_never_chooses_a_voice_that_costs_extra(gateway, tab):
    await opened(tab, gateway)
    await tab.page.check("input[value=de]", force=True)
    assert await tab.page.input_value("#voice") == "German_SweetLady"
