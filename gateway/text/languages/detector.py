"""How well a text reads in each of the languages that write its script, by the statistics of py3langid."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from gateway.text.languages.writing import LANGUAGES_OF, Script

_LABELS = {"fil": "tl"}
"""Our tags → py3langid's, where they differ."""


def gaps(text: str, script: Script) -> Mapping[str, float]:
    """How much less likely each language that writes the script makes the text than the likeliest one, in nats.

    The model counts overlapping n-grams as if they were independent, so its nats are more than evidence is worth: at
    most 12 for a single word or name, 20 to 50 for a clause of five words, 100 and more for a sentence.
    """
    languages = LANGUAGES_OF[script]
    if len(languages) == 1:
        return {languages[0]: 0.0}
    ranked = dict(_model().rank(text))
    fits = {tag: ranked[_LABELS.get(tag, tag)] for tag in languages}
    best = max(fits.values())
    return {tag: best - fit for tag, fit in fits.items()}


def load() -> None:
    """Read the model ahead of the first text: 1.3 s and 75 MB, once a process."""
    _model()


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # with numpy: what only `auto` needs

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    told_apart = [tag for tags in LANGUAGES_OF.values() if len(tags) > 1 for tag in tags]
    model.set_languages([_LABELS.get(tag, tag) for tag in told_apart])
    return model
