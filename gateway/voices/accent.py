"""Whether a voice will have an accent: upstream keeps that of its sample, whatever it speaks."""

from collections import Counter

from gateway.text.languages import Linguist
from gateway.voices.known import names
from gateway.voices.rules import CloneWish


def accent(wish: CloneWish) -> str | None:
    """A warning, where the sample is known to be in another language than the voice is to speak."""
    sample = wish.sample_language or _read(wish.text_validation or wish.prompt_text)
    speaks = wish.language or _read(wish.text)
    if sample is None or speaks is None or sample == speaks:
        return None
    return f"The sample is in {_named(sample)} and the voice is to speak {_named(speaks)}: the accent stays."


def _read(text: str | None) -> str | None:
    """What most of a text is in. Blocks, for a second when it is the process's first."""
    if text is None:
        return None
    counts: Counter[str] = Counter()
    for run in Linguist().runs(text):
        counts[run.language] += run.end - run.start
    return max(counts, key=counts.__getitem__, default=None)


def _named(tag: str) -> str:
    return names().get(tag, tag)
