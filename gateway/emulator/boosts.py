"""The names of `language_boost`, and which of espeak-ng's languages speaks each."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

_TABLE: Mapping[str, Any] = json.loads(
    resources.files("gateway.emulator").joinpath("boosts.json").read_text(encoding="utf-8")
)

BOOSTS: Mapping[str, str] = _TABLE["boosts"]
NEWER_MODELS_ONLY = frozenset(_TABLE["newer_models_only"])
