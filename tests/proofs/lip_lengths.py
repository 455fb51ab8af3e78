"""Where the lengths in `gateway/lip/visemes.json` come from: a log-linear fit to phonemes as espeak-ng speaks them.

    pip install wordfreq numpy && python -m tests.proofs.lip_lengths     some minutes

It speaks words drawn by their frequency, in every language that wordfreq knows of the forty: no sentence of the proof.
"""

import asyncio
import random
from collections.abc import Iterator

import numpy as np

from gateway.espeak.languages import TAGS
from gateway.espeak.pool import Job, Utterance, open_pool
from gateway.lip.visemes import _VOWELS, VISEMES, shown

COMMONEST = 6000
SENTENCES = 300
SAME = {"no": "nb"}
FACTORS = ("stressed", "long", "diphthong")

Heard = tuple[str, float]


def sentences(tag: str, chance: random.Random) -> list[str]:
    import wordfreq

    name = SAME.get(tag, tag)
    if name not in wordfreq.available_languages():
        return []
    words = [word for word in wordfreq.top_n_list(name, COMMONEST) if not any(map(str.isdigit, word))]
    if tag == "ja":
        words = [word for word in words if all("\u3040" <= letter <= "\u30ff" for letter in word)]
    weights = [1 / (place + 30) for place in range(len(words))]
    between = "" if tag == "zh" else " "
    return [between.join(chance.choices(words, weights, k=chance.randint(4, 9))) + "." for _ in range(SENTENCES)]


def heard(utterance: Utterance, rate: int) -> Iterator[Heard]:
    """Phonemes and their milliseconds, to the next phoneme or word; the first of a word from the word's start."""
    sounds = {each.sample for each in utterance.phonemes}
    edges = sorted({*sounds, *(word.sample for word in utterance.words)})
    for each in utterance.phonemes[:-1]:
        at = edges.index(each.sample)
        begin = at - 1 if at and edges[at - 1] not in sounds else at
        yield each.name, (edges[at + 1] - edges[begin]) * 1000 / rate


def fit(phonemes: list[Heard]) -> dict[str, float]:
    columns = [*VISEMES[1:], *FACTORS]
    places = {name: at for at, name in enumerate(columns)}
    rows = np.zeros((len(phonemes), len(columns)))
    for row, (name, _) in zip(rows, phonemes, strict=True):
        visemes = shown(name).visemes
        for viseme in visemes:
            row[places[viseme]] += 1 / len(visemes)
        vowel = visemes[0] in _VOWELS
        row[-3:] = vowel and "ˈ" in name, vowel and "ː" in name, len(visemes) - 1
    logarithms = np.log([milliseconds for _, milliseconds in phonemes])
    fitted = np.exp(np.linalg.lstsq(rows, logarithms, rcond=None)[0])
    return dict(zip(columns, fitted.tolist(), strict=True))


async def main() -> None:
    chance = random.Random(1)
    phonemes: list[Heard] = []
    async with open_pool(1) as pool:
        for tag, language in TAGS.items():
            for sentence in sentences(tag, chance):
                utterance = await pool.speak(Job(sentence, language, "", 175, 0.0))
                phonemes += [(name, ms) for name, ms in heard(utterance, pool.rate) if shown(name).visemes and ms > 5]
    print(f"{len(phonemes)} phonemes")
    for name, value in fit(phonemes).items():
        print(f"{name:10} {value:.2f}" if name in FACTORS else f"{name:10} {5 * round(value / 5)} ms")


if __name__ == "__main__":
    asyncio.run(main())
