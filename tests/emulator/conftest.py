from collections.abc import Iterator

import pytest

from gateway.emulator import Habits
from tests.emulator.served import served


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """An emulator with its defaults, without the neural voice."""
    with served(Habits(neural_english=False)) as base:
        yield base
