"""Three hundred malformed messages: each a documented error or close code, no traceback, session usable."""

import json
import logging
import random

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.errors import KINDS
from tests.connection.stage import client, gateway, say

ODD_VALUES = [None, True, -1, 1e308, 2**63, 0.5, "", "x", "\u202e\x00", "é" * 65, [], [[]], {}, {"a": {"b": None}}]
FIELDS = {
    "speak": {"turn": "t", "text": "Hi.", "voice": {}, "language": "en", "audio": {}, "track": "main"},
    "turn.open": {"turn": "t", "text_rules": {"code": "skip"}, "labels": {"a": "b"}},
    "turn.append": {"turn": "t", "text": "x", "mark": None, "pause_ms": None, "language": None, "voice": {}},
    "turn.flush": {"turn": "t"},
    "turn.commit": {"turn": "t"},
    "turn.cancel": {"turn": "t", "played_ms": 1, "reason": "client"},
    "playback": {"turn": "t", "played_ms": 1, "state": "ended"},
    "configure": {
        "config": {
            "voice": {"speed": 1, "timber_weights": [{"voice_id": "v", "weight": 1}], "voice_modify": {"pitch": 1}},
            "voices": {"ja": {"voice_id": "v", "english_normalization": True}, "zh-HK": {}},
            "language": "en",
            "audio": {"rate": 24000},
            "text_rules": {"code": "skip"},
            "labels": {"a": "b"},
            "captions": "words",
            "lip": True,
        },
        "apply": "next_turn",
    },
    "ping": {"n": 1, "id": "i"},
    "hello": {"v": 1},
}


def wrong_values(chance: random.Random):
    """One field of a good message set to something odd."""
    name = chance.choice(list(FIELDS))
    message = json.loads(json.dumps({"type": name, **FIELDS[name]}))
    place = message
    key = chance.choice(list(place))
    while isinstance(place[key], dict) and place[key] and chance.random() < 0.7:
        place = place[key]
        key = chance.choice(list(place))
    place[key] = chance.choice(ODD_VALUES)
    return json.dumps(message)


def torn(chance: random.Random):
    """Good JSON with bytes cut out, doubled or exchanged."""
    name = chance.choice(list(FIELDS))
    text = list(json.dumps({"type": name, **FIELDS[name]}))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        text[at : at + chance.randint(0, 3)] = chance.choice(["", '"', "}", "\\", "\x00", "\ud83d\ude00", "9" * 400])
    return "".join(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def extreme(chance: random.Random):
    return chance.choice(
        [
            "[" * 20_000,
            '{"type":' * 5000,
            '{"type":"speak","turn":"t","text":"' + "x" * 60_000 + '"}',
            '{"type":"ping","t":' + "9" * 5000 + "}",
            '{"type":"ping","t":NaN}',
            '{"type":"ping","t":"\\ud800"}',
            '{"type":"ping","type":"bye","type":"ping"}',
            '{"type":"speak","turn":"' + "t" * 65 + '","text":"x"}',
            json.dumps({"type": "ping", **{f"k{index}": index for index in range(2000)}}),
            json.dumps({"type": "configure", "config": {f"k{index}": 1 for index in range(1000)}}),
            "\x00",
            " ",
            "null",
            "0",
            '"speak"',
        ]
    )


CASES = [make(random.Random(seed)) for seed in range(100) for make in (wrong_values, torn, extreme)]


async def test_three_hundred_malformed_messages(caplog):
    assert len(CASES) == 300
    caplog.set_level(logging.DEBUG, "gateway")
    async with gateway() as (url, _):
        for number, case in enumerate(CASES):
            async with client(url) as socket:
                await socket.send(case)
                await say(socket, "ping", t=number)
                async for raw in socket:
                    message = json.loads(raw)
                    if message["type"] == "pong" and message.get("t") == number:
                        break
                    if message["type"] == "error":
                        assert message["code"] in KINDS, case
                        assert message["code"] != "internal", case
                        assert not message["fatal"], case
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("opening", ["nonsense", "[]", '{"type":"sing"}', '{"type":"hello","v":"one"}'])
async def test_a_malformed_first_message_is_answered_and_a_hello_still_works(opening):
    async with gateway() as (url, _), client(url, False) as socket:
        await socket.send(opening)
        error = json.loads(await socket.recv())
        assert (error["type"], error["code"]) == ("error", "bad_request")
        await say(socket, "hello")
        assert json.loads(await socket.recv())["type"] == "welcome"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xc1\x80\0\0\0\0", 1002),
        (b"\x83\x80\0\0\0\0", 1002),
        (b"\x80\x80\0\0\0\0", 1002),
        (b"\x81\x05hello", 1002),
        (b"\x89\xfe\x01\x00" + bytes(260), 1002),
    ],
    ids=["reserved bit", "reserved opcode", "continuation of nothing", "unmasked", "long ping"],
)
async def test_broken_framing_closes_with_1002(frame, code):
    async with gateway() as (url, _), client(url) as socket:
        socket.transport.write(frame)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    assert closed.value.rcvd.code == code
