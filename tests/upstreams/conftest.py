from collections.abc import Iterator

import pytest

from gateway.emulator import Habits
from tests.emulator.served import served

ODD = Habits(
    neural_english=False,
    workers=1,
    line_end="\n",
    space_after_colon=False,
    last_line_ended=False,
    tear_bytes=1021,
    odd_chunks=True,
    excluded_audio="absent",
    emotion_refused_by=("speech-2.8",),
    emotion_refusal_names_model=False,
    errors_with_trace_id=True,
    socket_bad_key="upgrade_401",
    soft_error_event="task_continued",
    audio_event_named=False,
    trace_id_in_base_resp=True,
    connect_id=False,
)
"""Whatever the documents leave open, the other way round."""


DOCUMENTED = Habits(neural_english=False, workers=1)


@pytest.fixture(scope="session", params=[DOCUMENTED, ODD], ids=["as documented", "otherwise"])
def emulator(request: pytest.FixtureRequest) -> Iterator[tuple[str, Habits]]:
    """The base URL of an upstream, and how it behaves."""
    with served(request.param) as base:
        yield base, request.param
