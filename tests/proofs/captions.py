"""Captions beside the sound: how far the times of words are off.

    make proof-captions

The test voice's words are read back from the samples, so that of it the truth is known. Estimated times (which come at
once, with a segment's start) are compared with the exact ones that upstream tells later, on the embedded voices:
English by a neural voice, thirty-nine other languages by espeak-ng. `equal` is what equally long words would give.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.app import running
from gateway.settings import Settings
from tests.end_to_end.client import Heard, speak
from tests.tones import timed

RATE = 8000
SENTENCES: dict[str, str] = json.loads((Path(__file__).parent.parent / "end_to_end/sentences.json").read_text())
ENGLISH = (
    "The birch canoe slid on the smooth planks, and nobody said a word about it. "
    "Glue the sheet to the dark blue background! It's easy to tell the depth of a well, isn't it? "
    "Four hours of steady work faced us; the boy was there when the sun rose. "
    "A rod is used to catch pink salmon in 1987, at 350 dollars each, as Dr. Smith told the BBC."
)


@dataclass
class Errors:
    """Milliseconds by which words' beginnings are off."""

    exact: list[float] = field(default_factory=list)
    """Of told times against the samples."""
    estimated: list[float] = field(default_factory=list)
    """Of those told at once against those told exactly."""
    equal: list[float] = field(default_factory=list)


def lists(heard: Heard) -> Iterator[tuple[list[dict], list[dict]]]:
    """Of each segment the first words told and the last."""
    first: dict[int, list[dict]] = {}
    last: dict[int, list[dict]] = {}
    for message in heard.messages:
        if message["type"] == "captions":
            first.setdefault(message["segment"], message["words"])
            last[message["segment"]] = message["words"]
    return zip(first.values(), last.values(), strict=True)


def compare(heard: Heard, errors: Errors) -> None:
    for estimated, exact in lists(heard):
        if len(estimated) != len(exact):
            continue
        begin, end = estimated[0]["from_ms"], exact[-1]["to_ms"]
        for number, (guess, truth) in enumerate(zip(estimated, exact, strict=True)):
            errors.estimated.append(abs(guess["from_ms"] - truth["from_ms"]))
            errors.equal.append(abs(begin + (end - begin) * number / len(exact) - truth["from_ms"]))


async def prove(languages: Sequence[str]) -> Errors:
    errors = Errors()
    async with running(Settings(port=0, upstream="emulator:")) as gateway:
        voice = {"voice_id": "test_tones"}
        exact = {"voice": voice, "audio": {"rate": RATE}, "captions": "words", "language": "en"}
        for speed in (0.5, 1.0, 2.0):
            heard = await speak(gateway.url, ENGLISH, config={**exact, "voice": {**voice, "speed": speed}})
            words = [word for _, last in lists(heard) for word in last]
            sounding = timed(heard.audio, RATE)
            errors.exact += [abs(word["from_ms"] - start) for word, (_, start, _) in zip(words, sounding, strict=True)]
        for language in languages:
            text = ENGLISH if language == "en" else SENTENCES[language]
            compare(await speak(gateway.url, text, config={"captions": "words"}, language=language), errors)
    return errors


def told(name: str, errors: Sequence[float]) -> str:
    ordered = sorted(errors)
    ninety_five = ordered[len(ordered) * 95 // 100]
    return f"{name}: median {statistics.median(ordered):.0f} ms, 95 % {ninety_five:.0f} ms, worst {ordered[-1]:.0f} ms"


def main() -> int:
    errors = asyncio.run(prove([*SENTENCES]))
    print(told(f"exact times of {len(errors.exact)} words against the samples", errors.exact))
    print(told(f"estimated times of {len(errors.estimated)} words in {len(SENTENCES)} languages", errors.estimated))
    print(told("… if all words took equally long", errors.equal))
    return 0


if __name__ == "__main__":
    sys.exit(main())
