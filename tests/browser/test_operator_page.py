"""The operator's page tells what the routes tell."""

import re

import httpx
import pytest

from gateway.settings import Settings
from tests.browser.test_demo_page import SECRET
from tests.conftest import serving
from tests.connection.stage import hear, say
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

TONES = {"voice": {"voice_id": "test_tones"}, "labels": {"bot": "tutor"}}
UNKNOWN = {"voice": {"voice_id": "nobody"}, "labels": {"bot": "guide"}}


async def speak(url: str, text: str, config: dict, *, cancel: bool = False) -> dict:
    """How it ended."""
    async with greeted(url, token=SECRET, config=config) as (socket, welcome):
        await say(socket, "speak", turn="a", text=text)
        if cancel:
            await until(socket, "frame")
            await say(socket, "turn.cancel", turn="a")
        heard = await hear(socket, TERMINALS)
    return {**heard.messages[-1], "session": welcome["session"]}


async def rows(tab, place: str) -> list[list[str]]:
    """The text of a table's cells."""
    script = "rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\\s+/g, ' ').trim()))"
    return await tab.page.locator(f"{place} tbody tr").evaluate_all(script)


async def opened(tab, url: str) -> None:
    await tab.page.goto(f"{url}/operator")
    await tab.page.wait_for_selector("#door[open]")
    await tab.page.fill("#token", SECRET)
    await tab.page.click("#door button[type=submit]")
    await tab.page.wait_for_selector("#lamp[data-state=on]")
    assert tab.complaints.pop(0).endswith("401 (Unauthorized)")


@pytest.fixture(scope="module")
def secret_gateway():
    with serving(Settings(port=0, upstream="emulator:", secret=SECRET)) as url:
        yield url


async def test_the_numbers_are_those_of_the_books_and_what_failed_is_found_and_heard(tab, secret_gateway):
    url = secret_gateway
    await speak(url, "A few words. And a few more.", TONES)
    cut = await speak(url, "Never heard to its end, this one. " * 9, TONES, cancel=True)
    failed = await speak(url, "By nobody.", UNKNOWN)
    auth = {"Authorization": b"Bearer " + SECRET.encode()}
    async with httpx.AsyncClient(base_url=url, headers=auth, trust_env=False) as http:
        books = {by: (await http.get(f"/v1/usage?by={by}")).json()["rows"] for by in ("label", "day")}
    await opened(tab, url)
    [day] = books["day"]
    gauges = await tab.page.locator("#gauges dd:not(.more)").all_inner_texts()
    assert gauges[0] == f"{day['billed']:,}"
    assert "33.3%" in gauges
    assert [[row[0], row[1]] for row in await rows(tab, "#sums")] == [
        [f"{row['value']} bot", f"{row['billed']:,}"] for row in books["label"]
    ]
    await tab.page.click("summary")
    assert [re.sub(r" .*", "", cell) for cell in (await rows(tab, "#days-table"))[0][:6]] == [
        day["day"],
        *(f"{day[name]:,}" for name in ("turns", "billed", "heard", "wasted", "cached")),
    ]
    assert sorted((row[0], row[1]) for row in await rows(tab, "#outcomes")) == [
        ("cancelled client", "1"),
        ("done", "1"),
        ("failed voice_not_found", "1"),
    ]
    assert (await rows(tab, "#refusals")) == [["2054 there is no such voice", "1"]]
    [trouble] = await rows(tab, "#traces")
    assert (trouble[0], trouble[2]) == (failed["error"]["upstream"]["trace_id"], "failed voice_not_found (2054)")
    await tab.page.click(".trace")
    assert "nobody" in await tab.page.inner_text("#found-facts")
    await tab.page.click("#found button[type=submit]")
    await tab.page.fill("#trace", f"{cut['session']}/a")
    await tab.page.click("#search button")
    await tab.page.click("#found-play")
    await tab.page.wait_for_function("() => document.querySelector('#found-status').textContent.endsWith(' s')")
    async with tab.page.expect_download() as download:
        await tab.page.click("#found-save")
    assert (await (await download.value).path()).read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone(tab, secret_gateway, scheme):
    await tab.page.emulate_media(color_scheme=scheme)
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await opened(tab, secret_gateway)
    assert await tab.page.evaluate("document.documentElement.scrollWidth") == 360
