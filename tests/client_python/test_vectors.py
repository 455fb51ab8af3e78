"""The protocol by example, as this client reads it."""

import json
from pathlib import Path

import pytest
from voice_gateway_client.errors import may_come_back
from voice_gateway_client.messages import Captions, Lip
from voice_gateway_client.mouth import Mouth
from voice_gateway_client.wire import parse_message
from voice_gateway_client.words import Words

VECTORS = Path(__file__).parent.parent / "vectors"
MESSAGES = json.loads((VECTORS / "messages.json").read_text())["server"]
CUES = json.loads((VECTORS / "cues.json").read_text())
CLOSES = json.loads((VECTORS / "closes.json").read_text())


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda vector: vector["name"])
def test_a_message_is_read_as_its_kind_or_left(vector):
    parsed = parse_message(json.dumps(vector["message"]))
    assert parsed is None or parsed.type == vector["message"]["type"]


def test_captions_and_mouth_are_at_each_time_what_the_vectors_say():
    words, mouth = Words(), Mouth()
    for message in map(parse_message, map(json.dumps, CUES["messages"])):
        if isinstance(message, Captions):
            words.take(message)
        elif isinstance(message, Lip):
            mouth.take(message)
    for asked in CUES["asked"]:
        word, shape = words.at(asked["ms"]), mouth.at(asked["ms"])
        shown = (word and word.text, shape.level, shape.viseme)
        assert shown == (asked["word"], asked["level"], asked["viseme"]), asked["ms"]


def test_one_comes_back_unless_the_code_forbids_it():
    assert [each["code"] for each in CLOSES if may_come_back(each["code"]) == (each["then"] == "stop")] == []
