import re

import pytest

from gateway.errors import KINDS
from gateway.upstreams.t2a import codes
from gateway.upstreams.t2a.codes import refusal, refused_status


def test_every_code_means_one_of_ours():
    assert set(codes.CODES.values()) | set(codes.STATUSES.values()) <= KINDS.keys()


def test_the_table_drawn_at_the_top_is_the_table_used():
    drawn = {}
    assert codes.__doc__ is not None
    for numbers, name in re.findall(r"((?:\d{4,5} )+) +([a-z_]+_[a-z_]+)", codes.__doc__):
        drawn |= dict.fromkeys(map(int, numbers.split()), name)
    beyond = {2064, 2201, 2204, 2205}
    assert drawn == {code: name for code, name in codes.CODES.items() if code not in beyond}


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("invalid params, this model does not support emotion setting, model: speech-2.8", "voice.emotion"),
        ("invalid params, this model does not support emotion setting", "voice.emotion"),
        ("invalid params, invalid params: voice_setting emotion", "voice.emotion"),
        ("invalid params, invalid params: language_boost", "language"),
        ("invalid params, method t2a-v2 not have model: speech-9", "voice.model"),
        ("glyph definition format error", None),
    ],
)
def test_a_refused_parameter_is_named_when_upstream_says_which(message: str, field: str | None):
    error = refusal(2013, message, "t")
    assert (error.code, error.field, error.upstream_code, error.trace_id) == (
        "invalid_parameter",
        field,
        2013,
        "t",
    )
    assert message not in str(error)


def test_an_unknown_code_may_be_tried_again():
    assert (refusal(777, "", None).code, refusal(777, "", None).retryable) == ("upstream_unavailable", True)
    assert refused_status(502, None).code == "upstream_unavailable"
