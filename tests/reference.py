"""What clients in other languages are compared with: the protocol's examples, and what the gateway sends of a text."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.browser.tab import Wave
from tests.end_to_end.client import speak

VECTORS = Path(__file__).parent / "vectors"
CONFIG = {"voice": {"voice_id": "test_tones"}, "audio": {"codec": "pcm_s16le", "rate": 24000, "channels": 1}}
TEXT = "One two three. Four five six seven eight nine ten eleven twelve."
LONG = " ".join(f"word{n}" for n in range(40)) + "."


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


async def wave(url: str, text: str, **voice: Any) -> Wave:
    """As a client hears it that is not ours."""
    audio = (await speak(url, text, config={**CONFIG, "voice": {**CONFIG["voice"], **voice}})).audio
    return np.frombuffer(audio, "<i2").astype(np.float32) / np.float32(32768)


def parted(sound: Wave, first: Wave, second: Wave) -> tuple[int, int]:
    """How much of an interrupted turn sounds to the sample, and how much faded; behind it all of `second`."""
    second = second[second != 0]
    assert np.array_equal(sound[-len(second) :], second)
    cut, first = sound[: -len(second)], first[first != 0]
    exact = int(np.argmax(cut != first[: len(cut)])) or len(cut)
    return exact, len(cut) - exact


def logged(result: dict, kind: str) -> list[list]:
    """Entries of an engine's log, without their kind."""
    return [entry[1:] for entry in result["log"] if entry[0] == kind]


def assert_captions_were_shown_with_their_sound(result: dict, text: str) -> None:
    """Each at a time of its word's, and the mouth open; a machine that is busy shows fewer of them."""
    captions, words = logged(result, "caption"), iter(text.split())
    assert all(word in words for word, *_ in captions)
    assert len(captions) > len(text.split()) // 2
    assert [caption for caption in captions if not caption[2] <= caption[1] < caption[3]] == []
    assert np.median([level for *_, level in captions]) > 0.2
