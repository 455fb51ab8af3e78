"""The Unity package's WebGL bridge with the browser client, in a Chromium and without Unity around it."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.browser.tab import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRIDGE = Path(__file__).parents[2] / "clients/unity/com.voicegateway.client/Runtime/Plugins/WebGL/voice-gateway.jslib"
EMSCRIPTEN = """
globalThis.told = [];
globalThis.LibraryManager = { library: {} };
globalThis.UTF8ToString = (pointer) => pointer;
globalThis.SendMessage = (receiver, method, json) => told.push([receiver, method, JSON.parse(json)]);
globalThis.mergeInto = (library, parts) => {
  for (const [name, part] of Object.entries(parts)) globalThis[name.replace('$', '')] = part;
};
"""
CONFIG = json.dumps({"voice": {"voice_id": "test_tones"}, "captions": "words", "lip": True})


async def told(tab, until: str) -> list[dict]:
    """What came to the receiver, up to a message of this type."""
    async with asyncio.timeout(PATIENCE_S):
        await tab.page.wait_for_function("type => told.some(([, , message]) => message.type === type)", arg=until)
        messages = await tab.page.evaluate("told")
    assert {(receiver, method) for receiver, method, _ in messages} == {("Head", "OnVoiceGateway")}
    return [message for _, _, message in messages]


async def opened(tab, gateway: str) -> None:
    await tab.page.add_init_script(script=EMSCRIPTEN + BRIDGE.read_text())
    await tab.page.goto(f"{gateway}/healthz")
    call = "([client, url, config]) => VoiceGatewayOpen('Head', client, url, '', config)"
    await tab.page.evaluate(call, [f"{gateway}/client/voice-gateway.js", gateway, CONFIG])


async def test_unity_is_told_words_mouth_and_end(gateway, tab):
    await opened(tab, gateway)
    await tab.page.evaluate("VoiceGatewaySpeak('u1', 'One two three.', '{}')")
    messages = await told(tab, "finished")
    words = iter(["One", "two", "three."])
    shown = [each["text"] for each in messages if each["type"] == "caption"]
    assert shown != []
    assert all(word in words for word in shown)
    levels = [each["level"] for each in messages if each["type"] == "mouth"]
    assert max(levels) > 0.5
    assert levels[-1] == 0
    assert {each["turn"] for each in messages} == {"u1"}
    finish = messages[-1]["finish"]
    assert (finish["outcome"], finish["heard"], finish["unheard"]) == ("done", "One two three.", "")


async def test_an_interrupt_comes_through(gateway, tab):
    await opened(tab, gateway)
    await tab.page.evaluate("VoiceGatewaySpeak('u1', 'One two three four five six seven eight nine.', '{}')")
    await told(tab, "caption")
    await tab.page.evaluate("VoiceGatewayInterrupt()")
    finish = (await told(tab, "finished"))[-1]["finish"]
    assert finish["outcome"] == "interrupted"
    assert finish["heard"].startswith("One")
    await tab.page.evaluate("VoiceGatewayClose()")
