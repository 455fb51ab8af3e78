"""How much the tests compared with what was sent, by engine; the summary tells it."""

from collections import Counter

COMPARED: Counter[str] = Counter()
"""Samples, or what is named behind the engine; of the test that runs."""
