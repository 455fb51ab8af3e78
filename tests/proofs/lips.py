"""Viseme tracks estimated from words' times, against the times of the phonemes that espeak-ng spoke.

    make proof-lips

True is what its phoneme events say, word by word as they stand. Estimated: from its word events alone, as upstream's
subtitles tell, and each word's phonemes asked for by itself. Beside it, the same words cut into equal parts.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from gateway.espeak.languages import TAGS
from gateway.espeak.pool import Job, Pool, Pronounced, Utterance, open_pool
from gateway.lip.visemes import SILENCE, shown, track

TESTS = Path(__file__).parent.parent
FIVE = json.loads((TESTS / "lip/sentences.json").read_text("utf-8"))
FORTY = json.loads((TESTS / "end_to_end/sentences.json").read_text("utf-8"))
UNREAD = {"th"}
"""See `gateway.lip.spelling`."""

Track = list[tuple[int, str]]
Words = list[tuple["Span", tuple[str, ...]]]


class Span(NamedTuple):
    from_ms: float
    to_ms: float


@dataclass
class Score:
    total_ms: float = 0.0
    right_ms: float = 0.0
    onsets_ms: list[float] = field(default_factory=list)
    """How far from the true ones; of those that have a counterpart."""

    def add(self, true: Track, found: Track) -> None:
        times = sorted({at for at, _ in [*true, *found]})
        for begin, end in pairwise(times):
            self.total_ms += end - begin
            self.right_ms += (end - begin) * (_at(true, begin) == _at(found, begin))
        matcher = SequenceMatcher(None, [viseme for _, viseme in true], [viseme for _, viseme in found], autojunk=False)
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                self.onsets_ms.append(abs(true[block.a + step][0] - found[block.b + step][0]))

    @property
    def right(self) -> float:
        return self.right_ms / self.total_ms

    @property
    def onset_ms(self) -> tuple[float, float]:
        """Median, and what nineteen in twenty lie within."""
        return median(self.onsets_ms), quantiles(self.onsets_ms, n=20)[-1]


@dataclass
class Proof:
    estimated: Score = field(default_factory=Score)
    equal: Score = field(default_factory=Score)

    @property
    def wrong_ratio(self) -> float:
        """Time with a wrong viseme, against that of equal parts."""
        return (1 - self.estimated.right) / (1 - self.equal.right)


def _at(track: Track, ms: float) -> str:
    return next((viseme for at, viseme in reversed(track) if at <= ms), SILENCE)


def _words(
    utterance: Utterance, told: Sequence[Pronounced], ms: Callable[[int], float]
) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Each stretch from one word event to the next or to silence, with the phonemes of the text it begins."""
    starts = {word.sample: word.position for word in reversed(utterance.words)}
    bounds = [*sorted(starts.items()), (len(utterance.pcm) // 2, 1 << 30)]
    for (sample, position), (end, until) in pairwise(bounds):
        sounding = [each.sample for each in utterance.phonemes if sample <= each.sample < end and each.name]
        names = tuple(name for word in told if position <= word.position < until for name in word.phonemes)
        if sounding:
            silent = (each.sample for each in utterance.phonemes if sounding[-1] < each.sample <= end)
            yield Span(ms(sample), ms(next(silent, end))), names


def _true(utterance: Utterance, ms: Callable[[int], float]) -> Track:
    """What has a name but is not seen, as a palatal glide, goes on with what was."""
    told = [each for each in utterance.phonemes if not each.name or shown(each.name).visemes]
    ends = [*(each.sample for each in told[1:]), len(utterance.pcm) // 2]
    spans = [Span(ms(each.sample), ms(end)) for each, end in zip(told, ends, strict=True)]
    return track(spans, [[each.name] for each in told])


def _equal(words: Words) -> Track:
    spans: list[Span] = []
    parts: list[list[str]] = []
    for (begin, end), names in words:
        seen = [name for name in names if shown(name).visemes]
        step = (end - begin) / max(1, len(seen))
        spans += [Span(begin + at * step, begin + (at + 1) * step) for at in range(len(seen))]
        parts += [[name] for name in seen]
    return track(spans, parts)


async def prove(tag: str, sentences: Sequence[str], speakers: Pool, readers: Pool) -> Proof:
    """Whoever speaks does not read: espeak-ng's first events of a voice may get lost behind a reading."""
    proof = Proof()
    for sentence in sentences:
        utterance = await speakers.speak(Job(sentence, TAGS[tag], "", 175, 0.0))
        told = await readers.phonemes(sentence, TAGS[tag])
        words = list(_words(utterance, told, lambda sample: sample * 1000 / speakers.rate))
        true = _true(utterance, lambda sample: sample * 1000 / speakers.rate)
        proof.estimated.add(true, track([span for span, _ in words], [names for _, names in words]))
        proof.equal.add(true, _equal(words))
    return proof


async def prove_sample(seed: int, of_each: int) -> dict[str, Proof]:
    """Of the five languages."""
    chance = random.Random(seed)
    async with open_pool(1) as speakers, open_pool(1) as readers:
        return {
            tag: await prove(tag, chance.sample(sentences, of_each), speakers, readers)
            for tag, sentences in FIVE.items()
        }


async def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("language  right viseme  equal parts  wrong, ratio  onsets: median, 95 %")
    async with open_pool(1) as speakers, open_pool(1) as readers:
        for tag, sentences in {**{tag: [text] for tag, text in FORTY.items() if tag not in UNREAD}, **FIVE}.items():
            proof = await prove(tag, sentences, speakers, readers)
            middle, most = proof.estimated.onset_ms
            shares = f"{proof.estimated.right:12.1%}  {proof.equal.right:11.1%}  {proof.wrong_ratio:12.2f}"
            print(f"{tag:8}  {shares}  {middle:7.0f} ms {most:5.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
