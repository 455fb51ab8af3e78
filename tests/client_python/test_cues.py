"""Words, mouth, marks and pauses."""

import pytest
from voice_gateway_client import Caption, Captions, Lip, Mark, MouthShape, SegmentStarted, TurnDone, VoiceClient
from voice_gateway_client.mouth import Mouth
from voice_gateway_client.wire import WireError, parse_message
from voice_gateway_client.words import Words

from tests.client_python.desk import Desk, desk

HEARD = {"text": "H", "span": [0, 1], "ms": 40, "exact": True, "by": "client"}
UNHEARD = {"text": "i", "span": [1, 2], "ms": 60, "exact": True, "by": "client"}


def word(text: str, from_ms: int, to_ms: int) -> Caption:
    return Caption(text, from_ms, to_ms, (0, len(text)))


def told(*captions: Captions) -> Words:
    words = Words()
    for each in captions:
        words.take(each)
    return words


def listed(segment: int, *words: Caption, more: bool = False) -> Captions:
    return Captions("t", segment, words, exact=False, more=more)


def test_a_list_takes_the_place_of_its_segments_old_one():
    one, two, three = word("one", 0, 90), word("two", 100, 190), word("three", 300, 400)
    words = told(listed(1, three), listed(0, word("old", 0, 50)), listed(0, one, two))
    assert words.all == [one, two, three]
    assert words.of(0) == (one, two)
    assert words.of(2) == ()


def test_a_list_in_several_messages_stands_once_the_last_has_come():
    one, two = word("one", 0, 90), word("two", 100, 190)
    assert told(listed(0, one, more=True)).all == []
    assert told(listed(0, one, more=True), listed(0, two)).all == [one, two]


@pytest.mark.parametrize(
    ("ms", "said"), [(-1, None), (0, "one"), (89.9, "one"), (90, None), (100, "two"), (300, None), (310, "three")]
)
def test_the_word_at_a_time_is_the_one_whose_time_holds_it(ms, said):
    words = told(listed(0, word("one", 0, 90), word("two", 100, 190)), listed(1, word("three", 310, 400)))
    assert (found.text if (found := words.at(ms)) else None) == said


def test_a_mouth_is_told_by_level_and_viseme():
    mouth = Mouth()
    assert mouth.at(0) == MouthShape(0.0, None)
    mouth.take(Lip("t", 0, 20, (10, 20)))
    mouth.take(Lip("t", 41, 20, (30,)))
    mouth.take(Lip("t", 50, 20, (), ((50, "aa"), (90, "sil"))))
    assert [mouth.at(ms).level for ms in (0, 20, 40.5, 41, 61, 81)] == [0.1, 0.2, 0.2, 0.3, 0.3, 0.0]
    assert [mouth.at(ms).viseme for ms in (49, 50, 89, 90)] == [None, "aa", "aa", "sil"]


def test_captions_and_lips_are_read_from_the_wire():
    words = '[{"text":"Hi","from_ms":0,"to_ms":9,"span":[0,2]}]'
    raw = '{"type":"captions","seq":1,"turn":"t","segment":2,"exact":true,"words":' + words + "}"
    assert parse_message(raw) == Captions("t", 2, (Caption("Hi", 0, 9, (0, 2)),), exact=True)
    raw = '{"type":"lip","turn":"t","at_ms":1,"hop_ms":20,"levels":[],"visemes":[[1,"aa"]]}'
    assert parse_message(raw) == Lip("t", 1, 20, (), ((1, "aa"),))
    with pytest.raises(WireError):
        parse_message('{"type":"lip","turn":"t","at_ms":1,"hop_ms":20,"levels":["loud"]}')


def test_a_pause_is_a_segment_without_a_voice():
    raw = '{"type":"segment.started","turn":"t","segment":1,"text":"","span":[14,14],"at_ms":900,"cached":false}'
    assert parse_message(raw) == SegmentStarted("t", 1, (14, 14), 900, cached=False, text="")


async def test_marks_pauses_and_manners_are_sent_and_what_is_told_is_kept():
    async def script(here: Desk):
        turn = (await here.hear("turn.open"))["turn"]
        await here.hear("turn.commit")
        appended = {"type": "turn.append", "turn": turn}
        assert [{key: value for key, value in each.items() if key != "n"} for each in here.heard[2:-1]] == [
            {**appended, "text": "One", "voice": "v", "language": "en"},
            {**appended, "mark": "m"},
            {**appended, "pause_ms": 300},
        ]
        await here.start(turn)
        await here.say("segment.started", turn=turn, segment=0, text="One", span=[0, 3], at_ms=0, cached=False)
        words = [{"text": "One", "from_ms": 0, "to_ms": 90, "span": [0, 3]}]
        await here.say("captions", turn=turn, segment=0, words=words, exact=True)
        await here.say("lip", turn=turn, at_ms=0, hop_ms=20, levels=[50])
        await here.say("mark", turn=turn, name="m", at_ms=90)
        await here.done(turn, bytes=0)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.open()
        await turn.append("One", voice="v", language="en")
        await turn.mark("m")
        await turn.pause(300)
        await turn.commit()
        events = [event async for event in turn.events()]
        assert events[-1] == Mark(turn.id, "m", 90)
        assert (turn.words.at(50).text, turn.mouth.at(0).level, turn.segments[0].text) == ("One", 0.5, "One")


async def test_cancelling_what_still_sounds_tells_what_was_heard():
    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        await here.done(turn)
        cancel = await here.hear("turn.cancel")
        assert cancel["played_ms"] == 40
        await here.done(turn, re=cancel["id"], heard=HEARD, unheard=UNHEARD)

    async with desk(script) as url, VoiceClient(url) as client:
        turn = await client.speak("Hi")
        assert (await turn.wait()).heard is None
        result = await turn.cancel(played_ms=40)
        assert isinstance(result, TurnDone)
        assert (result.heard.text, result.unheard.text, turn.result) == ("H", "i", result)
        assert await turn.cancel() == result


async def test_a_cancel_that_crosses_the_end_of_its_turn_waits_for_what_was_heard():
    async def script(here: Desk):
        turn = (await here.hear("speak"))["turn"]
        await here.start(turn)
        cancel = await here.hear("turn.cancel")
        await here.done(turn)
        await here.done(turn, re=cancel["id"], heard=HEARD, unheard=UNHEARD)

    async with desk(script) as url, VoiceClient(url) as client:
        assert (await (await client.speak("Hi")).cancel(played_ms=40)).heard.text == "H"


async def test_cancelling_what_has_ended_needs_no_connection():
    async def script(here: Desk):
        await here.done((await here.hear("speak"))["turn"])

    async with desk(script) as url:
        async with VoiceClient(url) as client:
            turn = await client.speak("Hi")
            result = await turn.wait()
        assert await turn.cancel() == result
