"""What an engine knows of when its text is heard: some places in it, with their samples. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gateway.espeak.pool import Utterance


@dataclass(frozen=True, slots=True)
class Anchor:
    """What stands at `position` (code points) sounds from `begin` to `end` (samples)."""

    position: int
    begin: int
    end: int


def by_events(utterance: Utterance, at: int) -> tuple[Anchor, ...]:
    """espeak-ng's words without the silence around them; `at` is where its text begins."""
    return tuple(_by_events(utterance, at))


def _by_events(utterance: Utterance, at: int) -> Iterator[Anchor]:
    size = len(utterance.pcm) // 2
    phonemes = utterance.phonemes
    samples = [phoneme.sample for phoneme in phonemes]
    borders = [*(word.sample for word in utterance.words[1:]), size]
    for word, border in zip(utterance.words, borders, strict=True):
        own = range(bisect_left(samples, word.sample), bisect_left(samples, border))
        heard = [index for index in own if phonemes[index].name]
        if heard:
            after = samples[heard[-1] + 1 :] or [size]
            yield Anchor(at + word.position, samples[heard[0]], min(after[0], border))


def by_likeness(
    alone: Sequence[tuple[int, str]], spoken: Sequence[str], spans: Sequence[tuple[int, int]]
) -> tuple[Anchor, ...]:
    """Words as they sound alone, (position, phonemes), beside those that were spoken, and when.

    Where the two differ in number, the first of them gets the time of all.
    """
    matcher = SequenceMatcher(None, [sound for _, sound in alone], spoken, autojunk=False)
    anchors = []
    for _, begin, end, first, last in matcher.get_opcodes():
        if end - begin == last - first:
            pairs = zip(alone[begin:end], spans[first:last], strict=True)
            anchors += [Anchor(position, *span) for (position, _), span in pairs]
        elif begin < end and first < last:
            anchors.append(Anchor(alone[begin][0], spans[first][0], spans[last - 1][1]))
    return tuple(anchors)
