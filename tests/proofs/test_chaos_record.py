"""What `make chaos` counts as wrong."""

import json

import pytest

from tests.end_to_end.client import HEADER
from tests.proofs.chaos.record import Record


def frame(seq: int, position: int, samples: int = 4) -> bytes:
    return HEADER.pack(1, 0, 0, 1, seq, position) + bytes(2 * samples)


def told(type_: str, seq: int, **fields) -> str:
    return json.dumps({"type": type_, "seq": seq, "turn": "a", **fields})


ACCEPTED = told("turn.accepted", 1, handle=1)
DONE = told("turn.done", 4, bytes=16)
WHOLE = [ACCEPTED, frame(2, 0), frame(3, 4), DONE]


def problems(*messages: str | bytes) -> list[str]:
    record = Record()
    for message in messages:
        record.take(message)
    return record.wrong


def test_a_whole_turn_is_not_wrong_and_its_repeated_terminal_neither():
    repeated = json.dumps({"type": "turn.done", "turn": "a", "bytes": 16, "repeated": True})
    assert problems(*WHOLE, repeated) == []


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ([ACCEPTED, frame(3, 0)], "number 3 after 1"),
        ([ACCEPTED, frame(2, 0), frame(2, 4)], "number 2 after 2"),
        ([ACCEPTED, frame(2, 0), frame(3, 3)], "position 3 at 4"),
        ([*WHOLE, told("turn.done", 5, bytes=16)], "a second terminal: turn.done"),
        ([*WHOLE, frame(5, 8)], "a frame after its turn's terminal"),
        ([*WHOLE[:-1], told("turn.done", 4, bytes=24)], "24 bytes told, 8 units heard"),
        ([ACCEPTED, told("skipped", 2, to_seq=3, lost=True)], "skipped"),
    ],
)
def test_gaps_repeats_and_second_ends_are_wrong(messages, wrong):
    assert [problem[: len(wrong)] for problem in problems(*messages)] == [wrong]
