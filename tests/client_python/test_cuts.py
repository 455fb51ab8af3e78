"""The client in front of the real gateway, over a wire that is cut: what is heard is byte-exact."""

import asyncio
import math
import platform
import random

import pytest
from voice_gateway_client import SyncVoiceClient, TurnCancelled, TurnDone, VoiceClient

from tests.compared import COMPARED
from tests.proofs.wires import Cut, wires

CONFIG = {"voice": {"voice_id": "test_tones", "speed": 2}, "audio": {"rate": 8000}}
TEXT = "So be it."
GREETING = 1500
"""Bytes until a session is there for certain: what is cut before is told by `connect`."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Chance lets nobody wait."""
    monkeypatch.setattr("random.random", lambda: 0.0)


async def said(client: VoiceClient) -> tuple[bytes, list[int]]:
    turn = await client.speak(TEXT)
    frames = [frame async for frame in turn]
    assert (turn.result.state, turn.gaps) == ("done", [])
    return b"".join(frame.data for frame in frames), [frame.seq for frame in frames]


async def test_a_turn_cut_anywhere_is_heard_byte_by_byte_and_nothing_twice(gateway):
    async with wires(gateway) as whole, VoiceClient(whole.url, config=CONFIG) as client:
        expected, _ = await said(client)
        length = whole.passed
    chance = random.Random(3)
    back = []
    for offset in sorted(chance.sample(range(GREETING, length), 24)):
        cuts = [Cut(offset, chance.random() < 0.5), *(Cut(chance.randrange(length), True) for _ in range(offset % 3))]
        async with (
            wires(gateway, *cuts) as cutting,
            VoiceClient(cutting.url, config=CONFIG, patience_s=math.inf, on_resumed=back.append) as client,
        ):
            audio, numbers = await said(client)
        assert (audio, sorted(set(numbers))) == (expected, numbers), cuts
        COMPARED[f"Python {platform.python_version()}"] += len(expected) // 2
    assert len(back) >= 24


async def test_streamed_text_of_which_messages_are_lost_is_spoken_whole_and_once(gateway):
    text = "One sentence is here. Then another, and it goes on; so it does. The end."
    chance = random.Random(5)

    async def tokens():
        for at in range(0, len(text), 3):
            yield text[at : at + 3]
            await asyncio.sleep(0)

    for offset in chance.sample(range(GREETING, 12_000), 6):
        async with (
            wires(gateway, Cut(offset, True), Cut(offset, False)) as cutting,
            VoiceClient(cutting.url, config=CONFIG, patience_s=math.inf) as client,
        ):
            turn = await client.speak(tokens())
            size = sum([len(frame.data) async for frame in turn])
        assert isinstance(turn.result, TurnDone)
        assert turn.result.bytes == size
        assert "".join(segment.text for segment in turn.segments).replace(" ", "") == text.replace(" ", "")


async def test_who_came_back_inside_a_turn_interrupts_it_to_the_word(gateway):
    config = {**CONFIG, "captions": "words", "audio": {"rate": 8000, "lead_ms": 300}}
    resumed = asyncio.Event()
    async with (
        wires(gateway, Cut(6000, True)) as cutting,
        VoiceClient(cutting.url, config=config, on_resumed=lambda _: resumed.set()) as client,
    ):
        turn = await client.speak("One two three four five six seven eight nine ten.")
        async for _ in turn:
            if resumed.is_set():
                break
        result = await turn.cancel(played_ms=turn.words.all[1].from_ms + 10, reason="barge_in")
    assert isinstance(result, TurnCancelled)
    assert (result.heard.text, result.heard.by) == ("One two", "client")


async def test_without_async_a_cut_is_not_heard_either(gateway):
    resumed = []

    def speak(url: str) -> None:
        with SyncVoiceClient(url, config=CONFIG, on_resumed=resumed.append) as client:
            turn = client.speak(TEXT)
            assert sum(len(frame.data) for frame in turn) == turn.result.bytes
            assert turn.gaps == []

    async with wires(gateway, Cut(4000, True)) as cutting:
        await asyncio.to_thread(speak, cutting.url)
    assert len(resumed) == 1
