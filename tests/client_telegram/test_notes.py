"""Voice notes of the real gateway: small enough, whole, and as long as they say."""

import pytest
from voice_gateway_client import VoiceClient
from voice_gateway_client.telegram import voice_notes

from tests.client_python.packets import decoded

CONFIG = {"voice": {"voice_id": "test_tones", "speed": 2}}
TEXT = "First a sentence. Then another one, and it is longer. A third. And the last."


async def notes(gateway: str, **options) -> list:
    async with VoiceClient(gateway, config=CONFIG) as client:
        return [note async for note in voice_notes(client, TEXT, **options)]


async def test_one_note_holds_what_fits(gateway):
    (note,) = await notes(gateway)
    played, _ = decoded(note.ogg)
    assert 0 <= note.seconds - played / 48_000 < 1.01


@pytest.mark.parametrize("largest", [1500, 2222, 4000])
async def test_a_longer_one_is_parted_and_nothing_is_lost_or_twice(gateway, largest):
    (whole,) = await notes(gateway)
    parts = await notes(gateway, largest=largest)
    assert len(parts) > 1
    assert max(len(part.ogg) for part in parts) <= largest
    assert [packet for part in parts for packet in decoded(part.ogg)[1]] == decoded(whole.ogg)[1]


async def test_giving_up_cancels_the_rest(gateway):
    async with VoiceClient(gateway, config=CONFIG) as client:
        coming = voice_notes(client, TEXT, largest=2000)
        await anext(coming)
        await coming.aclose()
        turn = await client.speak("Next.")
        assert (await turn.wait()).state == "done"
