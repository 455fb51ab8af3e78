"""The protocol by example is what the gateway takes and says."""

import dataclasses
import json
from pathlib import Path

import pytest

from gateway.errors import KINDS as ERRORS
from gateway.protocol import events
from gateway.protocol.messages import KINDS, decode

VECTORS = Path(__file__).parent.parent / "vectors"
MESSAGES = json.loads((VECTORS / "messages.json").read_text())
CUES = json.loads((VECTORS / "cues.json").read_text())
RESUMES = json.loads((VECTORS / "resume.json").read_text())
LEAVINGS = [step for case in json.loads((VECTORS / "leaving.json").read_text()) for step in case["steps"]]
CLOSES = json.loads((VECTORS / "closes.json").read_text())
EVENTS = {kind.type: kind for kind in events.Event.__subclasses__() if kind.__module__ == events.__name__}
SERVER = [each["message"] for each in MESSAGES["server"]]
SENT = [each["message"] for each in MESSAGES["client"]] + [each for case in RESUMES for each in case["sent"]]
SENT += [step["say"] for step in LEAVINGS if "say" in step]
CAME = [each["json"] for case in RESUMES for each in case["came"] if "json" in each]
CAME += [step[by] for step in LEAVINGS for by in ("hear", "greet") if by in step]


@pytest.mark.parametrize("message", SENT, ids=lambda message: message["type"])
def test_the_gateway_takes_what_clients_say(message):
    assert decode(json.dumps(message)).type == message["type"]


@pytest.mark.parametrize("message", [*SERVER, *CUES["messages"], *CAME], ids=lambda message: message["type"])
def test_the_gateway_says_these_fields(message):
    if message["type"] not in EVENTS:
        assert message["type"] in {"audio", "smell"}
        return
    fields = dataclasses.fields(EVENTS[message["type"]])
    needed = {field.name.rstrip("_") for field in fields if field.default is dataclasses.MISSING}
    known = {field.name.rstrip("_") for field in fields}
    assert needed <= message.keys() <= known | {"type", "seq"}


def test_every_message_has_its_example():
    assert {message["type"] for message in SENT} == set(KINDS)
    assert {message["type"] for message in SERVER} == {*EVENTS, "audio", "smell"}


def test_every_error_that_closes_has_its_range():
    """Old clients handle new codes by one comparison."""
    then = {each["code"] // 100: each["then"] for each in CLOSES if each["code"] >= 4000}
    assert then == {40: "stop", 41: "later", 42: "soon"}
    closing = {kind.close_code for kind in ERRORS.values() if kind.close_code is not None}
    assert {code // 100 for code in closing if code >= 4000} <= set(then)
