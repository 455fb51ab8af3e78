"""Upstream's own voices: what it lists them without, from its public lists; and what each language sounds like.

`known.json` is served to the demo page, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).parent / "known.json"

Gender = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Known:
    """`gender` None: neither the id nor the lists say."""

    voice_id: str
    language: str
    gender: Gender | None
    label: str


@cache
def known() -> Mapping[str, Known]:
    """By id, language by language, those first that speak for it best."""
    return {each["voice_id"]: Known(**each) for each in _file()["voices"]}


@cache
def samples() -> Mapping[str, str]:
    """A few sentences in each language."""
    return {each["tag"]: each["sample"] for each in _file()["languages"]}


@cache
def names() -> Mapping[str, str]:
    """Of the languages, in English."""
    return {each["tag"]: each["english"] for each in _file()["languages"]}


def _file() -> Any:
    return json.loads(FILE.read_text("utf-8"))
