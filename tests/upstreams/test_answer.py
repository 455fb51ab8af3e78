import orjson
import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished, Heard, Traced, Word, Words
from gateway.upstreams.t2a.answer import Answer

from .raw import CHUNKS, FINISHED, REQUEST, SOUND, STREAM, TRACE, Spoken, chunk, final, refusing, sound, sse


def heard(*parts: bytes, trace_id: str | None = TRACE) -> list[Spoken]:
    events: list[Heard] = []
    answer = Answer(REQUEST, trace_id, events.append)
    for part in parts:
        answer.feed(part)
    finished = answer.close()
    return [*events, finished]


WHOLE = [Audio(SOUND), FINISHED]
"""What one piece of the body brings is told as one piece."""


@pytest.mark.parametrize("last", [final(), final(b""), final(SOUND), final(SOUND + b"tag")])
def test_the_repetition_in_the_last_event_is_not_heard(last: bytes):
    assert heard(sse(*map(chunk, CHUNKS), last)) == WHOLE


@pytest.mark.parametrize("trace_id", [None, "from-header"])
@pytest.mark.parametrize("first", [chunk(b"ab"), chunk(b"")], ids=["ordinary", "parsed"])
def test_the_answers_own_trace_id_is_told_before_its_sound(first: bytes, trace_id: str | None):
    told = heard(sse(first), sse(chunk(b"cd")), sse(final(b"")), trace_id=trace_id)
    assert [event for event in told if isinstance(event, Traced)] == [Traced(TRACE)]
    assert (told[0] == Traced(TRACE)) == (trace_id is None or first != chunk(b"ab"))


def test_every_chunking_is_heard_the_same():
    for size in range(1, len(STREAM), 3):
        events = heard(*(STREAM[at : at + size] for at in range(0, len(STREAM), size)))
        assert (sound(events), events[-1]) == (SOUND, FINISHED)


def test_each_event_is_told_as_soon_as_its_line_has_ended():
    assert heard(*(sse(payload) for payload in (*map(chunk, CHUNKS), final(b"")))) == [*map(Audio, CHUNKS), FINISHED]


def test_audio_that_comes_only_in_the_last_event_is_the_audio():
    assert heard(sse(chunk(b""), final(SOUND))) == [Audio(SOUND), FINISHED]
    assert heard(final(SOUND)) == [Audio(SOUND), FINISHED]


def test_words_are_told_with_the_chunk_they_came_in():
    words = [{"word": "Hello", "word_begin": 0, "word_end": 5, "time_begin": 0, "time_end": 420}]
    told = orjson.loads(chunk(b"ab"))
    told["data"]["subtitle"] = {"text": "Hello there.", "timestamped_words": words}
    events = heard(sse(orjson.dumps(told), final(b"")))
    assert events == [Words((Word("Hello", 0, 420),)), Audio(b"ab"), FINISHED]


def test_what_follows_the_last_event_is_ignored():
    assert heard(sse(*map(chunk, CHUNKS), final(), b"[DONE]", chunk(b"x"), b"{")) == WHOLE


def test_the_bill_is_computed_when_upstream_does_not_say():
    assert heard(sse(chunk(b"x"), final(usage_characters=None))) == [Audio(b"x"), Finished(TRACE, 12, 1152)]


@pytest.mark.parametrize("body", [b"", sse(final()), sse(b"[DONE]"), b"<html>", sse(*map(chunk, CHUNKS))])
def test_an_answer_without_its_end_or_its_sound_is_cut(body: bytes):
    with pytest.raises(UpstreamError) as error:
        heard(body)
    assert error.value.code == "upstream_unavailable"


def test_what_came_before_a_refusal_in_the_same_bytes_is_heard():
    events: list[Heard] = []
    answer = Answer(REQUEST, "from-header", events.append)
    with pytest.raises(UpstreamError) as error:
        answer.feed(sse(*map(chunk, CHUNKS), refusing(1027)))
    assert events == [Audio(SOUND)]
    assert (error.value.code, error.value.trace_id) == ("content_filtered", "from-header")


def test_cut_anywhere_it_is_never_complete_before_its_last_event():
    for at in range(len(STREAM) - 3):
        with pytest.raises(UpstreamError):
            heard(STREAM[:at])
