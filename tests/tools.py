"""Programs that some tests need: without one they are skipped with the reason, unless they are demanded.

VOICE_GATEWAY_REQUIRE_BROWSER=1, …_GODOT=1 and …_MONO=1 make a failure of what would be skipped.
"""

import os
from typing import NoReturn

import pytest


def missing(tool: str, what: str) -> NoReturn:
    variable = f"VOICE_GATEWAY_REQUIRE_{tool}"
    if os.environ.get(variable) == "1":
        pytest.fail(f"{variable} is set, but {what}")
    pytest.skip(what)
